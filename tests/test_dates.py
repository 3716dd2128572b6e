"""Dates in a question: when they are those of the articles, what they mean, and what they do to the answer."""

import datetime
import json
from pathlib import Path

import pytest
from toy import ToyEncoder, ToyReader, write_articles

from index.build import build
from qa import Answerer, Filters
from qa.dates import read_dates
from qa.newest import newest_answers
from qa.records import Dates

TODAY = datetime.date(2026, 11, 24)  # a Tuesday
QUESTIONS = Path(__file__).parent / "questions.jsonl"


@pytest.mark.parametrize(
    ("question", "words", "since", "until"),
    [
        ("Which lab do articles from 2019 mention?", "articles from 2019", "2019-01-01", "2019-12-31"),
        ("What do the 2019 articles say of Naver?", "2019 articles", "2019-01-01", "2019-12-31"),
        ("Which lab is in articles about Naver before 2020?", "articles about Naver before 2020", "", "2019-12-31"),
        ("Who is named in articles written after 2019?", "articles written after 2019", "2020-01-01", ""),
        ("Which deals are in the news since March 2020?", "news since March 2020", "2020-03-01", ""),
        ("What did stories from 5 March 2021 say?", "stories from 5 March 2021", "2021-03-05", "2021-03-05"),
        (
            "What do articles dated between 2019 and 2021 say?",
            "articles dated between 2019 and 2021",
            "2019-01-01",
            "2021-12-31",
        ),
        ("Which lab was in last week's Naver news?", "in last week's Naver news", "2026-11-16", "2026-11-22"),
        ("What is today's news?", "today's news", "2026-11-24", "2026-11-24"),
        ("Naver news this month", "news this month", "2026-11-01", "2026-11-30"),
        ("What is in the headlines of the last 3 days?", "headlines of the last 3 days", "2026-11-21", "2026-11-24"),
        ("2019년 기사에서 네이버는 무엇을 열었나요?", "2019년 기사", "2019-01-01", "2019-12-31"),
        ("2019년에 나온 기사는 무엇을 말하나요?", "2019년에 나온 기사", "2019-01-01", "2019-12-31"),
        ("2020년 이전 기사에 나온 연구소는?", "2020년 이전 기사", "", "2019-12-31"),
        ("2020년 이후에 보도된 연구소는?", "2020년 이후에 보도된", "2020-01-01", ""),
        ("2019년부터 2021년까지의 뉴스에서는?", "2019년부터 2021년까지의 뉴스", "2019-01-01", "2021-12-31"),
        ("2019~2021년 기사에서 베트남은?", "2019~2021년 기사", "2019-01-01", "2021-12-31"),
        ("2021년 3월 15일자 보도에서는?", "2021년 3월 15일자 보도", "2021-03-15", "2021-03-15"),
        ("기사 중 2019년에 나온 것은?", "기사 중 2019년", "2019-01-01", "2019-12-31"),
        ("지난주 뉴스에 나온 연구소는?", "지난주 뉴스", "2026-11-16", "2026-11-22"),
        ("지난달 네이버 관련 기사에서는?", "지난달 네이버 관련 기사", "2026-10-01", "2026-10-31"),
        ("3월 기사에 나온 회사는?", "3월 기사", "2026-03-01", "2026-03-31"),
        ("최근 일주일 소식은?", "최근 일주일 소식", "2026-11-17", "2026-11-24"),
    ],
)
def test_a_time_that_is_said_of_articles_binds(question: str, words: str, since: str, until: str) -> None:
    """Articles, news, 기사, 뉴스, 보도 and 소식 of a time are those that are dated so."""
    assert read_dates(question, TODAY) == Dates(words=words, since=since, until=until, binding=True)


