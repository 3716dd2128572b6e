"""Chunking: exact offsets, sizes kept, headings travel, nothing lost but what is said to be."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy import ToyEncoder, make_article

from index.chunking import ChunkOptions, chunk_article, is_heading
from index.records import Chunk

COUNT = ToyEncoder().count_tokens
LONG = "This paragraph is long enough for the line above it to be a heading, which needs eighty letters."


def chunks_of(text: str, max_tokens: int = 160, full_tokens: int = 80) -> list[Chunk]:
    """Return the chunks of `text` after checking what holds for all."""
    chunks = chunk_article(make_article(text), COUNT, ChunkOptions(max_tokens=max_tokens, full_tokens=full_tokens))
    position = 0
    for chunk in chunks:
        assert position <= chunk.start < chunk.end <= len(text)
        assert text[chunk.start : chunk.end] == chunk.text == chunk.text.strip()
        assert chunk.article_id == "a.txt"
        assert len(chunk.text.split()) <= max_tokens
        assert len(re.sub(r"\s+", " ", chunk.text)) <= 20 * max_tokens + 20
        position = chunk.end
    return chunks


def texts_of(text: str, max_tokens: int = 160, full_tokens: int = 80) -> list[str]:
    return [chunk.text for chunk in chunks_of(text, max_tokens, full_tokens)]


def left_out(text: str, chunks: list[Chunk]) -> str:
    """Return what of `text` is in no chunk, without white space."""
    edges = [0, *(edge for chunk in chunks for edge in (chunk.start, chunk.end)), len(text)]
    return "".join("".join(text[a:b].split()) for a, b in zip(edges[::2], edges[1::2], strict=True))


LINES = st.lists(
    st.text(alphabet=st.sampled_from('가나다. Ab1!"“”「」。()\t#-'), max_size=200)
    | st.sampled_from(["# 제목", "## Part two ##", "짧은 제목", LONG, "a" * 300, "", "- item", "1. 첫째"]),
    max_size=12,
)


@given(LINES, st.integers(1, 30), st.integers(1, 30))
def test_chunks_cover_the_text(lines: list[str], a: int, b: int) -> None:
    """Chunks are exact disjoint slices within the limit, and leave out nothing but headings with no text."""
    text = "\n".join(lines)
    chunks = chunks_of(text, max(a, b), min(a, b))
    headings = "".join("".join(line.split()) for line in lines if is_heading(line, LONG))
    missing = left_out(text, chunks)
    assert set(missing) <= set(headings)
    assert len(missing) <= len(headings)


@given(st.text(max_size=300))
def test_any_text(text: str) -> None:
    """Whatever the characters, the slices are exact."""
    chunks_of(text, 5, 3)


@pytest.mark.parametrize("text", ["", " ", "\n\n \t\n", "\n" * 1000])
def test_nothing_in_nothing_out(text: str) -> None:
    """A text without a character that can be seen has no chunk."""
    assert chunks_of(text) == []


def test_sentences_are_kept_whole_and_packed() -> None:
    """Sentences are packed while they fit, and the next chunk begins with the one that did not."""
    assert texts_of("One two three. Four five. Six seven eight nine. Ten.", 5, 5) == [
        "One two three. Four five.",
        "Six seven eight nine. Ten.",
    ]


def test_a_full_chunk_ends_with_its_paragraph() -> None:
    """A chunk that is full enough is closed at the end of a line, and only there."""
    assert texts_of("One two. Three four.\nFive.\nSix seven.\nEight.", 9, 4) == [
        "One two. Three four.",
        "Five.\nSix seven.\nEight.",
    ]


def test_long_sentence_is_cut_at_white_space() -> None:
    """A sentence longer than a chunk is cut between words."""
    assert texts_of("a b c d e f g", 3, 3) == ["a b c", "d e f", "g"]


def test_unbroken_text_is_cut_anywhere() -> None:
    """100,000 letters without a space are cut into chunks of at most ten letters a token, and none is lost."""
    chunks = chunks_of("가" * 100_000, 160, 80)
    assert max(len(chunk.text) for chunk in chunks) < 1610
    assert "".join(chunk.text for chunk in chunks) == "가" * 100_000


def test_headings_travel_and_are_not_crossed() -> None:
    """A chunk carries the nearest heading above it, begins with it, and ends before the next one."""
    chunks = chunks_of(f"Intro.\n# One\nA b.\nC d.\nPlain heading\n{LONG}\n## Two ##\nE f.", 20, 20)
    assert [(chunk.heading, chunk.text) for chunk in chunks] == [
        ("", "Intro."),
        ("One", "# One\nA b.\nC d."),
        ("Plain heading", f"Plain heading\n{LONG}"),
        ("Two", "## Two ##\nE f."),
    ]


def test_heading_travels_with_every_chunk_of_its_section() -> None:
    """The second chunk of a section carries the heading too."""
    assert {chunk.heading for chunk in chunks_of("# Top\nA b c.\nD e f.\nG h i.", 4, 4)} == {"Top"}


def test_heading_without_text_is_left_out() -> None:
    """A heading right above another one makes no chunk of its own."""
    assert texts_of("# Title\n\n## Part\nText.") == ["## Part\nText."]


@pytest.mark.parametrize(
    ("line", "heading"),
    [("# C# ##", "C#"), ("## F#", "F#"), ("# A #1 story", "A #1 story"), ("#\tTab", "Tab"), ("###### Six", "Six")],
)
def test_marks_of_headings(line: str, heading: str) -> None:
    """The marks of a Markdown heading are dropped, but not a # that belongs to a word."""
    assert [chunk.heading for chunk in chunks_of(f"{line}\nText.")] == [heading]


