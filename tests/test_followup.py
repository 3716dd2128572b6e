"""Questions that follow up on another get what they leave out; complete ones get nothing."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from llm_server import Behaviour, LLMServer, claims, fail, hang, say
from toy import ToyEncoder

from index.records import QuestionError
from qa import Answer, Answerer
from qa.followup import standalone
from qa.llm import LLM

US = "네이버의 미국 연구개발 조직은 어떤 일을 하나요?"
LAB = "네이버의 두 번째 베트남 연구소는 어디에 있나요?"
INVEST = "Z홀딩스는 AI에 얼마를 투자하나요?"
EN_LAB = "Where is Naver's second Vietnam lab?"
EN_US = "What does the US organisation do?"
EN_XEROX = "Which company did Naver Labs Europe grow out of?"
EN_INVEST = "How much will Z Holdings invest?"


@pytest.fixture(scope="module")
def server() -> Iterator[LLMServer]:
    with LLMServer() as server:
        yield server


@pytest.fixture(scope="module")
def llm(server: LLMServer) -> LLM:
    return LLM(server.url, model="m")


@pytest.mark.parametrize(
    ("before", "question", "asked"),
    [
        (US, "누가 이끄나?", "네이버의 미국 연구개발 조직: 누가 이끄나?"),
        (US, "거기서는 무엇을 연구해?", "네이버의 미국 연구개발 조직: 거기서는 무엇을 연구해?"),
        (US, "그 조직은 언제 생겼어?", "네이버의 미국 연구개발 조직: 그 조직은 언제 생겼어?"),
        (US, "대표는 누구야?", "네이버의 미국 연구개발 조직: 대표는 누구야?"),
        (LAB, "언제 문을 열었나요?", "네이버의 두 번째 베트남 연구소: 언제 문을 열었나요?"),
        (LAB, "그곳의 연구 주제는 무엇인가요?", "네이버의 두 번째 베트남 연구소: 그곳의 연구 주제는 무엇인가요?"),
        (LAB, "그럼 첫 번째 연구소는요?", "네이버의 베트남 연구소: 그럼 첫 번째 연구소는요?"),
        (INVEST, "몇 년 동안?", "Z홀딩스, AI: 몇 년 동안?"),
        (INVEST, "왜?", "Z홀딩스는 AI에 투자하나요: 왜?"),
        ("네이버와 튀빙겐대는 2021년에 무엇을 했나?", "목적은 뭐야?", "네이버와 튀빙겐대, 2021년: 목적은 뭐야?"),
        ("어느 대학이 네이버와 일하나?", "두 기관은 언제 만났나?", "네이버: 두 기관은 언제 만났나?"),
        (EN_LAB, "And when did it open?", "Naver's second Vietnam lab: And when did it open?"),
        (EN_LAB, "Which university hosts it?", "Naver's second Vietnam lab: Which university hosts it?"),
        (EN_LAB, "How many people work there?", "Naver's second Vietnam lab: How many people work there?"),
        (EN_LAB, "Can you tell me who runs it?", "Naver's second Vietnam lab: Can you tell me who runs it?"),
        (EN_LAB, "And the first one?", "Naver's Vietnam lab: And the first one?"),
        (EN_LAB, "Why did Naver open it?", "Naver's second Vietnam lab: Why did Naver open it?"),
        (EN_US, "Who leads the organisation?", "US organisation: Who leads the organisation?"),
        (EN_XEROX, "When was that?", "Naver Labs Europe grow out: When was that?"),
        (EN_INVEST, "Over how many years?", "Z Holdings: Over how many years?"),
        (EN_INVEST, "Why?", "Z Holdings invest: Why?"),
        (EN_LAB, "언제 열었어?", "Naver's second Vietnam lab: 언제 열었어?"),
        (LAB, "When did it open?", "네이버의 두 번째 베트남 연구소: When did it open?"),
    ],
)
def test_a_question_that_leaves_out_what_it_is_about_gets_it(before: str, question: str, asked: str) -> None:
    """What the question before was about is put in front; neither its verb nor what it asked for."""
    assert standalone(question, before) == asked


@pytest.mark.parametrize("before", [US, LAB, INVEST, EN_LAB, EN_US, EN_XEROX, EN_INVEST])
@pytest.mark.parametrize(
    "question",
    [
        "김치찌개는 어떻게 끓이나요?",
        "월드컵 결승전은 언제 열려?",
        "내일 서울 날씨는 어때?",
        "네이버랩스유럽은 언제 생겼나요?",
        "구글의 중국 AI 센터는 어디에 있나요?",
        "석상옥 대표는 뭐라고 말했나?",
        "인공지능이란 무엇인가요?",
        "너는 누구야?",
        "지금 몇 시야?",
        "이 세상에서 가장 큰 나라는?",
        "베트남의 수도는 어디인가요?",
        "학생들은 왜 그들의 숙제를 미루나?",
        "비트코인 가격은 얼마야?",
        "What is the capital of France?",
        "How do I cook kimchi stew?",
        "Who won the World Cup?",
        "Why does a cat lick its paws?",
        "Which bird lays its eggs in other nests?",
        "When do students hand in their homework?",
        "What time is it?",
        "Is it raining in Seoul?",
        "How long does it take to fly to the moon?",
        "How many planets are there?",
        "What is AI?",
        "Who leads Naver Labs?",
        "where is samsung?",
        "Where is Naver?",
        "Which university has the most students?",
        "Who are you?",
        "How many AI engineers does Z Holdings want?",
        "What did Naver acquire in 2017?",
    ],
)
def test_a_complete_question_stays_as_it_is(before: str, question: str) -> None:
    """Whatever was asked before: nothing of it gets into another question."""
    assert standalone(question, before) == question


def test_a_complete_question_is_also_one_that_repeats_the_one_before() -> None:
    """There is nothing to add to it."""
    for question in (US, LAB, INVEST, EN_LAB, EN_US, EN_XEROX, EN_INVEST):
        assert standalone(question, question) == question


@pytest.mark.parametrize("question", ["", "  \n", "누가 이끄나?"])
@pytest.mark.parametrize("after", [None, "", " "])
def test_the_first_question_follows_nothing(question: str, after: str | None) -> None:
    """And an empty one never does."""
    assert standalone(question, after) == question


def test_decomposed_hangul_is_read_all_the_same() -> None:
    """A Mac may send NFD, of which Kiwi knows no word."""
    asked = standalone(unicodedata.normalize("NFD", "누가 이끄나?"), unicodedata.normalize("NFD", US))
    assert asked == "네이버의 미국 연구개발 조직: 누가 이끄나?"


def test_a_conversation_keeps_its_topic() -> None:
    """The third question follows the second as it was asked, not as it was typed."""
    second = standalone("And when did it open?", EN_LAB)
    assert standalone("Who runs it?", second) == "Naver's second Vietnam lab: Who runs it?"
    words = second
    for _ in range(20):
        words = standalone("How many dogs, cats, owls, frogs, bears and newts does it have?", words)
    assert len(words.split()) < 30


def test_an_answer_tells_what_was_typed_and_what_was_asked(store: Path, toy: ToyEncoder) -> None:
    """`question` is what was typed; `asked` what it means, None where that is the same."""
    answerer = Answerer(store, encoder=toy, threshold=0.0)
    first = answerer.ask("네이버의 베트남 연구소는 어디에 있나?")
    second = answerer.ask("언제 세웠나?", after=first)
    third = answerer.ask("누가 이끄나?", after=second)
    assert (first.question, first.asked) == ("네이버의 베트남 연구소는 어디에 있나?", None)
    assert (second.question, second.asked) == ("언제 세웠나?", "네이버의 베트남 연구소: 언제 세웠나?")
    assert third.asked == "네이버의 베트남 연구소: 누가 이끄나?"
    assert second.to_json()["asked"] == second.asked
    assert answerer.ask("언제 세웠나?", after=first.question).asked == second.asked
    assert answerer.ask("Where is the bank?", after=first).asked is None
    with pytest.raises(QuestionError, match="empty"):
        answerer.ask(" ", after=first)


def told(question: str, text: str) -> Answer:
    return Answer(question=question, text=text, abstained=False, reason=None, support=0.9)


def test_a_language_model_words_the_question(server: LLMServer, llm: LLM) -> None:
    """With what it may use as data: the question before, its answer, and the question."""
    server.will(say({"question": "네이버의 미국 조직은 누가 이끄나?"}))
    assert standalone("누가 이끄나?", told(US, "AI 연구를 한다."), llm) == "네이버의 미국 조직은 누가 이끄나?"
    sent = server.asked[-1].body["messages"][1]["content"]
    assert all(part in sent for part in (US, "AI 연구를 한다.", "누가 이끄나?"))


@pytest.mark.parametrize(
    ("after", "question", "wording"),
    [
        (told("Who leads it?", "Kim Jin-young does."), "Where did she work?", "Where did Kim Jin-young work?"),
        ("How many labs are there in Vietnam?", "What about Japan?", "How many labs are there in Japan?"),
        ("베트남에는 연구소가 몇 곳 있나?", "일본은?", "일본에는 연구소가 몇 곳 있나?"),
    ],
)  # fmt: skip
def test_a_language_model_can_do_what_rules_cannot(
    server: LLMServer, llm: LLM, after: Answer | str, question: str, wording: str
) -> None:
    """Who "she" is stands in the answer; "what about" changes one word of the question before."""
    server.will(say({"question": wording}))
    assert standalone(question, after, llm) == wording


@pytest.mark.parametrize(
    "behaviour",
    [
        fail(500),
        hang,
        say(""),
        say("Naver's lab."),
        say({"question": ""}),
        say({"question": 3}),
        say({"question": EN_LAB}),
        say({"question": "When did Samsung's lab open?"}),
        say({"question": "When did Naver's 3rd Vietnam lab open?"}),
        say({"question": "네이버의 두 번째 베트남 연구소는 언제 열렸나?"}),
        say({"question": "When did it open? " * 30}),
    ],
)
def test_a_wording_that_asks_something_else_is_not_used(server: LLMServer, behaviour: Behaviour) -> None:
    """Then the rule has its way, and nothing is raised: another name or number, another language, the old question."""
    server.will(behaviour)
    llm = LLM(server.url, model="m", timeout=0.3 if behaviour is hang else 30.0)
    assert standalone("When did it open?", EN_LAB, llm) == "Naver's second Vietnam lab: When did it open?"


def test_a_complete_question_is_not_even_shown_to_a_language_model(server: LLMServer, llm: LLM) -> None:
    """It could only make it worse."""
    server.will(say({"question": "Where is Google's AI center near Naver's second Vietnam lab?"}))
    before = len(server.asked)
    for question in ("Where is Google's AI center in China?", "튀빙겐대와의 연구 목표는 무엇인가?"):
        assert standalone(question, EN_LAB, llm) == question
    assert len(server.asked) == before


def test_an_answerer_with_a_language_model_asks_what_it_worded(
    server: LLMServer, llm: LLM, store: Path, toy: ToyEncoder
) -> None:
    """First the question is worded, then the passages found for that wording are read."""
    server.will(say({"question": "누가 하노이 연구소를 이끄나?"}), claims())
    answer = Answerer(store, encoder=toy, threshold=0.0, llm=llm).ask("누가 이끄나?", after="하노이 연구소는 어디에?")
    assert (answer.question, answer.asked) == ("누가 이끄나?", "누가 하노이 연구소를 이끄나?")
    assert '"question": "누가 하노이 연구소를 이끄나?"' in server.asked[-1].body["messages"][1]["content"]
