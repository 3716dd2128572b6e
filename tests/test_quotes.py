"""Where a quotation stands: to the letter, but for white space, quotation marks and the normal form of Unicode."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.records import Span
from qa.quotes import locate, whole_sentences

TEXT = (
    "네이버가 ‘글로벌 AI 연구벨트’ 구상을 꺼냈다.\n\n"
    '이곳은 두  번째\n거점이다. Kim said: "It isn\'t done." The lab opened in 2018. Nobody leads it.'
)


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("The lab opened in 2018.", "The lab opened in 2018."),
        ("The  lab\nopened in 2018.", "The lab opened in 2018."),
        ("이곳은 두 번째 거점이다.", "이곳은 두  번째\n거점이다."),
        ("'글로벌 AI 연구벨트' 구상", "‘글로벌 AI 연구벨트’ 구상"),
        ("“글로벌 AI 연구벨트”", "‘글로벌 AI 연구벨트’"),
        ("“It isn’t done.”", '"It isn\'t done."'),
        ("「The lab opened in 2018.」", "The lab opened in 2018."),
        (unicodedata.normalize("NFD", "네이버가 ‘글로벌 AI"), "네이버가 ‘글로벌 AI"),
    ],
)
def test_what_differs_in_form_only_is_found_at_its_place(quote: str, found: str) -> None:
    """The span is that of the article's own words."""
    span = locate(quote, TEXT)
    assert span is not None
    assert span.of(TEXT) == found


@pytest.mark.parametrize(
    "quote",
    [
        "The lab was opened in 2018.",
        "the lab opened in 2018.",
        "The lab opened in 2019.",
        "The lab … 2018.",
        "Thelab opened in 2018.",
        "이곳은 세 번째 거점이다.",
        "lab opened in 2018, Nobody",
        "2018.*leads",
        "AI",
        '"."',
        "   ",
        "",
        "a" * 5000,
    ],
)
def test_a_paraphrase_or_a_scrap_is_not_found(quote: str) -> None:
    """Another word, letter, space inside a word or an ellipsis is no quotation; nor are one or two letters."""
    assert locate(quote, TEXT) is None


def test_only_the_given_part_is_searched() -> None:
    """A sentence outside the passage that was read cannot have been read there."""
    start = TEXT.index("The lab")
    assert locate("The lab opened", TEXT, start, start + 14) == Span(start=start, end=start + 14)
    assert locate("The lab opened", TEXT, start, start + 13) is None
    assert locate("The lab opened", TEXT, start + 1) is None


@given(st.data())
def test_every_slice_is_found_as_itself(data: st.DataObject) -> None:
    """Whatever is cut from the text and has letters enough is found, with words that are the same but for space."""
    start = data.draw(st.integers(0, len(TEXT) - 12))
    quote = TEXT[start : start + data.draw(st.integers(10, 60))]
    span = locate(quote, TEXT)
    if sum(map(str.isalnum, quote)) >= 4:
        assert span is not None
        assert span.of(TEXT).split() == quote.split() or quote.strip("\"'‘’ \n") in span.of(TEXT)


def test_half_a_sentence_is_widened_to_the_whole() -> None:
    """ "leads it" means the opposite of "Nobody leads it"."""
    span = locate("leads it.", TEXT)
    assert span is not None
    assert [s.of(TEXT) for s in whole_sentences(span, TEXT)] == ["Nobody leads it."]


def test_a_quotation_of_two_sentences_gives_both() -> None:
    """Each sentence that is touched, in their order, and no more."""
    span = locate('done." The lab', TEXT)
    assert span is not None
    assert [s.of(TEXT) for s in whole_sentences(span, TEXT)] == [
        'Kim said: "It isn\'t done."',
        "The lab opened in 2018.",
    ]
