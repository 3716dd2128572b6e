"""What a question asks for, and whether a sentence leans on the one before it."""

import pytest

from qa.leaning import leans
from qa.question import asked_for, holds


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("네이버는 언제 연구소를 열었나?", "when"),
        ("In which year did it open?", "when"),
        ("Z홀딩스는 얼마를 투자하나요?", "how_much"),
        ("How many engineers will be hired?", "how_much"),
        ("미국 조직은 누가 이끄나?", "who"),
        ("Who leads the lab?", "who"),
        ("두 번째 연구소는 어디에 있나요?", "where"),
        ("Where is the second lab?", "where"),
        ("왜 베트남을 골랐나?", "why"),
        ("네이버 베트남 연구소", ""),
        ("Show the whole list", ""),
    ],
)
def test_a_question_word_tells_what_is_asked_for(question: str, kind: str) -> None:
    """A question asks for what its question word says, and for nothing in particular without one."""
    assert asked_for(question) == kind


@pytest.mark.parametrize(
    ("kind", "holding", "other"),
    [
        ("when", "지난 2017년 문을 열었다.", "연구소가 문을 열었다."),
        ("when", "It opened in March.", "It opened with a party."),
        ("who", "김진영 책임리더가 이끈다.", "새 조직을 꾸렸다."),
        ("who", "It is led by Kim Jin-young Lee.", "the lab is led well."),
        ("how_much", "5000억엔을 투자한다.", "크게 투자한다."),
        ("how_much", "It will hire two hundred people.", "It will hire people."),
        ("why", "인재를 얻기 위해서다.", "연구소를 열었다."),
        ("where", "The lab is in Hanoi.", "The lab is large."),
    ],
)
def test_a_sentence_holds_the_kind_that_is_asked_for_or_not(kind: str, holding: str, other: str) -> None:
    """A sentence with such a thing scores 1, one without 0, and anything 0.5 when no kind is asked for."""
    assert holds(holding, kind) == 1.0
    assert holds(other, kind) == 0.0
    assert holds(other, "") == 0.5


@pytest.mark.parametrize(
    "sentence",
    [
        "이곳은 네이버가 베트남에 마련한 두 번째 거점이다.",
        "핵심은 AI 연구로, 이 조직을 이끄는 수장은 김진영 책임리더가 맡았다.",
        "주로 컴퓨터 비전과 자연어 처리를 연구하고 있다.",
        "당시 석상옥 대표는 계획을 밝혔다.",
        "The two will build a joint lab.",
        "They would be taken on in Japan.",
        "Naver Labs Europe was created out of that acquisition.",
        "With it, the firm hopes to enter Europe.",
        "Vietnam, he noted, has many developers.",
        "これは二つ目の拠点だ。",
        "In 2017 it took over a laboratory in Lille.",
        "That same year they parted.",
    ],
)
def test_a_sentence_that_points_back_or_has_no_subject_leans(sentence: str) -> None:
    """A demonstrative, a pronoun, "the two" or a missing Korean subject needs the sentence before."""
    assert leans(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "네이버가 베트남에서 대학 두 곳과 잇달아 연구센터를 꾸렸다.",
        "네이버는 두 번째 연구소를 열었다.",
        "Z Holdings plans to add about 5,000 AI engineers.",
        "ネイバーは研究所を開いた。",
        "In 2017 Naver opened its lab.",
        "In 2020, IT firms opened offices.",
    ],
)
def test_a_sentence_that_names_its_subject_stands_alone(sentence: str) -> None:
    """A sentence that names what it speaks of is given alone."""
    assert not leans(sentence)
