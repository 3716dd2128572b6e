"""Amounts: the same number in English and in Korean."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

import index.numerals
from index.numerals import amounts


def test_docstring_examples() -> None:
    """The examples in the module's docstring are true."""
    results = doctest.testmod(index.numerals)
    assert results.attempted > 2
    assert results.failed == 0


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("500 billion yen", ("5000억",)),
        ("5,000억 엔", ("500", "billion")),
        ("5천억엔", ("500", "billion")),
        ("10,000 people", ("1만",)),
        ("10000 people", ("1만",)),
        ("1만 명", ("10000",)),
        ("1만2000명", ("12000",)),
        ("1만 2천 명", ("12000",)),
        ("12.5 trillion won", ("12조", "5000억")),
        ("12.5조 원", ("12", "5", "trillion")),
        ("12조5000억원", ("12", "5", "trillion")),
        ("$1.2 billion", ("12억",)),
        ("1억2000만 달러", ("120", "million")),
        ("5 thousand jobs", ("5천",)),
        ("the 21st century", ("21",)),
        ("제4대 총장", ("4th",)),
        ("제3차 회의", ("3rd",)),
        ("the 1990s", ("1990년대",)),
        ("1990년대", ("1990s",)),
    ],
)
def test_an_amount_is_written_as_the_other_language_does(text: str, way: tuple[str, ...]) -> None:
    """Units of ten thousand and of a thousand, decimals, ordinals and decades."""
    assert way in [way for amount in amounts(text) for way in amount.ways]


@pytest.mark.parametrize(
    "text",
    [
        "2019",
        "2019년 3월",
        "5000명",
        "3.14",
        "7 researchers",
        "1,23",
        "만",
        "억 소리",
        "½",
        "",
        "1" * 5000,
        "제" + "1" * 5000 + "회",
    ],
)
def test_what_both_write_alike_is_left_alone(text: str) -> None:
    """Years, small and endless numbers, and units without a number are not amounts."""
    assert list(amounts(text)) == []


@given(st.integers(1, 999), st.sampled_from(["thousand", "million", "billion", "trillion"]))
def test_there_and_back(count: int, unit: str) -> None:
    """What English writes with a unit comes back from the Korean that it is turned into."""
    korean = [way for amount in amounts(f"{count} {unit}") for way in amount.ways]
    assert korean
    for way in korean:
        back = [english for amount in amounts(" ".join(way)) for english in amount.ways]
        assert not back or (str(count), unit) in back


@given(st.text(st.sampled_from("0123456789,.조억만천 대차") | st.characters(codec="utf-8"), max_size=30))
def test_any_text_gives_amounts(text: str) -> None:
    """Any text gives amounts that stand in it."""
    assert all(amount.text in text and amount.ways for amount in amounts(text))
