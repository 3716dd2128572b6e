"""Unit vectors in, nearest rows out: FAISS, exact, by inner product (the cosine, since all vectors are of length 1).

Knows nothing of texts. Exact search reads every row: 24 ms for 100,000 rows of 384 dimensions on one laptop core, which
is far below the cost of reading the answers; an approximate index would trade recall for time that nobody waits for.

An index is immutable once opened: FAISS crashes when rows are added during a search, so a new one is built beside it.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from index.encoder import Vectors
from index.records import Hit


class VectorStore(Protocol):
    """What the index asks of a vector engine."""

    def search(self, query: Vectors, k: int, rows: Sequence[range] | None = None) -> list[Hit]:
        """Return the `k` rows nearest to `query` (shape (dim,)), best first; with `rows`, only of these ranges."""

    def scores(self, query: Vectors, rows: Sequence[int]) -> list[float]:
        """Return the cosine between `query` (shape (dim,)) and each of `rows`."""

    def vectors(self) -> Vectors:
        """Return all rows as they were given: float32, shape (n, dim)."""


class FlatVectors:
    """Every row compared with the question; safe to search from many threads."""

    def __init__(self, path: Path) -> None:
        """Read the index from `path`. Raises RuntimeError if FAISS cannot read it."""
        import faiss

        self._index = faiss.read_index(str(path))

    @staticmethod
    def write(path: Path, vectors: Vectors) -> None:
        """Write an index of `vectors`: float32 unit rows, shape (n, dim).

        Raises ValueError if they are not, OSError if the disk refuses.
        """
        import faiss

        if vectors.ndim != 2 or vectors.dtype != np.float32:
            raise ValueError(f"vectors are {vectors.dtype} of shape {vectors.shape}: expected float32 (n, dim)")
        if not np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-3):  # also catches NaN, which FAISS takes
            raise ValueError("vectors hold a row that is not of length 1 (or NaN): expected unit rows from the encoder")
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors))
        try:
            faiss.write_index(index, str(path))
        except RuntimeError as error:  # FAISS's name for a full disk
            raise OSError(" ".join(str(error).split())) from error

    def search(self, query: Vectors, k: int, rows: Sequence[range] | None = None) -> list[Hit]:
        """Return the `k` rows nearest to `query` (shape (dim,)), best first; with `rows`, only of these ranges."""
        self._check(query)
        k = min(k, self._index.ntotal)
        if k < 1 or (rows is not None and not rows):
            return []
        scores, found = self._index.search(query[np.newaxis], k, **self._parameters(rows))
        hits = [Hit(row=int(r), score=float(s)) for r, s in zip(found[0], scores[0], strict=True) if r >= 0]
        return sorted(hits, key=lambda hit: (-hit.score, hit.row))

    def scores(self, query: Vectors, rows: Sequence[int]) -> list[float]:
        """Return the cosine between `query` (shape (dim,)) and each of `rows`."""
        self._check(query)
        if not rows:
            return []
        chosen: Vectors = self._index.reconstruct_batch(np.asarray(rows, dtype=np.int64))
        # not `chosen @ query`: BLAS adds up in another order at the edges, so that equal rows get unequal scores
        return [float(score) for score in (chosen * query).sum(axis=1)]

    def vectors(self) -> Vectors:
        """Return all rows as they were given: float32, shape (n, dim)."""
        vectors: Vectors = self._index.reconstruct_n(0, self._index.ntotal)
        return vectors

    def _check(self, query: Vectors) -> None:
        if query.shape != (self._index.d,) or not np.isfinite(query).all():  # FAISS takes NaN and finds row -1
            raise ValueError(f"the question's vector has shape {query.shape}: expected {(self._index.d,)}, finite")

    def _parameters(self, rows: Sequence[range] | None) -> dict[str, Any]:
        if rows is None:
            return {}
        faiss: Any = importlib.import_module("faiss")  # its own type stubs do not know the argument `sel`

        ids = np.concatenate([np.arange(r.start, r.stop, dtype=np.int64) for r in rows])
        return {"params": faiss.SearchParameters(sel=faiss.IDSelectorBatch(ids))}
