"""The sentences that may answer, and what speaks for each. Knows no weights: `qa.support` turns evidence into support.

A candidate is one sentence of a retrieved passage together with the sentence before it, since news leans backwards
("이곳은 …", "The two …") and names what it is about once. The reader sees all sentences of a passage at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from functools import lru_cache
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from index.chunking import is_heading
from index.language import detect_language
from index.lexical import Concept
from index.records import Article, Chunk, Span
from index.sentences import sentences
from index.store import Index
from index.tokens import tokenize
from qa.question import asked_for, holds
from qa.reader import Reader, Reading
from qa.records import Passage
from qa.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A sentence that may answer. `before` is the sentence that it may lean on, if there is one close by."""

    passage: Passage
    span: Span
    before: Span | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What speaks for a candidate; numbers, all but `reader` about 0 to 1.

    `reader` are the log-odds that the reader gives it. `coverage` is the share of the question's terms that the
    sentence has, weighted by how much they tell; `context_coverage` the same of the title, the sentence before and the
    sentence. `passage` is the score of its passage, `kind` whether it holds what is asked for, `numbers` the share of
    the question's numbers ("2017") that the sentence or the one before has, 0.5 if the question has none. An article in
    another language has what it says in its own way (`Index.concepts`).
    """

    reader: float
    coverage: float
    context_coverage: float
    passage: float
    kind: float
    numbers: float
    same_language: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A candidate with what speaks for it and where in the article the answer stands, if the reader is certain."""

    candidate: Candidate
    evidence: Evidence
    marked: Span | None


_CERTAIN = 0.5
"""How likely a span must be to be marked, given that its sentence answers."""


def candidates(passages: Sequence[Passage], articles: Mapping[str, Article]) -> list[Candidate]:
    """Return the sentences of `passages`, in their order; headings do not answer and are left out."""
    found = []
    for passage in passages:
        text = articles[passage.chunk.article_id].text
        before: Span | None = None
        for span in _spans(text, passage.chunk):
            if _is_heading(text, span):
                before = None
                continue
            if span.start >= passage.chunk.start:
                found.append(Candidate(passage=passage, span=span, before=before))
            before = span
    return found


def weigh(question: str, found: Sequence[Candidate], index: Index, reader: Reader) -> list[Weighed]:
    """Return each of `found` with the evidence for it."""
    readings = _read(question, found, index.articles, reader)
    kind, language = asked_for(question), detect_language(question)
    own_words = _weighted([Concept(terms=(term,)) for term in dict.fromkeys(tokenize(question))], index)
    foreign = index.foreign(language) & {candidate.passage.chunk.article_id for candidate in found}
    all_words = _weighted(index.concepts(question, language), index) if foreign else own_words
    weighed = []
    for candidate, reading in zip(found, readings, strict=True):
        article = index.articles[candidate.passage.chunk.article_id]
        text, start = candidate.span.of(article.text), candidate.span.start
        before = candidate.before.of(article.text) if candidate.before else ""
        own, led_by = _terms(text), _terms(before)
        asked = all_words if article.id in foreign else own_words
        numbers = {concept: 1.0 for concept in asked if any(term.isdigit() for term in concept.terms)}
        evidence = Evidence(
            reader=reading.log_odds,
            coverage=_coverage(asked, own),
            context_coverage=_coverage(asked, own | led_by | _terms(article.title)),
            passage=candidate.passage.score,
            kind=holds(text, kind),
            numbers=_coverage(numbers, own | led_by) if numbers else 0.5,
            same_language=float(language == article.lang),
        )
        certain = reading.certainty >= _CERTAIN
        marked = Span(start=start + reading.span.start, end=start + reading.span.end) if certain else None
        weighed.append(Weighed(candidate=candidate, evidence=evidence, marked=marked))
    return weighed


def _read(question: str, found: Sequence[Candidate], articles: Mapping[str, Article], reader: Reader) -> list[Reading]:
    """Return what the reader says of each candidate.

    It reads a passage at once, and together with it those that follow on it, as many as it can: which of two is the
    second one is seen from both.
    """
    in_place = sorted(range(len(found)), key=lambda i: (*_passage(found[i]), found[i].span.start))
    runs: list[list[int]] = []
    windows: list[Window] = []
    for _, group in groupby(in_place, lambda i: _passage(found[i])):
        run = list(group)
        if runs and _follows(found[run[0]], found[runs[-1][-1]]):
            longer = _window(question, [found[i] for i in (*runs[-1], *run)], articles)
            if reader.fits(longer):
                runs[-1] += run
                windows[-1] = longer
                continue
        runs.append(run)
        windows.append(_window(question, [found[i] for i in run], articles))
    by_number = {
        number: reading
        for run, readings in zip(runs, reader.read(windows), strict=True)
        for number, reading in zip(run, readings[len(readings) - len(run) :], strict=True)
    }
    return [by_number[number] for number in range(len(found))]


def _passage(candidate: Candidate) -> tuple[str, int]:
    return candidate.passage.chunk.article_id, candidate.passage.chunk.start


def _follows(candidate: Candidate, other: Candidate) -> bool:
    return _passage(candidate)[0] == _passage(other)[0] and candidate.before == other.span


def _window(question: str, group: Sequence[Candidate], articles: Mapping[str, Article]) -> Window:
    """Return the sentences of `group`, with the one before them that the first may lean on."""
    article = articles[group[0].passage.chunk.article_id]
    spans = [group[0].before, *(candidate.span for candidate in group)]
    said = tuple(span.of(article.text) for span in spans if span is not None)
    return Window(question=question, title=article.title, sentences=said)


def as_matrix(evidence: Sequence[Evidence]) -> NDArray[np.float64]:
    """Return one row an item, one column a field: float64, shape (len(evidence), 7)."""
    return np.array([astuple(e) for e in evidence], dtype=np.float64)


def _spans(text: str, chunk: Chunk) -> list[Span]:
    """Return the spans of the sentences of `chunk` and of the lines before it that its first sentence may lean on."""
    start = text.rfind("\n", 0, len(text[: chunk.start].rstrip())) + 1
    return [Span(start=start + span.start, end=start + span.end) for span in sentences(text[start : chunk.end])]


def _is_heading(text: str, span: Span) -> bool:
    line_start = text.rfind("\n", 0, span.start) + 1
    line_end = text.find("\n", span.end)
    if line_end < 0 or text[line_start : span.start].strip() or text[span.end : line_end].strip():
        return False
    following = text[line_end:].lstrip()
    return is_heading(span.of(text), following.partition("\n")[0])


@lru_cache(maxsize=8192)
def _terms(text: str) -> frozenset[str]:
    """Return the terms of a title or sentence; kept, since the next questions are about the same articles."""
    return frozenset(tokenize(text))


def _weighted(concepts: Sequence[Concept], index: Index) -> dict[Concept, float]:
    return dict(zip(concepts, index.term_weights(concepts), strict=True))


def _coverage(asked: Mapping[Concept, float], present: frozenset[str]) -> float:
    total = sum(asked.values())
    return sum(weight * concept.held(present) for concept, weight in asked.items()) / total if total else 0.0
