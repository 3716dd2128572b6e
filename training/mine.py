"""Which passages BM25 takes for the right one: the hard wrong answers of a question.

Mined once, over morphemes, among passages of the same group. They aren't appended to batches (each costs as much as a
right passage) but steer who meets whom: a question shares its batch with the pairs whose passages would mislead it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from kiwipiepy import Kiwi

K1, B = 1.2, 0.75
CONTENT = ("N", "V", "SL", "SN", "SH", "XR", "MA")
"""Kiwi tags that carry meaning: nouns, verbs, foreign words, numbers, Han, roots, adverbs."""


def tokens(texts: Sequence[str]) -> list[list[str]]:
    """Morphemes of Korean texts, lower-case words of others."""
    kiwi = Kiwi(num_workers=1)
    found: list[list[str]] = []
    for text in texts:
        if re.search(r"[가-힣]", text):
            analysed = kiwi.tokenize(text)
            found.append([t.form.lower() for t in analysed if t.tag.startswith(CONTENT)])
        else:
            found.append(re.findall(r"\w+", text.lower()))
    return found


def _counts(lists: list[list[str]], place: dict[str, int]) -> Any:
    rows = [i for i, words in enumerate(lists) for w in words if w in place]
    columns = [place[w] for words in lists for w in words if w in place]
    ones = np.ones(len(rows), dtype=np.float32)
    return sp.csr_matrix((ones, (rows, columns)), shape=(len(lists), len(place)))


def misleading(
    queries: Sequence[str], passages: Sequence[str], articles: Sequence[str], most: int = 8
) -> list[list[int]]:
    """For each pair, the pairs of other articles whose passages BM25 ranks highest for its query."""
    unique = list(dict.fromkeys(passages))
    owner = {text: i for i, text in reversed(list(enumerate(passages)))}
    tokenised = tokens(unique)
    place = {w: i for i, w in enumerate(dict.fromkeys(w for words in tokenised for w in words))}
    counts = _counts(tokenised, place)
    length = np.asarray(counts.sum(1)).ravel()
    frequency = np.asarray((counts > 0).sum(0)).ravel()
    idf = np.log(1 + (len(unique) - frequency + 0.5) / (frequency + 0.5))
    rows, columns = counts.nonzero()
    tf = np.asarray(counts[rows, columns]).ravel()
    weight = tf * (K1 + 1) / (tf + K1 * (1 - B + B * length[rows] / length.mean()))
    weights = sp.csr_matrix((weight * idf[columns], (columns, rows)), shape=counts.shape[::-1])
    asked = (_counts(tokens(queries), place) > 0).astype(np.float32)
    found: list[list[int]] = []
    for start in range(0, len(queries), 512):
        scores = (asked[start : start + 512] @ weights).toarray()
        for i, row in enumerate(scores, start):
            best = np.argsort(-row, kind="stable")[: most + 8]
            pairs = [owner[unique[j]] for j in best if row[j] > 0]
            found.append([p for p in pairs if articles[p] != articles[i]][:most])
    return found