@pytest.mark.parametrize(
    ("line", "following", "expected"),
    [
        ("# Marked", "", True),
        ("#해시태그 달기", "짧은 줄", False),
        ("베트남에 두 번째 연구소", LONG, True),
        ("베트남에 두 번째 연구소", "짧은 줄", False),
        ("베트남에 연구소를 세웠다.", LONG, False),
        ("연구소를 세웠다", LONG, False),
        ("다음과 같다:", LONG, False),
        ("- 항목", LONG, False),
        ("1. 항목", LONG, False),
        ("국가", f"- {LONG}", False),
        ("a" * 61, LONG, False),
        ("", LONG, False),
    ],
)
def test_what_is_a_heading(line: str, following: str, expected: bool) -> None:
    """A heading is marked, or short, without a sentence's end, and above a paragraph."""
    assert is_heading(line, following) is expected


@pytest.mark.parametrize(
    "title", ["관련기사", "[관련 기사]", "▶ 관련뉴스", "Related articles", "■ READ MORE:", "関連記事"]
)
def test_related_links_at_the_end_are_left_out(title: str) -> None:
    """A closing list of links to other articles is left out, and only that."""
    body = "네이버가 연구소를 세웠다.\n두 번째는 하노이에 있다."
    assert texts_of(f"{body}\n\n{title}\n- 카카오, 실적 발표\n구글이 서울에 온다\n· 2021년의 인물\n") == [body]


@pytest.mark.parametrize(
    "text",
    [
        "본문이다.\n관련기사\n네이버가 하노이에 연구소를 세웠다.",
        "본문이다.\n관련기사\n- 링크 하나\n그러나 이야기는 이렇게 끝난다.",
        "본문이다.\n관련기사",
        "관련기사\n- 링크 하나\n- 링크 둘",
        "본문이다.\n관련기사를 보면 답이 있다\n- 하나",
        "본문이다.\n관련기사\n" + "긴 줄은 링크가 아니다 " * 11,
    ],
)
def test_what_is_not_a_list_of_links_stays(text: str) -> None:
    """A list that is followed by a sentence, stands first or is empty is text like any other."""
    assert left_out(text, chunks_of(text)) == ""


@pytest.mark.parametrize(
    "text",
    [
        " " * 200_000 + "\nText.",
        "\n" * 200_000 + "Text.",
        "줄\n" * 50_000,
        "관련기사\n" * 50_000 + "끝이다.",
        "# a" + " " * 100_000 + "b\nText.",
        "# a " + "#" * 100_000 + "b\nText.",
        "- " + "(" * 100_000,
        "word " * 40_000,
    ],
    ids=lambda text: f"{text[:6]!r}...",
)
def test_time_is_linear(text: str) -> None:
    """A text of 200,000 characters, however odd, takes a fraction of what a quadratic rule would."""
    started = time.process_time()
    chunks_of(text)
    assert time.process_time() - started < 5


@pytest.mark.parametrize(("full", "most"), [(0, 10), (11, 10), (-1, -1)])
def test_sizes_that_make_no_chunk(full: int, most: int) -> None:
    """Sizes that make no chunk are refused, both named."""
    with pytest.raises(ValueError, match=f"full_tokens={full}, max_tokens={most}: expected 0 < full <= max"):
        ChunkOptions(full_tokens=full, max_tokens=most)
