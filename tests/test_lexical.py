"""BM25: the numbers of the formula, ties in the order of rows, filters that keep the scores."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy import disk_full_at

from index.lexical import Concept, LexicalIndex, Terms


def made(folder: Path, rows: Sequence[Terms]) -> LexicalIndex:
    folder.mkdir(exist_ok=True)
    LexicalIndex.write(folder, rows)
    return LexicalIndex(folder)


_strangers = itertools.count(1_000_000)


def row(text: str, title: str = "", group: int | None = None) -> Terms:
    """A row of an article of its own, unless `group` says of which; alone, its surroundings are its own terms."""
    own = next(_strangers) if group is None else group
    return Terms(group=own, title=tuple(title.split()), text=tuple(text.split()))


def bm25(rows: Sequence[Sequence[str]], query: Sequence[str]) -> list[float]:
    """Ten lines of BM25 with k1 = 1.2 and b = 0.75, as a share of the sum of the terms' weights."""
    average = sum(map(len, rows)) / len(rows)
    weights = []
    scores = [0.0] * len(rows)
    for term in dict.fromkeys(query):
        holders = sum(term in words for words in rows)
        weights.append(math.log(1 + (len(rows) - holders + 0.5) / (holders + 0.5)))
        for i, words in enumerate(rows):
            tf = words.count(term)
            scores[i] += weights[-1] * 2.2 * tf / (tf + 1.2 * (0.25 + 0.75 * len(words) / average))
    return [score / sum(weights) for score in scores]


# Lengths up to 40 are those that tantivy stores exactly.
ROWS = st.lists(st.lists(st.sampled_from("abcdef"), min_size=0, max_size=12), min_size=1, max_size=25)


@settings(max_examples=40, deadline=None)
@given(ROWS, st.lists(st.sampled_from("abcdefz"), min_size=1, max_size=5))
def test_scores_are_bm25(tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], query: list[str]) -> None:
    """Scores and rows are those of the ten-line BM25; rows without a term of the question are not found."""
    index = made(tmp_path_factory.mktemp("bm25"), [row(" ".join(words)) for words in rows])
    expected = {i: score for i, score in enumerate(bm25(rows, query)) if score > 0} if any(rows) else {}
    found = index.search(query, len(rows))
    assert {hit.row: hit.score for hit in found} == pytest.approx(expected, abs=1e-5)
    assert found == sorted(found, key=lambda hit: (-hit.score, hit.row))


def test_title_counts_three_tenths(tmp_path: Path) -> None:
    """A term in the title adds three tenths of what BM25 over the titles gives it."""
    rows = [row("a b", "x"), row("c", "y"), row("x d e", "")]
    index = made(tmp_path, rows)
    text, title = (bm25([getattr(r, field) for r in rows], ["x"]) for field in ("text", "title"))
    weight = math.log(1 + 2.5 / 1.5)  # of a term that one of three rows holds, in its text as in its title
    assert index.weights(["x"]) == pytest.approx([weight])
    scores = {hit.row: hit.score for hit in index.search(["x"], 3)}
    assert scores == pytest.approx({0: 0.3 * title[0], 2: text[2]}, abs=1e-5)


def test_all_of_a_question_scores_near_one(tmp_path: Path) -> None:
    """A row of average length that holds every term once scores 1, one with a tenth of the weight a tenth."""
    index = made(tmp_path, [row("a b"), row("c d"), row("e f"), row("g h")])
    assert [(hit.row, round(hit.score, 4)) for hit in index.search(["a", "b"], 1)] == [(0, 1.0)]
    assert [(hit.row, round(hit.score, 4)) for hit in index.search(["a", "unknown"], 1)] == [
        (0, round(math.log(1 + 3.5 / 1.5) / (math.log(1 + 3.5 / 1.5) + math.log(1 + 4.5 / 0.5)), 4))
    ]


@pytest.mark.parametrize("k", [1, 10, 100, 400])
def test_ties_keep_the_order_of_rows(tmp_path: Path, k: int) -> None:
    """Of 500 equal rows the first `k` are found, in their order."""
    index = made(tmp_path, [row("a b c", "t") for _ in range(500)])
    assert [hit.row for hit in index.search(["c", "t", "a"], k)] == list(range(k))


