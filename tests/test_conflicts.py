"""Where two articles differ: what a sentence states, when two of them disagree, and what is shown then."""

from pathlib import Path

import pytest
from test_extract import BY_READER, indexed, passages
from toy import ToyEncoder, ToyReader

from qa import Answerer
from qa.conflicts import disagree
from qa.extract import Extract, extract
from qa.rerank import read
from qa.values import stated


@pytest.mark.parametrize(
    ("sentence", "amounts"),
    [
        ("5000억엔을 투자한다.", {("엔", 5e11)}),
        ("약 5조 3,000억 원에 이른다.", {("원", 5.3e12)}),
        ("5천명을 새로 뽑는다.", {("명", 5000)}),
        ("2019년 3월 15일 문을 연 뒤 3.5% 늘었다.", {("%", 3.5)}),
        ("네이버는 15일 5년간 20명을 뽑는다고 밝혔다.", {("년", 5), ("명", 20)}),
        ("It will invest 500 billion yen.", {("yen", 5e11)}),
        ("It costs $1,250.50 or 3% more.", {("$", 1250.5), ("%", 3)}),
        ("In March 2019 it hired 5,000 engineers.", {("engin", 5000)}),
        ("The answer is 42.", set()),
    ],
)
def test_amounts_are_numbers_with_their_units(sentence: str, amounts: set[tuple[str, float]]) -> None:
    """However a number is written; times and numbers of nothing are no amounts."""
    assert stated(sentence).amounts == amounts


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("how_much", "The lab employs 50 people.", "The lab employs 70 people."),
        ("how_much", "A ticket of the ferry costs $3.", "A ticket of the ferry costs $5."),
        (
            "how_much",
            "Z홀딩스는 앞으로 5년 동안 5000억엔을 투자한다.",
            "Z홀딩스는 앞으로 5년 동안 7000억엔을 투자한다.",
        ),
        ("how_much", "네이버랩스 직원은 50명이다.", "네이버랩스 직원은 약 70명이다."),
        ("when", "The lab opened in March 2019.", "The lab opened in May 2019."),
        ("when", "연구소는 3월 문을 연다고 15일 밝혔다.", "연구소는 4월 문을 연다고 20일 밝혔다."),
        ("when", "연구소는 3월 문을 연다.", "연구소는 2019년 4월 문을 연다."),
        ("who", "The captain of the ferry is Maria Huber.", "The captain of the ferry is Anna Gruber."),
        ("who", "미국 조직은 김진영 책임리더가 이끈다.", "미국 조직은 박민수 책임리더가 이끈다."),
    ],
)
def test_sentences_that_differ_in_the_value_disagree(kind: str, one: str, other: str) -> None:
    """Nearly the same words, another value of the kind that is asked for; not for a question of another kind."""
    assert disagree(kind, stated(one), stated(other))
    assert disagree(kind, stated(other), stated(one))
    others = {"how_much", "when", "who"} - {kind}
    assert not any(disagree(asked, stated(one), stated(other)) for asked in others)


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("how_much", "The lab employs 5,000 people.", "The lab employs 5000 people."),
        ("how_much", "Z홀딩스는 5000억엔을 투자한다.", "Z홀딩스는 5천억 엔을 투자한다."),
        ("how_much", "Z홀딩스는 5000억엔을 투자한다.", "Z홀딩스는 5조3000억원을 투자한다."),
        ("how_much", "It will add about 5,000 engineers.", "It will add 5,100 engineers."),
        ("how_much", "The lab in Hanoi employs 50 people.", "The lab in Hue employs 70 people."),
        ("how_much", "In 2019 the lab employed 50 people.", "In 2020 the lab employed 70 people."),
        ("how_much", "지난해 직원은 50명이다.", "지난해 직원은 70명이다."),
        ("how_much", "The lab employs 50 people.", "Rain fell on the river for 70 people."),
        ("when", "연구소는 2019년 3월 문을 연다.", "연구소는 2019년 문을 연다."),
        ("when", "연구소는 2019년 3월 문을 연다.", "연구소는 3월 문을 연다."),
        ("when", "The lab opened last year.", "The lab opened in 2019."),
        ("when", "The lab opened before 2019.", "The lab opened in 2017."),
        ("who", "The captain of the ferry is Maria Huber.", "Maria Huber is captain of the ferry."),
        ("who", "The captain is Maria Huber.", "The captain met Anna Gruber and Eva Maier."),
    ],
)
def test_sentences_that_may_both_be_true_do_not_disagree(kind: str, one: str, other: str) -> None:
    """The same value written otherwise, another place, time or currency, a vaguer value, another sentence."""
    assert not disagree(kind, stated(one), stated(other))


def article(date: str, text: str, title: str = "The lab") -> str:
    return f"---\ntitle: {title}\ndate: {date}\nlang: en\n---\n{text}\n"


def extracted(tmp_path: Path, files: dict[str, str], question: str) -> Extract:
    index = indexed(tmp_path, files)
    found = extract(question, read(question, passages(index, question), index, ToyReader()), index, BY_READER)
    assert found is not None
    return found


OLD = article("2019-03-01", "Naver's lab employs 50 people.")


@pytest.mark.parametrize("newer", ["a.md", "z.md"])
def test_both_values_are_cited_newest_first(tmp_path: Path, newer: str) -> None:
    """Whichever of the two is the better answer by a hair."""
    files = {"m.md": OLD, newer: article("2021-03-01", "Naver's lab employs 70 people.")}
    found = extracted(tmp_path, files, "How many people does the lab of Naver employ?")
    assert found.differ
    assert [(c.date, c.quote) for c in found.citations] == [
        ("2021-03-01", "Naver's lab employs 70 people."),
        ("2019-03-01", "Naver's lab employs 50 people."),
    ]


@pytest.mark.parametrize(
    ("question", "other"),
    [
        ("How many people does the lab of Naver employ?", article("2021-03-01", "Naver's lab employs 50 people.")),
        ("What does the lab of Naver employ?", article("2021-03-01", "Naver's lab employs 70 people.")),
        (
            "How many people does the lab of Naver employ?",
            article("2021-03-01", "Naver's farm employs 70 people.", "The farm"),
        ),
        ("How many people does Daum's lab employ?", article("2021-03-01", "Naver's lab employs 70 people.")),
        ("How many people does the lab of Naver employ?", article("2021-03-01", "Its lab employs 70 people.")),
    ],
    ids=["same value", "asks for no value", "another subject", "a name that neither has", "whose is it"],
)
def test_in_doubt_one_answer_is_enough(tmp_path: Path, question: str, other: str) -> None:
    """Articles that do not surely differ about what is asked are not said to."""
    found = extracted(tmp_path, {"m.md": OLD, "z.md": other}, question)
    assert not found.differ
    assert len({citation.article_id for citation in found.citations}) == 1


def test_the_answer_says_both_and_the_latest_only_one(tmp_path: Path) -> None:
    """Text, citations and the mark of the difference go together; who asks for the latest gets that."""
    indexed(tmp_path, {"a.md": OLD, "z.md": article("2021-03-01", "Naver's lab employs 70 people.")})
    answerer = Answerer(tmp_path / "store", encoder=ToyEncoder(), reader=ToyReader(sureness=9.0), threshold=0.2)
    answer = answerer.ask("How many people does the lab of Naver employ?")
    assert answer.text == "Naver's lab employs 70 people.\nNaver's lab employs 50 people."
    assert (answer.differ, len(answer.citations)) == (True, 2)
    latest = answerer.ask("How many people does the lab of Naver currently employ?")
    assert (latest.text, latest.differ) == ("Naver's lab employs 70 people.", False)
