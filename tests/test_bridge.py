"""What a question asks for, in the words of both languages, and the passages that are found by it."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy import ToyEncoder, write_articles

import index.bridge
import index.lexicon
from index.bridge import Bridge
from index.build import build
from index.language import detect_language
from index.lexical import Concept
from index.lexicon import lexicon
from index.store import Index, open_index
from index.tokens import tokenize
from qa.retrieve import search_words

KOREAN = "네이버 튀빙겐 연구소 미국 사우스캐롤라이나 5000억 엔 김진영 8 인수 대학 구글 유엔".split()
ENGLISH = "naver tübingen lab unit state nation 500 billion yen kim jin young acquir univers googl".split()


def ways(vocabulary: list[str], question: str) -> dict[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    return {concept.terms: concept.ways for concept in Bridge(vocabulary).concepts(question)}


@pytest.mark.parametrize("module", [index.bridge, index.lexicon])
def test_docstring_examples(module: object) -> None:
    """The examples in the modules' docstrings are true."""
    results = doctest.testmod(module)  # type: ignore[arg-type]
    assert results.attempted > 1
    assert results.failed == 0


@pytest.mark.parametrize(
    ("question", "terms", "expected"),
    [
        ("Where is the lab?", ("lab",), (("연구소",),)),
        ("What did Naver acquire?", ("acquir",), (("인수",),)),
        ("What did Naver acquire?", ("naver",), (("네이버",),)),
        ("Naver’s lab", ("naver",), (("네이버",),)),
        ("Tübingen에는 무엇이 있나요?", ("tübingen",), (("튀빙겐",),)),
        ("in the United States", ("unit", "state"), (("미국",),)),
        ("South Carolina", ("south", "carolina"), (("사우스캐롤라이나",),)),
        ("Kim Jin-young's title", ("kim", "jin", "young"), (("김진영",),)),
        ("500 billion yen", ("500", "billion"), (("5000억",),)),
        ("the 8th member", ("8th",), (("8",),)),
        ("the sceptre", ("sceptr",), ()),
        ("in the U.S.", ("us",), (("미국",),)),
        ("Tübingen-based", ("tübingen",), (("튀빙겐",),)),
        ("a Baden-Baden lab", ("lab",), (("연구소",),)),
    ],
)
def test_english_to_korean(question: str, terms: tuple[str, ...], expected: tuple[tuple[str, ...], ...]) -> None:
    """Words, phrases, names of one word and of several, and amounts are said in Korean where the index has it."""
    assert ways(KOREAN, question)[terms] == expected


@pytest.mark.parametrize(
    ("question", "terms", "expected"),
    [
        ("연구소는 어디에 있나요?", ("연구소",), (("lab",),)),
        ("네이버의 연구소", ("네이버",), (("naver",),)),
        ("미국에서", ("미국",), (("unit", "state"),)),
        ("유엔의 결정", ("유엔",), (("unit", "nation"),)),
        ("김진영은 누구인가?", ("김진영",), (("kim", "jin", "young"),)),
        ("5000억엔", ("5000", "억", "5000억"), (("500", "billion"),)),
        ("왕홀", ("왕홀",), ()),
    ],
)
def test_korean_to_english(question: str, terms: tuple[str, ...], expected: tuple[tuple[str, ...], ...]) -> None:
    """The other way round; a phrase or a person's name counts only where all of its words are."""
    assert ways(ENGLISH, question)[terms] == expected


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            "Naver’s United States of Tübingen Baden-Baden 네이버의 미국 5000억엔 500 billion the 8th 김진영".split()
        )
    )
    | st.lists(st.text(max_size=8), max_size=6)
)
def test_every_term_is_in_one_concept(words: list[str]) -> None:
    """Nothing that is asked is lost or counted twice, whatever is asked."""
    question = " ".join(words)
    concepts = Bridge([*KOREAN, *ENGLISH]).concepts(question)
    assert sorted(term for concept in concepts for term in concept.terms) == sorted(set(tokenize(question)))


def test_an_index_without_the_other_language_adds_nothing() -> None:
    """Where the index holds nothing of it, each term stands alone."""
    assert Bridge([]).concepts("the Naver lab") == (Concept(terms=("naver",)), Concept(terms=("lab",)))


def test_the_lexicon_is_made_of_terms() -> None:
    """No line is without terms, no term is empty, and the commonest words are there."""
    words = lexicon()
    assert all(phrase and all(phrase) for phrase in words.korean)
    assert all(way and all(way) for ways in words.korean.values() for way in ways)
    assert len(words.korean) > 4000
    for english, korean in (("university", "대학"), ("March", "3월"), ("German", "독일"), ("invest", "투자")):
        assert (korean,) in words.korean[tuple(tokenize(english))]
        assert tuple(tokenize(english)) in words.english[korean]


@pytest.fixture
def both(tmp_path: Path) -> Index:
    write_articles(
        tmp_path / "articles",
        {
            "ko.txt": "네이버는 독일 튀빙겐에 연구소를 세웠다.\n연구진은 신뢰할 수 있는 기술을 다룬다.\n",
            "en.txt": "Kim Jin-young leads the search team of Naver in the United States.\n",
            "bank.txt": "The bank lends money to farmers near the river.\n",
        },
    )
    build(tmp_path / "articles", tmp_path / "store", ToyEncoder())
    return open_index(tmp_path / "store")


@pytest.mark.parametrize(
    ("question", "article"),
    [
        ("Which laboratory is in Tübingen?", "ko.txt"),
        ("김진영은 미국에서 무엇을 이끄나?", "en.txt"),
        ("농부에게 돈을 빌려주는 은행", "bank.txt"),
    ],
)
def test_a_passage_in_the_other_language_is_found_by_its_words(both: Index, question: str, article: str) -> None:
    """BM25 alone finds the one passage that answers, though it shares no term with the question."""
    hits = both.search_lexical(both.concepts(question, detect_language(question)), 5)
    assert both.chunks[hits[0].row].article_id == article
    assert both.search_lexical(tokenize(question), 5) == []


def test_passages_in_the_language_of_the_question_are_found_by_its_own_terms(both: Index) -> None:
    """Translations reach the articles in the other language alone: the others score as if there were no bridge."""
    question = "Which laboratory of the 은행 lends money?"
    home = {hit.row: hit.score for hit in both.search_lexical(tokenize(question), 5)}
    assert home
    found = search_words(question, "en", both, 5)
    away = both.foreign("en")
    assert away == {"ko.txt"}
    assert {hit.row: hit.score for hit in found if both.chunks[hit.row].article_id not in away} == home
    assert [both.chunks[hit.row].article_id for hit in found if hit.row not in home] == ["ko.txt"]
    assert {hit.row: hit.score for hit in search_words(question, "en", both, 5, {"bank.txt", "en.txt"})} == home
    assert [both.chunks[hit.row].article_id for hit in search_words(question, "en", both, 5, {"ko.txt"})] == ["ko.txt"]
