"""The whole way from a question to a cited answer, on one screen.

question -> resolve it against the one before -> what it says of the articles' time
         -> retrieve passages, and rerank them if so wished
         -> weigh their sentences -> the best one, or an abstention with its reason
         -> with a language model: what it claims and the articles prove; the best sentence if it fails
"""

from __future__ import annotations

import datetime
import os
import threading
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from index.encoder import BUNDLED, Encoder, SentenceTransformerEncoder
from index.language import detect_language
from index.records import EncoderError
from index.store import Index, current_pointer, open_index
from index.tokens import tokenize
from qa.crossencoder import RERANKED, RERANKER_VARIABLE, CrossEncoderReranker, Reranker, reranked
from qa.dates import read_dates
from qa.extract import extract
from qa.followup import standalone
from qa.generate import Gate, generate
from qa.llm import LLM, ReplyError, llm_from
from qa.messages import locale_of, message
from qa.newest import AS_GOOD, NEWEST_AMONG, newest_passages
from qa.reader import Reader, bundled_reader
from qa.records import AbstainReason, Answer, Dates, Draft, Filters, Passage, quotes
from qa.rerank import read, reordered
from qa.retrieve import retrieve
from qa.support import support_model

STORE_VARIABLE = "ARTICLE_QA_STORE"
DEFAULT_STORE = Path(".store")


class Answerer:
    """An opened index with its encoder. Safe to use from many threads; follows the store when it is rebuilt."""

    def __init__(
        self,
        store: Path,
        *,
        encoder: Encoder | None = None,
        reader: Reader | None = None,
        reranker: Reranker | str | None = None,
        device: str | None = None,
        threshold: float | None = None,
        llm: LLM | None = None,
    ) -> None:
        """Open the index at `store` and load its model to `device`, unless an encoder is given; and the bundled reader.

        A question for which no sentence has the support `threshold` (0 to 1; None: the fitted one) gets an abstention.
        `reranker`, or the cross-encoder of that name or folder, decides in which order passages are read and returned.
        With `llm` that language model words the answer and resolves questions that follow up on another. Raises
        StoreError if the index cannot be opened, EncoderError if a model cannot be loaded or is not the index's.
        """
        self._store = store
        self._model = support_model()
        self._threshold = self._model.threshold if threshold is None else threshold
        self._llm = llm
        self._lock = threading.Lock()
        index = open_index(store)
        threading.Thread(target=index.concepts, args=("가", "ko")).start()  # loads Kiwi, while the models load
        self._device = device
        self._reader = reader or bundled_reader(device)
        self._reranker = CrossEncoderReranker(reranker, device=device) if isinstance(reranker, str) else reranker
        self._opened = (index, _matching(encoder or self._load(index), index))

    def ask(
        self,
        question: str,
        *,
        k: int = 10,
        filters: Filters | None = None,
        after: Answer | str | None = None,
        dates: bool = True,
        today: datetime.date | None = None,
    ) -> Answer:
        """Answer `question` from the articles that `filters` lets through, with the `k` passages that were searched.

        `after` is the answer or question before, if there was one: a question that cannot stand without it ("누가
        이끄나?") is asked with what it leaves out. With `dates`, what the question says of the time of the articles
        counts (see `qa.dates`), reckoned from `today` (None: from this day); not if `filters` names a time itself.
        Raises QuestionError if the question is empty or a filter makes no sense, LLMError if the language model is not
        set up; one that fails is a note on the answer.
        """
        for last in self.stream(question, k=k, filters=filters, after=after, dates=dates, today=today):
            if isinstance(last, Answer):
                return last
        raise AssertionError("a stream ends with an answer")

    def stream(
        self,
        question: str,
        *,
        k: int = 10,
        filters: Filters | None = None,
        after: Answer | str | None = None,
        dates: bool = True,
        today: datetime.date | None = None,
    ) -> Iterator[Draft | Answer]:
        """Yield what the language model says while it says it, unverified, and at the end the answer; see `ask`."""
        index, encoder = self._current()
        asked = standalone(question, after, self._llm)
        told = read_dates(asked, today or datetime.date.today())
        sought = _without(asked, told.words) if told and told.binding else asked
        if not dates or (filters and (filters.since or filters.until)):
            told = None
        answer = self._found(sought, index, encoder, k, filters, told)
        if self._llm is not None and not answer.abstained:
            gate = Gate(index=index, encoder=encoder, reader=self._reader, model=self._model, threshold=self._threshold)
            answer = yield from self._generated(answer, self._llm, gate)
        yield replace(answer, question=question, asked=asked if asked != question else None)

    def _found(
        self, question: str, index: Index, encoder: Encoder, k: int, filters: Filters | None, dates: Dates | None
    ) -> Answer:
        """Answer `question` with `dates`; without them where they do not bind and others answer better."""
        answer = self._search(question, index, encoder, k, filters, dates)
        if dates is None or dates.binding or not dates.since:
            return answer
        anywhere = self._search(question, index, encoder, k, filters, replace(dates, dropped=True))
        return answer if not answer.abstained and answer.support >= anywhere.support - AS_GOOD else anywhere

    def _search(
        self, question: str, index: Index, encoder: Encoder, k: int, filters: Filters | None, dates: Dates | None
    ) -> Answer:
        """Answer `question` with `filters` and with what `dates` says, unless it is dropped."""
        if dates and not dates.dropped and (dates.since or dates.until):
            filters = replace(filters or Filters(), since=dates.since, until=dates.until)
        newest = dates is not None and dates.newest
        among = max(k, NEWEST_AMONG if newest else 0, RERANKED if self._reranker else 0)
        passages = retrieve(question, index, encoder, k=among, filters=filters)
        if self._reranker:
            passages = reranked(question, passages, index.articles, self._reranker)
        if newest:
            passages = newest_passages(passages, index.articles)
        return replace(self._extracted(question, passages[:k], index, newest=newest), dates=dates)

    def _extracted(self, question: str, passages: list[Passage], index: Index, *, newest: bool) -> Answer:
        """Return the sentence with the most support, or the newest about as good, or an abstention."""
        weighed = read(question, passages, index, self._reader)
        if not newest and not self._reranker:  # else they stand in the order that was asked for
            passages = reordered(passages, weighed)
        best = extract(question, weighed, index, self._model, newest_from=self._threshold if newest else None)
        if best is None:
            return _abstention(question, "no_passage", 0.0, passages)
        if best.support < self._threshold:
            return _abstention(question, "low_support", best.support, passages)
        return Answer(
            question=question,
            text=quotes(best.citations),
            abstained=False,
            reason=None,
            support=best.support,
            citations=best.citations,
            passages=tuple(passages),
            differ=best.differ,
        )

    def _generated(self, extracted: Answer, llm: LLM, gate: Gate) -> Generator[Draft, None, Answer]:
        """Return what of the model's answer is proved; an abstention if it sees none; `extracted` if it fails."""
        try:
            generated = yield from generate(extracted.question, extracted.passages, llm, gate)
        except ReplyError as failure:
            return replace(extracted, note=failure.note)
        if generated is None:
            refused = _abstention(extracted.question, "model_abstained", 0.0, extracted.passages)
            return replace(refused, dates=extracted.dates)
        return replace(
            extracted,
            text=generated.text,
            support=generated.support,
            citations=generated.citations,
            differ=False,  # the claims may rest on one of the articles alone
            method="generative",
        )

    @property
    def index(self) -> Index:
        """The generation that is published now."""
        return self._current()[0]

    def _current(self) -> tuple[Index, Encoder]:
        """Return the published generation with its encoder; both are swapped by reference when a new one appears."""
        index, encoder = self._opened
        if current_pointer(self._store) == index.pointer:
            return index, encoder
        with self._lock:
            index, encoder = self._opened
            if current_pointer(self._store) != index.pointer:
                index = open_index(self._store)
                if index.manifest.encoder.fingerprint != encoder.fingerprint:
                    encoder = self._load(index)
                self._opened = (index, _matching(encoder, index))
            return self._opened

    def _load(self, index: Index) -> Encoder:
        return SentenceTransformerEncoder(index.manifest.encoder.name, device=self._device)


