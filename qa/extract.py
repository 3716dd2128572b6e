"""Weighed sentences -> the one that answers, with the one it leans on, cut from the article by offsets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from index.language import detect_language
from index.records import Span
from index.store import Index
from qa.conflicts import differing
from qa.evidence import Candidate, Weighed, as_matrix
from qa.leaning import leans
from qa.newest import newest_answers
from qa.records import Citation, cite
from qa.support import SupportModel

_LEADS = 0.05  # the support, and twice that of the sentence right before, of an earlier one that is leant on
_EQUAL = 0.05  # supports this close are equal: then the reader's language comes first


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """The best candidate: how likely it answers, and the citations of its sentences in the order of the article.

    With `differ` another article says otherwise, and its citations are there too, those of the newer article first.
    """

    support: float
    citations: tuple[Citation, ...]
    differ: bool = False


def extract(
    question: str, found: Sequence[Weighed], index: Index, model: SupportModel, *, newest_from: float | None = None
) -> Extract | None:
    """Return the sentence of `found` with the most support, or None if there is none.

    With `newest_from`, a support that suffices for an answer, return the newest of those that answer about as well.
    """
    if not found:
        return None
    supports = [float(s) for s in model.supports(as_matrix([w.evidence for w in found]))]
    language = detect_language(question)

    def preference(i: int) -> tuple[bool, bool, float, str, int]:
        candidate = found[i].candidate
        article_id = candidate.passage.chunk.article_id
        is_equal = supports[i] >= max(supports) - _EQUAL
        is_foreign = index.articles[article_id].lang != language
        return (not is_equal, is_foreign, -supports[i], article_id, candidate.span.start)

    if newest_from is not None:
        dates = [index.articles[one.candidate.passage.chunk.article_id].date for one in found]
        best = min(newest_answers(supports, dates, newest_from), key=preference)
        return Extract(support=supports[best], citations=_citations(best, found, supports, index))
    best = min(range(len(found)), key=preference)
    told = differing(question, found, supports, best, index.articles)
    citations = [citation for one in told for citation in _citations(one, found, supports, index)]
    return Extract(support=supports[best], citations=tuple(citations), differ=len(told) > 1)


def _citations(best: int, found: Sequence[Weighed], supports: Sequence[float], index: Index) -> tuple[Citation, ...]:
    candidate = found[best].candidate
    article = index.articles[candidate.passage.chunk.article_id]
    citations = [cite(article, candidate.span, found[best].marked)]
    if candidate.before is not None and leans(candidate.span.of(article.text)):
        citations.insert(0, cite(article, _leant_on(candidate, found, supports, article.text)))
    return tuple(citations)


def _leant_on(candidate: Candidate, found: Sequence[Weighed], supports: Sequence[float], text: str) -> Span:
    """Return the sentence before `candidate`, or the one before that if it clearly has more to do with the question.

    "They opened a lab in Lyon. Its people study robots. It is the second one." The second one is that in Lyon.
    """
    assert candidate.before is not None
    of_article = {
        one.candidate.span: (support, one.candidate.before)
        for one, support in zip(found, supports, strict=True)
        if one.candidate.passage.chunk.article_id == candidate.passage.chunk.article_id
    }
    support, earlier = of_article.get(candidate.before, (0.0, None))
    is_near = earlier is not None and "\n" not in text[earlier.end : candidate.span.start]
    if earlier is not None and is_near and of_article.get(earlier, (0.0, None))[0] > max(_LEADS, 2 * support):
        return earlier
    return candidate.before
