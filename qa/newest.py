"""Among what is about as good as the best, the newest: for questions that ask for the latest. Knows no question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from index.records import Article
from qa.records import Passage

NEWEST_AMONG = 50
"""Passages of which the newest are read: more than would be read otherwise."""

_AS_RELEVANT = 0.85
"""The share of the best passage's score from which another one is about as relevant."""

AS_GOOD = 0.2
"""How much less support than the best an answer may have to be about as good."""


def newest_passages(passages: Sequence[Passage], articles: Mapping[str, Article]) -> list[Passage]:
    """Return `passages` (best first), those about as relevant as the best put first, newest first."""
    best = max((passage.score for passage in passages), default=0.0)
    relevant = [passage for passage in passages if passage.score >= _AS_RELEVANT * best]
    others = [passage for passage in passages if passage.score < _AS_RELEVANT * best]
    return sorted(relevant, key=lambda p: articles[p.chunk.article_id].date, reverse=True) + others


def newest_answers(supports: Sequence[float], dates: Sequence[str], threshold: float) -> list[int]:
    """Return which of the candidates with these supports and dates are newest among those about as good as the best.

    A date is ISO 8601 or empty: older than any. Less support than `threshold` is not good, unless all have less.

    >>> newest_answers([0.9, 0.8, 0.3], ["2019-01-01", "2021-01-01", "2022-01-01"], 0.5)
    [1]
    """
    best = max(supports)
    good = [i for i, support in enumerate(supports) if support >= min(best, max(threshold, best - AS_GOOD))]
    newest = max(dates[i] for i in good)
    return [i for i in good if dates[i] == newest]
