"""What a question becomes on its way to a cited answer. Every quotation is a slice of an article, never retyped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from typing import Any, Literal

from index.records import Article, Chunk, Span
from qa.fromjson import each, optional, record_from_json

AbstainReason = Literal["no_passage", "low_support", "model_abstained"]
"""Why there is no answer: nothing was found at all, nothing that answers well enough, or a language model saw none."""

Note = Literal[
    "llm_unreachable",
    "llm_timeout",
    "llm_rate_limited",
    "llm_unauthorized",
    "llm_not_found",
    "llm_error",
    "llm_refused",
    "llm_empty",
    "llm_bad_reply",
    "llm_unproved",
]
"""Why an answer is extractive although a language model was asked; `qa.messages` has the words for the reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which articles may answer. Dates are ISO 8601 and inclusive; an article without a date passes no date filter."""

    since: str = ""
    until: str = ""
    lang: str = ""
    article_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """What of a question was taken to be about the time of the articles: `words`, as they stand in it.

    `since` and `until` are as in `Filters`; `newest` prefers the newest of the articles that answer. Dates that are
    `binding` are of the articles themselves ("articles from 2019"). Others ("last month") narrow the search only where
    that finds something that answers about as well, and are otherwise `dropped`.
    """

    words: str
    since: str = ""
    until: str = ""
    newest: bool = False
    binding: bool = False
    dropped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A chunk that was retrieved. Ranks count from 1; None means it was not among the hits of that side.

    `rerank_score` is what a reranker said of it, on a scale of its own; None if it was not asked.
    """

    chunk: Chunk
    score: float
    lexical_rank: int | None
    dense_rank: int | None
    rerank_score: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Where an answer stands: `articles[article_id].text[start:end] == quote`, of the file whose digest is `sha256`.

    `marked` is where in it the very words stand that answer ("하노이"), in characters of the article, if known.
    """

    article_id: str
    title: str
    date: str
    url: str
    sha256: str
    start: int
    end: int
    quote: str
    marked: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to a question, or an abstention (then `text` says so, `reason` why, and nothing is cited).

    `support` is between 0 and 1: how likely the cited sentence answers the question. `passages` are what was searched,
    best first, whether or not there is an answer; answers are equal without them. `asked` is what was asked in place of
    `question` where that followed up on the question before, None where it stands by itself. The text of an extractive
    answer is its quotations; that of a generative one a language model's words, each claim with a sentence among
    `citations` that proves it. `note` is why a language model's answer was not used, None if it was or none was asked.
    `dates` are those of the question, if it has any. `differ` tells that two articles say different things, and the
    citations are of both, newest first.
    """

    question: str
    text: str
    abstained: bool
    reason: AbstainReason | None = None
    support: float
    citations: tuple[Citation, ...] = ()
    passages: tuple[Passage, ...] = field(default=(), repr=False, compare=False)
    asked: str | None = None
    method: Literal["extractive", "generative"] = "extractive"
    note: Note | None = None
    dates: Dates | None = None
    differ: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return what `article-qa ask --json` prints, ready for `json.dumps`."""
        return {
            "question": self.question,
            "asked": self.asked,
            "text": self.text,
            "abstained": self.abstained,
            "reason": self.reason,
            "method": self.method,
            "note": self.note,
            "support": self.support,
            "dates": None if self.dates is None else asdict(self.dates),
            "differ": self.differ,
            "citations": [asdict(c) for c in self.citations],
            "passages": [_passage_json(p) for p in self.passages],
        }

    @classmethod
    def from_json(cls, written: Any) -> Answer:
        """Return the answer of which `to_json` made `written`: an equal one, its passages without text and ranks.

        Raises AnswerError if that is no answer.
        """
        readers = {
            "citations": each(_citation),
            "passages": each(_passage),
            "dates": optional(lambda dates: record_from_json(Dates, dates)),
        }
        return record_from_json(cls, written, readers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a language model has said so far, unverified: to show that it works, never as an answer."""

    text: str


def cite(article: Article, span: Span, marked: Span | None = None) -> Citation:
    """Return the citation of `span` of `article`, in which the answer itself stands at `marked`."""
    return Citation(
        article_id=article.id,
        title=article.title,
        date=article.date,
        url=article.url,
        sha256=article.sha256,
        start=span.start,
        end=span.end,
        quote=span.of(article.text),
        marked=marked,
    )


def _passage_json(passage: Passage) -> dict[str, Any]:
    return {
        "article_id": passage.chunk.article_id,
        "start": passage.chunk.start,
        "end": passage.chunk.end,
        "score": round(passage.score, 6),
    }


def _citation(written: Any) -> Citation:
    return record_from_json(Citation, written, {"marked": optional(lambda marked: record_from_json(Span, marked))})


def _passage(written: Any) -> Passage:
    whole = written if isinstance(written, dict) else {}
    chunk = record_from_json(Chunk, {**whole, "heading": "", "text": ""})
    return record_from_json(Passage, {**whole, "chunk": chunk, "lexical_rank": None, "dense_rank": None})


def quotes(citations: Sequence[Citation]) -> str:
    """Return the quotations of `citations` as one text, in their order; a line for each article."""
    lines = groupby(citations, key=lambda citation: citation.article_id)
    return "\n".join(" ".join(citation.quote for citation in line) for _, line in lines)
