"""A question with known answers + what was answered -> an outcome. Counts nothing: that is `qa.evaluation`.

Every question is asked with a threshold of 0, so that one run tells what each threshold would do.

*Right*: the first quotation of the answer ends with a gold sentence. A quotation is one sentence or more that stand
next to each other; the last one answers, those before are what it leans on. A gold sentence that says it only together
with its context must be quoted with it. One sentence is another if either holds the other: a file of questions may
quote a sentence without its full stop, and an answer may be a part of a sentence.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Protocol

from index.records import Article, ArticlesError, Chunk
from index.store import Index
from qa.gold import Place, Question, places
from qa.records import Answer, Citation
from qa.verify import mismatches, shelf


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a question, whatever its support.

    `group` is its language pair (`en->ko`) if it has an answer, else its kind. `carried` and `valid` have one entry a
    citation: whether it carries the gold fact, and whether it slices out of its article's file byte for byte.
    `ranked` names the passages that were searched, best first, `relevant` those of the index that hold a gold sentence.
    """

    question: Question
    group: str
    text: str
    support: float
    right: bool
    carried: tuple[bool, ...]
    valid: tuple[bool, ...]
    ranked: tuple[str, ...]
    relevant: frozenset[str]
    milliseconds: float

    @property
    def is_answerable(self) -> bool:
        """Whether an article answers the question."""
        return bool(self.question.gold)

    def is_said(self, threshold: float) -> bool:
        """Tell whether there is an answer at `threshold`; without a citation there is none at any."""
        return bool(self.carried) and self.support >= threshold


class Answers(Protocol):
    """What is asked of an answerer; `qa.Answerer` with a threshold of 0 is one."""

    def ask(self, question: str, *, today: datetime.date | None = None) -> Answer:
        """Answer `question`, asked on the day `today` (None: on this one)."""

    @property
    def index(self) -> Index:
        """Where the answers come from."""


def judge_all(
    questions: Sequence[Question], answers: Answers, articles: Path, same_as: Mapping[str, str] | None = None
) -> Iterator[Outcome]:
    """Ask every question and yield its outcome; citations are checked against the files of the folder `articles`.

    `same_as` names for an article that was left out as a duplicate the one that was kept. Raises QuestionError before
    the first question is asked if a gold sentence is not in its article.
    """
    index = answers.index
    renamed = [_renamed(question, same_as or {}) for question in questions]
    standing = [places(question, index.articles) for question in renamed]
    article_of = _reader(articles)
    answers.ask(questions[0].text)  # loads dictionaries, which is not the question's time
    for question, gold in zip(renamed, standing, strict=True):
        started = time.perf_counter()
        answer = answers.ask(question.text, today=question.asked_on)
        milliseconds = 1000 * (time.perf_counter() - started)
        yield judge(question, gold, answer, index, article_of, milliseconds)


def judge(
    question: Question,
    gold: Sequence[Place],
    answer: Answer,
    index: Index,
    article_of: Callable[[str], Article | None],
    milliseconds: float,
) -> Outcome:
    """Return the outcome of `answer` to `question`; `article_of` gives an article as its file is now, None if gone."""
    quoted = quotations(answer.citations, index.articles)
    return Outcome(
        question=question,
        group=group_of(question, index.articles),
        text=answer.text,
        support=answer.support,
        right=bool(quoted) and _says(quoted[0][-1], quoted[0], gold),
        carried=tuple(
            _says(quotation[-1], quotation, gold) or _says(citation, quotation, gold)
            for quotation in quoted
            for citation in quotation
        ),
        valid=tuple(is_valid(citation, article_of(citation.article_id)) for citation in answer.citations),
        ranked=tuple(_name(passage.chunk) for passage in answer.passages),
        relevant=frozenset(_name(chunk) for chunk in index.chunks if any(_holds(chunk, place) for place in gold)),
        milliseconds=milliseconds,
    )


def group_of(question: Question, articles: Mapping[str, Article]) -> str:
    """Return the languages of question and gold articles, or the kind of a question without gold.

    With gold in several languages it is that of the question, if it is among them.
    """
    if not question.gold:
        return question.kind
    languages = {articles[gold.article_id].lang for gold in question.gold}
    return f"{question.lang}->{question.lang if question.lang in languages else '+'.join(sorted(languages))}"


def quotations(citations: Sequence[Citation], articles: Mapping[str, Article]) -> list[tuple[Citation, ...]]:
    """Return `citations` in their order, those together that stand next to each other in an article."""
    found = [[citation] for citation in citations[:1]]
    for one, next_one in pairwise(citations):
        between = articles[one.article_id].text[one.end : next_one.start]
        if one.article_id == next_one.article_id and one.end <= next_one.start and not between.strip():
            found[-1].append(next_one)
        else:
            found.append([next_one])
    return [tuple(quotation) for quotation in found]


def is_valid(citation: Citation, article: Article | None) -> bool:
    """Tell whether `citation` holds in `article`, byte for byte and of the same file, as `article-qa verify` does."""
    return article is not None and not any(mismatches(citation, article))


def _says(citation: Citation, quotation: Sequence[Citation], gold: Sequence[Place]) -> bool:
    """Tell whether `citation` is a gold sentence, and `quotation` begins early enough for it to be understood."""
    return any(
        place.article_id == citation.article_id
        and (place.since == place.start or quotation[0].start <= place.since)
        and (
            citation.start <= place.start < place.end <= citation.end
            or place.start <= citation.start < citation.end <= place.end
        )
        for place in gold
    )


def _holds(chunk: Chunk, place: Place) -> bool:
    return chunk.article_id == place.article_id and chunk.start <= place.start and place.end <= chunk.end


def _name(chunk: Chunk) -> str:
    return f"{chunk.article_id}:{chunk.start}"


def _renamed(question: Question, same_as: Mapping[str, str]) -> Question:
    return replace(
        question, gold=tuple(replace(g, article_id=same_as.get(g.article_id, g.article_id)) for g in question.gold)
    )


def _reader(folder: Path) -> Callable[[str], Article | None]:
    """Return what reads an article of `folder` by its id, anew and once; None if it cannot be read."""
    look_up = shelf(folder)

    def read(article_id: str) -> Article | None:
        try:
            return look_up(article_id)
        except ArticlesError:
            return None

    return read