@pytest.mark.parametrize(
    ("question", "words", "since"),
    [
        ("What did Naver open last month?", "last month", "2026-10-01"),
        ("Which firms merged last March?", "last March", "2026-03-01"),
        ("Which firms merged last December?", "last December", "2025-12-01"),
        ("Where did Naver open a lab this year?", "this year", "2026-01-01"),
        ("지난 3월에 통합한 두 회사는?", "지난 3월", "2026-03-01"),
        ("지난 12월에 통합한 두 회사는?", "지난 12월", "2025-12-01"),
        ("올해 네이버가 연 연구소는?", "올해", "2026-01-01"),
        ("작년 3월에 문을 연 연구소는?", "작년 3월", "2025-03-01"),
        ("이번 주 네이버가 발표한 것은?", "이번 주", "2026-11-23"),
    ],
)
def test_a_time_counted_from_today_is_tried(question: str, words: str, since: str) -> None:
    """What happened last month stands in articles from then on, and perhaps in none of these."""
    assert read_dates(question, TODAY) == Dates(words=words, since=since)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What is Naver's latest lab?", "latest"),
        ("Where did Naver most recently open a lab?", "most recently"),
        ("Who is the current head of Naver Labs?", "current"),
        ("네이버가 가장 최근에 세운 연구소는?", "가장 최근"),
        ("네이버 최신 소식은?", "최신"),
        ("네이버랩스의 현재 대표는?", "현재"),
    ],
)
def test_the_latest_is_a_preference(question: str, words: str) -> None:
    """It filters nothing."""
    assert read_dates(question, TODAY) == Dates(words=words, newest=True)


@pytest.mark.parametrize(
    "question",
    [
        "What did Naver acquire in 2017?",
        "네이버가 2017년에 인수한 것은 무엇인가요?",
        "What did Naver open before 2020?",
        "2020년 이전에 세운 연구소는?",
        "How much profit did Naver report in 2019?",
        "Who wrote articles about the acquisition in 2017?",
        "Which articles name what Naver acquired after 2017?",
        "What did Naver News change in 2019?",
        "Which news agency opened in 2019?",
        "2019년에 네이버가 인수한 회사 기사는?",
        "2019년 보도자료는 어디에 있나요?",
        "2019년 택시 기사는 몇 명인가요?",
        "2021 검색 콜로키움 기사에서 알린 계획은?",
        "How much did it invest in the last five years?",
        "최근 5년 동안 몇 명을 뽑았나요?",
        "Who won in the last year of the war?",
        "What must be done by May at the latest?",
        "Does the river have a strong current?",
        "bitcoin price today",
        "오늘 서울 날씨는?",
        "이번 주요 과제는 무엇인가요?",
        "올해의 인물은 누구인가요?",
        "이달의 기자상은 누가 받았나요?",
        "What do articles from the 31st of February say?",
    ],
)
def test_the_time_of_an_event_is_left_alone(question: str) -> None:
    """The year in which something happened is told by articles of other years."""
    assert read_dates(question, TODAY) is None


