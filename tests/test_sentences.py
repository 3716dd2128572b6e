"""Sentences: cut where a reader would, disjoint, complete, and in time that grows with the text."""

from __future__ import annotations

import doctest
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

import index.sentences
from index.sentences import sentences


def cut(text: str) -> list[str]:
    return [span.of(text) for span in sentences(text)]


def test_docstring_examples() -> None:
    """The examples in the module's docstring are true."""
    assert doctest.testmod(index.sentences) == doctest.TestResults(failed=0, attempted=2)


@pytest.mark.parametrize(
    "expected",
    [
        ["Dr. Kim and Prof. Lee met Mr. Park at 3 p.m. on Monday.", "They left."],
        ["J. R. Smith, Ph.D. Harvard, leads it.", "She agreed."],
        ["The U.S. Navy and Naver Inc. Korea signed.", "Done."],
        ["It cost 3.5 million, i.e. 1.2 more.", "V2.0 came later!", "Why?", "Because."],
        ["See No. 5 and Fig. 2, Sept. 3.", "He found none."],
        ["Visit naver.com.", "It opens at 9."],
        ["매출은 3.5% 늘었다.", "이익은 1,234.5억원이다."],
        ["회의는 2021. 11. 1. 서울에서 열렸다.", "다음은 부산이다."],
        ["It was founded in 2017.", "300 people work there."],
        ["1. 첫째 항목이다.", "2. 둘째 항목이다."],
        ["정말?!", "놀랍다!!", "그렇다."],
        ["Đại học Bách khoa TP. Hồ Chí Minh ở đâu?", "TS. Nam biết."],
    ],
    ids=lambda expected: expected[0],
)
def test_plain_sentences(expected: list[str]) -> None:
    """Titles, initials, numbers, dates and the numbers of a list do not end a sentence."""
    assert cut(" ".join(expected)) == expected


@pytest.mark.parametrize(
    "expected",
    [
        ["그는 “간다. 꼭 간다.”라고 말했다.", "끝났다."],
        ['그는 "간다. 꼭."고 했다.', "끝."],
        ['"좋다."', "그가 말했다."],
        ["“A b. C d.”", "“E f.”"],
        ['He said "Go. Now!" and left.', "She stayed."],
        ["(See above. Then go.)", "He left (see above. Then go).", "Next."],
        ["He “left.", "She stayed.", "They (wept.", "We did not."],
        ["‘간다. 온다.’라며 웃었다.", "끝."],
        ["It was “so. (He went. And” so.", "Then he came.", "Bye."],
    ],
    ids=lambda expected: expected[0],
)
def test_quotations(expected: list[str]) -> None:
    """A quotation is one piece with its closing mark and the particle after it; one never closed changes nothing."""
    assert cut(" ".join(expected)) == expected


@pytest.mark.parametrize(
    "expected",
    [
        ["「行く。必ず行く。」と言った。", "終わり。"],
        ["「行く。」", "彼は去った。"],
        ["東京だ。", "本当？", "はい！", "「東京。」", "「大阪。」"],
        ["韓国のNAVER社だ。", "他社は3.5%だ。"],
    ],
    ids=lambda expected: expected[0],
)
def test_japanese(expected: list[str]) -> None:
    """Wide punctuation ends a sentence without a space, unless the sentence goes on after the quotation."""
    assert cut("".join(expected)) == expected


def test_an_ellipsis_does_not_end_a_sentence() -> None:
    """Neither three dots nor the one character ends a sentence."""
    assert cut("끝났다... 그러나 모른다… 아직. 끝") == ["끝났다... 그러나 모른다… 아직.", "끝"]


def test_line_breaks_end_sentences() -> None:
    """A line break always ends a sentence, even within a quotation; blank lines leave nothing."""
    assert cut('  제목\n\n \t\n"첫째\n둘째." 끝\n') == ["제목", '"첫째', '둘째." 끝']
    assert cut("") == cut(" \n \n") == []


@given(st.text(alphabet=st.sampled_from("가나Aab12 .!?…。？\"“”‘’「」()[]'\n\t,と") | st.characters(), max_size=80))
def test_spans_are_disjoint_and_complete(text: str) -> None:
    """The spans are in order, disjoint, stripped, on one line, and cover all that is not white space."""
    spans = sentences(text)
    position = 0
    for span in spans:
        assert not text[position : span.start].strip()
        assert span.of(text) == span.of(text).strip() != ""
        assert "\n" not in span.of(text)
        position = span.end
    assert not text[position:].strip()


@pytest.mark.parametrize(
    "line",
    [
        "(" * 100_000 + ")" * 100_000,
        "(" * 100_000 + "”" * 100_000,
        '"' * 200_000,
        "a" * 200_000 + ". B",
        "a." * 100_000 + " B",
        "Word 1. " * 25_000,
        "a" + " " * 200_000 + ". B",
        "." * 200_000 + " B",
        "“" + "가나다. " * 40_000,
    ],
    ids=lambda line: f"{line[:6]!r}...",
)
def test_time_is_linear(line: str) -> None:
    """A line of 200,000 characters, however odd, takes a fraction of the ten seconds that a quadratic rule would."""
    started = time.process_time()
    spans = sentences(line)
    assert time.process_time() - started < 5
    assert "".join(span.of(line) for span in spans).replace(" ", "") == line.replace(" ", "")
