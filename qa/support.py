"""Evidence -> support: the probability that a sentence answers, and the threshold under which we say nothing.

Two logistic regressions, one for a question in the article's language and one for a question in another, since shared
words say much in the first and little in the second. `python -m training.support DATA` fits them on invented
articles that the reader was not trained on: a fit on articles that it knows would trust it too much. The threshold
lets 95 % of the held-out questions that have an answer through.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa.evidence import Evidence

_FILE = Path(__file__).parent / "support.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportModel:
    """The fitted weights, in the order of the fields of `Evidence`, and the threshold that the fit recommends."""

    same_language: tuple[float, ...]
    same_language_bias: float
    other_language: tuple[float, ...]
    other_language_bias: float
    threshold: float

    def supports(self, evidence: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the support, between 0 and 1, of each row of `as_matrix`: float64, shape (n,)."""
        same = evidence @ np.array(self.same_language) + self.same_language_bias
        other = evidence @ np.array(self.other_language) + self.other_language_bias
        return np.asarray(1.0 / (1.0 + np.exp(-np.where(evidence[:, -1] > 0, same, other))))


@cache
def support_model() -> SupportModel:
    """Return the model that ships with the package."""
    record = json.loads(_FILE.read_text(encoding="utf-8"))
    expected = [field.name for field in fields(Evidence)]
    if record["features"] != expected:
        raise ValueError(
            f"{_FILE} holds features {record['features']}: expected {expected}; run training.support again"
        )
    return SupportModel(
        same_language=tuple(record["same_language"]),
        same_language_bias=record["same_language_bias"],
        other_language=tuple(record["other_language"]),
        other_language_bias=record["other_language_bias"],
        threshold=record["threshold"],
    )
