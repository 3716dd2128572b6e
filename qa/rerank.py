"""Passages in a better order, once the reader has read the first of them.

What BM25 and the encoder think alike is told apart by whether a sentence of the passage answers; passages that were not
read keep their place behind those that may answer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from index.store import Index
from qa.evidence import Weighed, candidates, weigh
from qa.reader import Reader
from qa.records import Passage

READ = 5
"""Passages whose sentences are weighed."""

_READER_SHARE = 0.3
"""What a passage gains whose best sentence certainly answers, on the scale of the scores of `qa.retrieve`."""


def read(question: str, passages: Sequence[Passage], index: Index, reader: Reader) -> list[Weighed]:
    """Return the sentences of the first `READ` of `passages`, weighed."""
    return weigh(question, candidates(passages[:READ], index.articles), index, reader)


def reordered(passages: Sequence[Passage], weighed: Sequence[Weighed]) -> list[Passage]:
    """Return `passages`, best first, given what their sentences weigh; equal scores by place."""
    gain: dict[tuple[str, int], float] = {}
    for one in weighed:
        key = _key(one.candidate.passage)
        gain[key] = max(gain.get(key, 0.0), _READER_SHARE * _probability(one.evidence.reader))
    scored = [replace(p, score=p.score + gain.get(_key(p), 0.0)) for p in passages]
    return sorted(scored, key=lambda p: (-p.score, *_key(p)))


def _probability(log_odds: float) -> float:
    return 1.0 / (1.0 + math.exp(min(-log_odds, 700.0)))  # a sentence that was too far down to be read has -10,000


def _key(passage: Passage) -> tuple[str, int]:
    return passage.chunk.article_id, passage.chunk.start