def test_groups_choose_and_keep_scores(tmp_path: Path) -> None:
    """With groups, only their rows are found, with the scores that they have among all."""
    index = made(tmp_path, [row("a " * (i % 5 + 1) + "b", group=i % 7) for i in range(70)])
    everything = {hit.row: hit.score for hit in index.search(["a", "b"], 70)}
    some = index.search(["a", "b"], 70, [2, 5])
    assert {hit.row for hit in some} == {i for i in range(70) if i % 7 in (2, 5)}
    assert {hit.row: hit.score for hit in some} == pytest.approx({hit.row: everything[hit.row] for hit in some})
    assert index.search(["a"], 3, []) == index.search(["a"], 3, [99]) == []


def test_what_finds_nothing(tmp_path: Path) -> None:
    """No terms, unknown terms, k = 0 and an index without rows find nothing."""
    index = made(tmp_path / "some", [row("a")])
    assert index.search([], 5) == index.search(["z"], 5) == index.search(["a"], 0) == []
    empty = made(tmp_path / "empty", [])
    assert empty.search(["a"], 5) == empty.search(["a"], 5, [0]) == []


def test_terms_are_taken_as_they_are(tmp_path: Path) -> None:
    """Terms of other alphabets, very long ones and repeated ones meet themselves only."""
    long = "a" * 70_000
    index = made(tmp_path, [row("네이버 東京 tübingen"), row(f"{long} b"), row("naver")])
    for term, expected in (("네이버", [0]), ("東京", [0]), ("tübingen", [0]), ("NAVER", []), ("naver", [2])):
        assert [hit.row for hit in index.search([term, term], 3)] == expected
    assert index.search(["naver", "naver"], 1) == index.search(["naver"], 1)
    assert [hit.row for hit in index.search(["b"], 3)] == [1]


def test_threads_agree(tmp_path: Path) -> None:
    """Eight threads find what one finds."""
    index = made(tmp_path, [row("a " * (i % 9) + "b c d"[: i % 6]) for i in range(200)])
    queries = [["a"], ["a", "b"], ["c", "d"]] * 20
    alone = [index.search(query, 20) for query in queries]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda query: index.search(query, 20), queries)) == alone


def test_not_an_index(tmp_path: Path) -> None:
    """A folder without an index is a ValueError."""
    with pytest.raises(ValueError, match=r"meta\.json"):
        LexicalIndex(tmp_path)


def test_a_full_disk(tmp_path: Path) -> None:
    """When the disk refuses, the error is an OSError with tantivy's reason."""
    with pytest.raises(OSError, match="File too large"), disk_full_at(2_000):
        LexicalIndex.write(tmp_path, [row(" ".join(f"t{i}x{j}" for j in range(9))) for i in range(900)])


def test_rows_of_the_same_article_lend_their_terms(tmp_path: Path) -> None:
    """A term three rows away in the same article counts, though less than one's own; further away it does not."""
    rows = [row("x", group=1), *(row("y z", group=1) for _ in range(4)), row("q r", group=2)]
    found = made(tmp_path, rows).search(["x"], 10)
    assert [hit.row for hit in found] == [0, 1, 2, 3]
    assert found[0].score > 2 * found[1].score


def test_a_concept_counts_once_in_its_best_way(tmp_path: Path) -> None:
    """A row with the question's own term scores as without ways, and so does one that says the same otherwise."""
    index = made(tmp_path, [row("lab a"), row("labor b"), row("labor lab"), row("c d")])
    concept = Concept(terms=("lab",), ways=(("labor",),))
    alone = {hit.row: hit.score for hit in index.search(["lab"], 4)}
    assert {hit.row: hit.score for hit in index.search([concept], 4)} == pytest.approx(
        {0: alone[0], 1: alone[0], 2: alone[2]}, abs=1e-5
    )
    assert index.weights([concept]) == index.weights(["lab"])


def test_all_terms_of_a_way_must_be_there(tmp_path: Path) -> None:
    """A way of two terms is not found by one of them, and tells as much as its most telling one."""
    index = made(tmp_path, [row("unit a"), row("state b"), row("unit state"), row("unit c")])
    concept = Concept(terms=("미국",), ways=(("unit", "state"),))
    found = index.search([concept], 4)
    assert [hit.row for hit in found] == [2]
    assert found[0].score == pytest.approx(1.0, abs=1e-5)
    assert index.weights([concept]) == index.weights(["state"])
