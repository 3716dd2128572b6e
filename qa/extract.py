"""Passages -> the sentence that answers, with the one it leans on, cut from the article by offsets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from index.encoder import Encoder
from index.language import detect_language
from index.records import Span
from index.store import Index
from qa.evidence import Candidate, as_matrix, candidates, weigh
from qa.leaning import leans
from qa.records import Citation, Passage
from qa.support import SupportModel

_READ = 5  # passages whose sentences are weighed
_EQUAL = 0.02  # supports this close are equal: then the reader's language comes first


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """The best candidate: how likely it answers, and the citations of its sentences in the order of the article."""

    support: float
    citations: tuple[Citation, ...]


def extract(
    question: str, passages: Sequence[Passage], index: Index, encoder: Encoder, model: SupportModel
) -> Extract | None:
    """Return the sentence of `passages` with the most support, or None if they hold no sentence."""
    found = candidates(passages[:_READ], index.articles)
    if not found:
        return None
    supports = [float(s) for s in model.supports(as_matrix(weigh(question, found, index, encoder)))]
    language = detect_language(question)

    def preference(i: int) -> tuple[bool, bool, float, str, int]:
        article_id = found[i].passage.chunk.article_id
        is_equal = supports[i] >= max(supports) - _EQUAL
        is_foreign = index.articles[article_id].lang != language
        return (not is_equal, is_foreign, -supports[i], article_id, found[i].span.start)

    best = min(range(len(found)), key=preference)
    return Extract(support=supports[best], citations=_citations(found[best], index))


def _citations(candidate: Candidate, index: Index) -> tuple[Citation, ...]:
    article = index.articles[candidate.passage.chunk.article_id]
    spans = [candidate.span]
    if candidate.before is not None and leans(candidate.span.of(article.text)):
        spans.insert(0, candidate.before)
    return tuple(_citation(article.id, span, index) for span in spans)


def _citation(article_id: str, span: Span, index: Index) -> Citation:
    article = index.articles[article_id]
    return Citation(
        article_id=article.id,
        title=article.title,
        date=article.date,
        url=article.url,
        sha256=article.sha256,
        start=span.start,
        end=span.end,
        quote=span.of(article.text),
    )