def _matching(encoder: Encoder, index: Index) -> Encoder:
    """Return `encoder` if it is the one that made the vectors of `index`."""
    stamp = index.manifest.encoder
    if encoder.fingerprint == stamp.fingerprint:
        return encoder
    option = "" if encoder.name == BUNDLED else f" --model {encoder.name}"
    raise EncoderError(
        f"The index {index.folder} was built with the model {stamp.name} ({stamp.fingerprint[:12]}), not with "
        f"{encoder.name} ({encoder.fingerprint[:12]}). Expected the same model for articles and questions. "
        f"Run: article-qa build{option}"
    )


def _without(question: str, words: str) -> str:
    """Return `question` without the `words` (see `Dates`) about the articles' time, which no article says."""
    rest = question
    for phrase in words.split(", "):
        rest = rest.replace(phrase, " ")
    return rest if tokenize(rest) else question


def _abstention(question: str, reason: AbstainReason, support: float, passages: Sequence[Passage]) -> Answer:
    return Answer(
        question=question,
        text=message(reason, locale_of(detect_language(question))),
        abstained=True,
        reason=reason,
        support=support,
        passages=tuple(passages),
    )


_answerers: dict[tuple[Path, str | None], Answerer] = {}
_answerers_lock = threading.Lock()


def ask(
    question: str,
    store: str | Path | None = None,
    *,
    reranker: str | None = None,
    k: int = 10,
    filters: Filters | None = None,
    after: Answer | str | None = None,
    dates: bool = True,
    today: datetime.date | None = None,
) -> Answer:
    """Answer `question` from the index at `store`; the rest is as in `Answerer.ask`.

    `store` is by default `$ARTICLE_QA_STORE` or `.store`, `reranker` (the name or folder of a cross-encoder)
    `$ARTICLE_QA_RERANKER` or none; a language model is asked if `$ARTICLE_QA_LLM_URL` names one. Index and models are
    opened at the first question and kept. Raises NoIndexError if nothing was built there yet, EncoderError if a model
    cannot be loaded, QuestionError if the question is empty or a filter makes no sense.
    """
    path = Path(store or os.environ.get(STORE_VARIABLE) or DEFAULT_STORE).expanduser().resolve()
    name = reranker or os.environ.get(RERANKER_VARIABLE) or None
    with _answerers_lock:
        answerer = _answerers.get((path, name))
        if answerer is None:
            answerer = _answerers[path, name] = Answerer(path, reranker=name, llm=llm_from())
    return answerer.ask(question, k=k, filters=filters, after=after, dates=dates, today=today)
