"""Vectors: exactly the nearest rows, checked against brute force; what FAISS would take in silence is refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy import disk_full_at

from index.encoder import Vectors
from index.vectors import FlatVectors


def unit(rows: int, dim: int = 16, seed: int = 0) -> Vectors:
    vectors = np.random.default_rng(seed).normal(size=(rows, dim)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def made(folder: Path, vectors: Vectors) -> FlatVectors:
    FlatVectors.write(folder / "vectors.faiss", vectors)
    return FlatVectors(folder / "vectors.faiss")


def test_search_is_brute_force(tmp_path: Path) -> None:
    """The hits are the rows of greatest cosine, with it as their score."""
    vectors, queries = unit(500), unit(20, seed=1)
    store = made(tmp_path, vectors)
    for query in queries:
        cosines = vectors @ query
        hits = store.search(query, 30)
        assert [hit.row for hit in hits] == list(np.argsort(-cosines, kind="stable")[:30])
        assert [hit.score for hit in hits] == pytest.approx(np.sort(cosines)[::-1][:30], abs=1e-6)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 30)), min_size=1, max_size=5), st.integers(1, 120))
def test_ranges_choose_rows(tmp_path_factory: pytest.TempPathFactory, starts: list[tuple[int, int]], k: int) -> None:
    """With ranges, the nearest of just these rows are found, empty ranges and overlaps notwithstanding."""
    vectors, query = unit(100), unit(1, seed=2)[0]
    ranges = [range(start, min(100, start + length)) for start, length in starts]
    chosen = sorted({i for r in ranges for i in r}, key=lambda i: -float(vectors[i] @ query))
    store = made(tmp_path_factory.mktemp("ranges"), vectors)
    assert [hit.row for hit in store.search(query, k, ranges)] == chosen[:k]


def test_rows_in_number(tmp_path: Path) -> None:
    """More rows than there are gives all of them; none or less gives none."""
    store = made(tmp_path, unit(5))
    query = unit(1)[0]
    assert sorted(hit.row for hit in store.search(query, 99)) == [0, 1, 2, 3, 4]
    assert store.search(query, 0) == store.search(query, -1) == store.search(query, 3, []) == []


@pytest.mark.parametrize("k", [1, 7, 99, 100, 150, 999])
def test_ties_keep_the_order_of_rows(tmp_path: Path, k: int) -> None:
    """Of 1,000 equal rows the first `k` are found, in their order."""
    store = made(tmp_path, np.repeat(unit(1), 1000, axis=0))
    assert [hit.row for hit in store.search(unit(1, seed=3)[0], k)] == list(range(k))


@pytest.mark.parametrize("count", [1, 2, 3, 5, 7, 33])
def test_equal_rows_have_equal_scores(tmp_path: Path, count: int) -> None:
    """Equal rows get the same cosine to the last bit, wherever they stand among those asked for."""
    store = made(tmp_path, np.repeat(unit(1, 384), 40, axis=0))
    query = unit(1, 384, seed=5)[0]
    assert len(set(store.scores(query, range(count)))) == 1
    assert store.scores(query, range(count)) == store.scores(query, [0]) * count


def test_scores_of_rows(tmp_path: Path) -> None:
    """The cosines of chosen rows come in the order in which they were asked for."""
    vectors, query = unit(50), unit(1, seed=4)[0]
    store = made(tmp_path, vectors)
    assert store.scores(query, [7, 3, 3, 49]) == pytest.approx(vectors[[7, 3, 3, 49]] @ query, abs=1e-6)
    assert store.scores(query, []) == []


def test_vectors_come_back_as_given(tmp_path: Path) -> None:
    """What was written is read back bit for bit, also from an array that is not contiguous."""
    vectors = unit(40)
    assert np.array_equal(made(tmp_path, vectors[::2]).vectors(), vectors[::2])


def test_no_rows(tmp_path: Path) -> None:
    """An index without rows can be written, read and searched."""
    store = made(tmp_path, np.zeros((0, 16), np.float32))
    query = unit(1)[0]
    assert store.search(query, 5) == store.search(query, 5, [range(0)]) == []
    assert store.scores(query, []) == []
    assert store.vectors().shape == (0, 16)


@pytest.mark.parametrize(
    ("vectors", "reason"),
    [
        (np.full((2, 4), np.nan, np.float32), "not of length 1"),
        (np.ones((2, 4), np.float32), "not of length 1"),
        (np.zeros((1, 4), np.float32), "not of length 1"),
        (np.full((1, 4), np.inf, np.float32), "not of length 1"),
        (np.eye(4), r"float64 of shape \(4, 4\): expected float32"),
        (np.ones(1, np.float32), r"float32 of shape \(1,\): expected float32"),
    ],
)
def test_bad_rows_are_refused(tmp_path: Path, vectors: Vectors, reason: str) -> None:
    """Rows with NaN, of another length or type are refused before anything is written."""
    with pytest.raises(ValueError, match=reason):
        FlatVectors.write(tmp_path / "vectors.faiss", vectors)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "query", [np.zeros(15, np.float32), np.zeros((1, 16), np.float32), np.full(16, np.nan, np.float32)]
)
def test_bad_question_is_refused(tmp_path: Path, query: Vectors) -> None:
    """A question's vector of another shape or with NaN is refused by both ways of asking."""
    store = made(tmp_path, unit(3))
    with pytest.raises(ValueError, match=r"expected \(16,\), finite"):
        store.search(query, 1)
    with pytest.raises(ValueError, match=r"expected \(16,\), finite"):
        store.scores(query, [0])


def test_not_an_index(tmp_path: Path) -> None:
    """A file that FAISS cannot read is a RuntimeError."""
    (tmp_path / "vectors.faiss").write_bytes(b"nonsense")
    with pytest.raises(RuntimeError, match="not recognized"):
        FlatVectors(tmp_path / "vectors.faiss")


def test_threads_agree(tmp_path: Path) -> None:
    """Eight threads find what one finds."""
    store, queries = made(tmp_path, unit(2000)), unit(64, seed=6)
    alone = [store.search(query, 10) for query in queries]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda query: store.search(query, 10), queries)) == alone


def test_a_full_disk(tmp_path: Path) -> None:
    """When the disk refuses, the error is an OSError with the reason on one line."""
    with pytest.raises(OSError, match=r"^.*File too large.*$"), disk_full_at(2_000):
        FlatVectors.write(tmp_path / "vectors.faiss", unit(100))
