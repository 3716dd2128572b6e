"""Names across scripts: what is the same name is found, what only looks like it is not."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import index.transliteration
from index.language import script_language
from index.transliteration import Names, letters, sounds

PAIRS = (
    ("튀빙겐", "Tübingen"),
    ("네이버", "Naver"),
    ("하노이", "Hanoi"),
    ("마이크로소프트", "Microsoft"),
    ("서울", "Seoul"),
    ("김진영", "Kim Jin-young"),
    ("박정희", "Park Chung-hee"),
    ("신라", "Silla"),
    ("싱가포르", "Singapore"),
    ("이스라엘", "Israel"),
    ("베를린", "Berlin"),
    ("도요토미", "Toyotomi"),
    ("나폴레옹", "Napoléon"),
    ("하이델베르크", "Heidelberg"),
    ("우즈베키스탄", "Uzbekistan"),
    ("호찌민", "Hồ Chí Minh"),
)
OTHERS = "연구소 인공지능 대학 발표 거점 투자 회사 도시 사람 시작 가운데 지난해 소식 이용자 기술".split()


@pytest.fixture(scope="module")
def names() -> Names:
    latin = [letters(name) for _, name in PAIRS]
    return Names([*(name for name, _ in PAIRS), *latin, *OTHERS, "research", "company", "university", "second"])


def test_docstring_examples() -> None:
    """The examples in the module's docstrings are true."""
    results = doctest.testmod(index.transliteration)
    assert results.attempted > 2
    assert results.failed == 0


@pytest.mark.parametrize(("hangul", "latin"), PAIRS)
def test_a_name_is_found_in_the_other_script(names: Names, hangul: str, latin: str) -> None:
    """Each name finds its other form among all, first, whatever the language it comes from."""
    assert names.sounding_like(latin)[:1] == [hangul]
    assert letters(latin) in names.sounding_like(hangul)


@pytest.mark.parametrize(
    "word", ["research", "company", "Woodz", "Łódź", "Ö", "", "X", "снег", "東京", "3M", "연구소", "대학"]
)
def test_a_word_that_is_no_name_of_the_vocabulary_finds_nothing(names: Names, word: str) -> None:
    """Words that sound like nothing there, too short ones and other alphabets find nothing."""
    assert names.sounding_like(word) == []


def test_nothing_is_found_where_nothing_is() -> None:
    """A vocabulary without names in the other script has no answer."""
    assert Names([]).sounding_like("Naver") == Names(["naver", "12", "a"]).sounding_like("Naver") == []


def test_near_variants_are_all_found() -> None:
    """A name that is written in several ways is found in each of them."""
    assert set(Names(["아담스", "애덤스", "모차르트", "연구소"]).sounding_like("Adams")) == {"아담스", "애덤스"}


def test_the_larger_the_vocabulary_the_more_certain_a_match_has_to_be() -> None:
    """Four letters are enough among a few words, but not among thousands, where some match by chance."""
    syllables = [chr(code) for code in range(0xAC00, 0xD7A3, 150)]
    many = [a + b for a in syllables for b in syllables][:5000]
    assert Names(["코디"]).sounding_like("Cody") == ["코디"]
    assert Names(["코디", *many]).sounding_like("Cody") == []


@pytest.mark.parametrize(
    ("vocabulary", "expected"),
    [
        (["kim", "jin", "young", "naver"], (("kim", "jin", "young"),)),
        (["kim", "jin", "naver"], ()),
        (["김", "진", "영"], ()),
    ],
)
def test_a_korean_name_is_spelled_out_syllable_by_syllable(vocabulary: list[str], expected: tuple[object, ...]) -> None:
    """English writes the name of a Korean in three words; all of them must be there."""
    assert Names(vocabulary).spelled_out("김진영") == expected


@pytest.mark.parametrize(("hangul", "latin"), [("김진영", "kim jin young"), ("박정희", "park chung hee")])
def test_the_likeliest_spellings_of_a_name_are_given(hangul: str, latin: str) -> None:
    """Among thousands of words many begin or end like a syllable; what is given is what sounds most like it."""
    ends = ("", "a", "er", "es", "in", "ling", "on", "t")
    many = [
        a + b + c for a in "b c ch g j k p y".split() for b in "a e ea i ou u".split() for c in ("n", "ng", "r", "m")
    ]
    names = Names([*(word + end for word in many for end in ends), *latin.split()])
    assert tuple(latin.split()) in names.spelled_out(hangul)


def test_only_a_name_is_spelled_out() -> None:
    """A blueprint (청사진) has three syllables and no family name."""
    assert Names(["cheong", "chung", "sa", "jin"]).spelled_out("청사진") == ()


def test_codas_are_written_in_many_ways_and_heard_in_seven() -> None:
    """What sounds alike is one: 붇, 붓, 붙."""
    assert len({sounds(syllable) for syllable in "붇붓붙붖붗"}) == 1
    assert sounds("각") != sounds("간")


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.text(st.sampled_from("가나다라네이버울서툐"), min_size=1, max_size=5), max_size=30),
    st.lists(st.text(st.sampled_from("abeginorsuvxü"), min_size=1, max_size=9), max_size=30),
    st.text(st.sampled_from("abeginorsuv네이버서울가 -'") | st.characters(codec="utf-8"), max_size=12),
)
def test_any_word_gives_words_of_the_other_script(hangul: list[str], latin: list[str], word: str) -> None:
    """Whatever is asked, only words of the vocabulary in the other script are found, the same whatever its order."""
    names = Names([*hangul, *latin])
    found = names.sounding_like(word)
    assert set(found) <= (set(latin) if script_language(word) == "ko" else set(hangul))
    assert found == Names([*reversed(latin), *reversed(hangul), *latin]).sounding_like(word)
