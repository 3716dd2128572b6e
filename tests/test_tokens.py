"""Terms: what a reader would call the same word meets, in every alphabet."""

from __future__ import annotations

import doctest
import unicodedata
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import index.tokens
from index.tokens import has_subject, scheme, tokenize


def test_docstring_examples() -> None:
    """The examples in the module's docstring are true."""
    assert doctest.testmod(index.tokens) == doctest.TestResults(failed=0, attempted=3)


@pytest.mark.parametrize("form", ["네이버는", "네이버가", "네이버의", "네이버를", "네이버에서도", "네이버라고"])
def test_particles_fall_away(form: str) -> None:
    """A noun is the same term whatever particle follows it."""
    assert tokenize(f"{form} 말했다")[0] == "네이버"


def test_inflected_verbs_meet() -> None:
    """Forms of one verb share its root."""
    assert set(tokenize("연구소를 세웠다")) & set(tokenize("연구소를 세우는")) >= {"세우", "연구소"}


def test_compounds_meet_their_parts() -> None:
    """Words written together count as themselves and as one, so that both spellings meet."""
    assert {"연구", "센터", "연구센터"} <= set(tokenize("연구센터"))
    assert set(tokenize("연구 센터")) <= set(tokenize("연구센터"))
    assert "연구센터" not in tokenize("연구 센터")


def test_question_words_are_no_terms() -> None:
    """What only asks is dropped."""
    assert tokenize("어디에 있나요?") == tokenize("Where is it?") == []


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("1,234,567", ["1234567"]),
        ("2019,2020", ["2019", "2020"]),
        ("3.5", ["3", "5"]),
        ("the US and us", ["us"]),
        ("The U.S. and IT", ["us", "it"]),
        ("U.S.의 IT 기업", ["us", "it", "기업"]),
        ("ＮＡＶＥＲ　１２", ["naver", "12"]),
        ("The researchers' running labs", ["research", "run", "lab"]),
        ("Naver’s Naver's NAVER", ["naver", "naver", "naver"]),
        ("Tübingen Hà Nội", ["tübingen", "hà", "nội"]),
        ("снег идёт", ["снег", "идёт"]),
        ("東京大学", ["東京", "京大", "大学"]),
        ("ﾅｲﾊﾞ", ["ナイ", "イバ"]),
        ("東でAI", ["東で", "ai"]),
        ("人", ["人"]),
        ("Z홀딩스 Holdings", ["z", "홀딩스", "z홀딩스", "hold"]),
        ("네이버(NAVER)가", ["네이버", "naver"]),
        ("대한민국 大韓民國", ["대한민국", "大韓", "韓民", "民國"]),
        ("네이버😀연구소", ["네이버", "연구소"]),
        ("😀 …!? _", []),
        ("", []),
        (" \n\t", []),
    ],
)
def test_terms(text: str, terms: list[str]) -> None:
    """Numbers lose their commas, wide letters are narrowed, English is stemmed, kana and Han are cut in twos."""
    assert tokenize(text) == terms


def test_normal_forms_meet() -> None:
    """Decomposed Hangul, as macOS writes it, gives the same terms."""
    text = "네이버의 두 번째 베트남 연구소"
    assert tokenize(unicodedata.normalize("NFD", text)) == tokenize(text)


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.sampled_from("가네이버는연구Aab12 ,.'東京ナ々😀\n") | st.characters(codec="utf-8")))
def test_any_text_gives_terms(text: str) -> None:
    """Any text gives terms without white space (BM25 cuts there), lowercased, the same each time."""
    terms = tokenize(text)
    assert all(term and not any(c.isspace() for c in term) for term in terms)
    assert terms == tokenize(text) == tokenize(unicodedata.normalize("NFC", text))


def test_threads_agree() -> None:
    """Eight threads get what one gets."""
    texts = [f"네이버의 {i}번째 연구센터는 Hanoi에서 running labs를 연다. 東京大学 {i}" for i in range(40)]
    alone = [tokenize(text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(tokenize, texts * 8)) == alone * 8


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [("네이버가 연구소를 세웠다.", True), ("네이버는 크다.", True), ("하노이에 세웠다.", False), ("", False)],
)
def test_has_subject(sentence: str, expected: bool) -> None:
    """A noun with a subject or topic particle is a subject; a place is none."""
    assert has_subject(sentence) is expected


def test_scheme_names_what_decides_terms() -> None:
    """The scheme names our version and the versions of Kiwi and its model."""
    assert scheme().startswith(f"terms-{index.tokens.SCHEME}/kiwi-0.")