def test_the_questions_about_our_articles_have_no_dates() -> None:
    """None of them is about the time of an article, whatever day it is."""
    questions = [json.loads(line)["question"] for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    assert [q for q in questions if read_dates(q, TODAY)] == []


def test_the_newest_is_chosen_among_those_that_answer_about_as_well() -> None:
    """Not one that hardly answers, and not one below the threshold unless all are; undated is oldest."""
    dates = ["2019-01-01", "2021-01-01", "2022-01-01", ""]
    assert newest_answers([0.9, 0.8, 0.3, 0.9], dates, 0.5) == [1]
    assert newest_answers([0.9, 0.8, 0.3, 0.9], dates, 0.85) == [0]
    assert newest_answers([0.4, 0.3, 0.1, 0.2], dates, 0.5) == [0]
    assert newest_answers([0.4, 0.3, 0.25, 0.2], dates, 0.2) == [2]


def article(date: str, text: str) -> str:
    return f"---\ntitle: t\ndate: {date}\nlang: en\n---\n{text}\n"


@pytest.fixture(scope="module")
def answerer(tmp_path_factory: pytest.TempPathFactory) -> Answerer:
    """Return an answerer over labs of three years; the oldest article uses the words of the questions below."""
    folder = tmp_path_factory.mktemp("dates")
    write_articles(
        folder / "articles",
        {
            "2019.md": article("2019-05-01", "Naver opened a lab in Hanoi."),
            "2021.md": article("2021-05-01", "Naver opened a lab in Hue."),
            "2026.md": article("2026-10-05", "Naver opened a lab in Seoul."),
            "bank.md": article("2026-11-05", "The bank by the river lends money."),
            "undated.txt": "Naver opened a lab in Busan.",
        },
    )
    build(folder / "articles", folder / "store", ToyEncoder())
    return Answerer(folder / "store", encoder=ToyEncoder(), reader=ToyReader(sureness=9.0), threshold=0.5)


@pytest.mark.parametrize(
    ("question", "article_id"),
    [
        ("Which lab did Naver open, says news from 2021?", "2021.md"),
        ("Which lab did Naver open, say articles before 2020?", "2019.md"),
        ("Which lab did Naver open last month?", "2026.md"),
        ("Which lab is Naver's latest?", "2026.md"),
    ],
)
def test_the_dates_of_a_question_choose_the_article(answerer: Answerer, question: str, article_id: str) -> None:
    """What was applied is told, and without dates the question is an ordinary one."""
    answer = answerer.ask(question, today=TODAY)
    assert [c.article_id for c in answer.citations] == [article_id]
    assert answer.dates is not None
    assert not answer.dates.dropped
    assert answer.to_json()["dates"]["words"] == answer.dates.words
    assert answer.dates.words in question
    plain = answerer.ask(question, today=TODAY, dates=False)
    assert plain.dates is None
    assert {p.chunk.article_id for p in plain.passages} > {p.chunk.article_id for p in answer.passages} or (
        answer.dates.newest
    )


def test_binding_dates_without_an_article_are_an_abstention(answerer: Answerer) -> None:
    """News of a year of which there is none say nothing; the filter that was applied is told."""
    answer = answerer.ask("Which lab did Naver open, says news from 2015?", today=TODAY)
    assert (answer.abstained, answer.reason) == (True, "no_passage")
    assert answer.dates is not None
    assert (answer.dates.since, answer.dates.until) == ("2015-01-01", "2015-12-31")


@pytest.mark.parametrize("question", ["Which lab did Naver open this month?", "Which lab did Naver open this week?"])
def test_dates_counted_from_today_lose_no_answer(answerer: Answerer, question: str) -> None:
    """Where articles of that time do not answer, or there are none, all are searched, and this is told."""
    answer = answerer.ask(question, today=TODAY)
    assert answer.citations[0].quote.startswith("Naver opened a lab")
    assert answer.dates is not None
    assert answer.dates.dropped


def test_dates_that_run_backwards_are_no_error(answerer: Answerer) -> None:
    """Who types nonsense gets an answer or an abstention; an error is for filters that are given as such."""
    answer = answerer.ask("Which labs are in articles from 2021 to 2019?", today=TODAY)
    assert answer.dates is not None
    assert (answer.dates.since, answer.dates.until) == ("2021-01-01", "2021-12-31")


def test_dates_that_are_given_count_more_than_those_of_the_question(answerer: Answerer) -> None:
    """`filters` with a date is the asker's own choice; one without goes together with the question's."""
    question = "Which lab did Naver open, says news from 2021?"
    answer = answerer.ask(question, filters=Filters(until="2020-01-01"), today=TODAY)
    assert answer.dates is None
    assert answer.citations[0].article_id == "2019.md"
    answer = answerer.ask(question, filters=Filters(article_ids=("2019.md", "2021.md")), today=TODAY)
    assert answer.citations[0].article_id == "2021.md"


def test_the_newest_of_many_is_found_beyond_the_passages_that_are_read(tmp_path: Path, toy: ToyEncoder) -> None:
    """Twenty articles say nearly the same; the best-matching ones are old."""
    files = {f"{n:02}.md": article(f"20{n + 1:02}-01-01", f"The lab is in Hanoi. {'Rain. ' * n}") for n in range(20)}
    build(write_articles(tmp_path / "articles", files), tmp_path / "store", toy)
    answerer = Answerer(tmp_path / "store", encoder=toy, reader=ToyReader(sureness=9.0), threshold=0.2)
    assert answerer.ask("Where is the latest lab in Hanoi?", k=3).citations[0].date == "2020-01-01"
    assert answerer.ask("Where is the lab in Hanoi?", k=3).citations[0].date < "2010"
