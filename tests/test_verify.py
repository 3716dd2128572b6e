"""Answers that were kept as JSON: they come back equal, and what in them does not hold is found in the articles."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from commands import run
from hypothesis import given, settings
from hypothesis import strategies as st
from toy import ToyEncoder

from index.articles import ReadOptions
from index.records import AnswerError, ArticlesError, Span
from qa import Answer, Answerer, Citation, Filters
from qa.records import Dates
from qa.verify import read_answers, verify

ROOT = Path(__file__).parent.parent
TEXT = st.text(max_size=20)
CITATIONS = st.builds(
    Citation,
    article_id=TEXT,
    title=TEXT,
    date=TEXT,
    url=TEXT,
    sha256=TEXT,
    start=st.integers(),
    end=st.integers(),
    quote=TEXT,
    marked=st.none() | st.builds(Span, start=st.integers(), end=st.integers()),
)
ANSWERS = st.builds(
    Answer,
    question=TEXT,
    text=TEXT,
    abstained=st.booleans(),
    reason=st.sampled_from(["no_passage", "low_support", None]),
    support=st.floats(0, 1),
    citations=st.lists(CITATIONS, max_size=3).map(tuple),
    asked=st.none() | TEXT,
    method=st.sampled_from(["extractive", "generative"]),
    note=st.none() | st.just("llm_timeout"),
    dates=st.none() | st.builds(Dates, words=TEXT, since=TEXT, until=TEXT, newest=st.booleans()),
    differ=st.booleans(),
)


@pytest.fixture
def answer(store: Path, toy: ToyEncoder) -> Answer:
    """Return an answer from the fixture `articles`: two citations of one of them."""
    answered = Answerer(store, encoder=toy, threshold=0.0).ask("What is in Hanoi?", filters=Filters(lang="en"))
    assert [c.quote for c in answered.citations] == ["The lab stands by the river.", "It is in Hanoi."]
    return answered


@settings(max_examples=30, deadline=None)
@given(answer=ANSWERS)
def test_an_answer_comes_back_from_json_as_it_was(answer: Answer) -> None:
    """Written and read again it is equal, whatever is in it."""
    assert Answer.from_json(json.loads(json.dumps(answer.to_json()))) == answer


def test_passages_come_back_with_what_json_carries_of_them(answer: Answer) -> None:
    """Where they are and their score; text, heading and ranks are not written."""
    back = Answer.from_json(answer.to_json())
    assert back.passages
    assert back.to_json() == answer.to_json()
    assert {passage.chunk.text for passage in back.passages} == {""}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r.pop("text"), "The answer has no 'text'. Expected 'text' of type str. Make the answer again"),
        (lambda r: r.update(support="high"), "The answer has 'support': 'high'. Expected one of type float."),
        (lambda r: r.update(citations={}), r"Found \{\} in an answer. Expected a list."),
        (lambda r: r["citations"][0].update(start=True), "The citation has 'start': True. Expected one of type int."),
        (lambda r: r["citations"].append(1), "The citation is 1. Expected a JSON object."),
        (lambda r: r["passages"][0].pop("end"), "The chunk has no 'end'."),
        (lambda r: r["citations"][0].update(marked={"start": 1}), "The span has no 'end'."),
        (lambda r: r.update(dates={"words": 1}), "The dates has 'words': 1."),
    ],
)
def test_what_is_no_answer_is_told(answer: Answer, change: Any, message: str) -> None:
    """found -> expected -> remedy, for each way in which JSON can be something else."""
    written = answer.to_json()
    change(written)
    with pytest.raises(AnswerError, match=message):
        Answer.from_json(written)


def test_what_the_articles_say_holds(answer: Answer, articles: Path) -> None:
    """An answer checks out, and so does an abstention, which cites nothing."""
    refused = Answer(
        question="Who?", text="The articles do not say.", abstained=True, reason="low_support", support=0.1
    )
    checked = verify([answer, refused], articles)
    assert (checked.answers, checked.citations, checked.problems) == (2, 2, ())


@pytest.mark.parametrize(
    ("change", "problems"),
    [
        ({"sha256": "0" * 64}, ["the file has changed: its sha256 is .* Expected sha256 '000000000000'. Ask again"]),
        ({"start": -3}, ["the article has 44 characters. Expected a place among them."]),
        ({"end": 45}, ["the article has 44 characters. Expected a place among them."]),
        ({"start": 1}, ["the article says 'he lab stands by the river.' there. Expected the quote 'The lab"]),
        ({"date": "2025-01-01"}, ["the date of the article is '2021-11-01'. Expected '2025-01-01'."]),
        ({"title": "The bank"}, ["the title of the article is 'The lab'. Expected 'The bank'."]),
        ({"marked": Span(start=0, end=29)}, ["the answer is marked at 0-29. Expected a place within 0-28."]),
        ({"marked": Span(start=4, end=4)}, ["the answer is marked at 4-4. Expected"]),
        ({"end": 0, "quote": "", "marked": None}, ["its text is", "Expected a place among them."]),
        ({"quote": "The lab stands by the sea."}, ["its text is", "Expected the quote 'The lab stands by the sea.'"]),
        (
            {"article_id": "gone.md"},
            ["its text is", "no such article in .* Expected a file with sha256 .* Put it back"],
        ),
        ({"article_id": "../articles/lab.md"}, ["its text is", "no such article"]),
    ],
)
def test_a_citation_that_does_not_hold_is_found(
    answer: Answer, articles: Path, change: dict[str, Any], problems: list[str]
) -> None:
    """Whatever of a citation is changed, a line tells it and where in the answers it is."""
    forged = replace(answer, citations=(replace(answer.citations[0], **change), answer.citations[1]))
    found = verify([answer, forged], articles).problems
    assert len(found) == len(problems)
    for line, problem in zip(found, problems, strict=True):
        assert line.startswith("answer 2")
        assert re.search(problem, line)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"text": "The lab is on the moon."}, "its text is 'The lab is on the moon.'. Expected its quotes"),
        ({"citations": ()}, "cites nothing. Expected a citation, or an abstention."),
        ({"abstained": True}, "says that the articles do not say, and cites."),
    ],
)
def test_an_answer_that_says_what_it_does_not_cite_is_found(
    answer: Answer, articles: Path, change: dict[str, Any], problem: str
) -> None:
    """True citations do not make a true answer: its text has to be theirs."""
    (found,) = verify([replace(answer, **change)], articles).problems
    assert found.startswith(f"answer 1: {problem}")


def test_a_file_that_changed_since_or_is_too_large_is_told(answer: Answer, articles: Path) -> None:
    """The digest differs and the quote has moved; with a smaller limit the file is not read, and that is the reason."""
    path = articles / "lab.md"
    path.write_text(path.read_text(encoding="utf-8").replace("The lab stands", "Now the lab stands"), encoding="utf-8")
    found = verify([answer], articles).problems
    assert ["the file has changed" in line for line in found] == [True, False, True, False]
    assert ["Expected the quote" in line for line in found] == [False, True, False, True]
    assert "over the limit of 5" in verify([answer], articles, ReadOptions(max_bytes=5)).problems[0]
    with pytest.raises(ArticlesError, match="No folder at"):
        verify([answer], articles / "none")


@pytest.mark.parametrize("written", ["{0}", "[{0}, {1}]", "{0}\n\n{1}\n", "\ufeff{0}\r\n{1}"])
def test_answers_are_read_from_json_and_json_lines(answer: Answer, written: str) -> None:
    """One object, a list of them, or one a line, with a byte order mark or without."""
    one = json.dumps(answer.to_json(), ensure_ascii=False)
    found = read_answers(written.format(one, one).encode())
    assert found == [answer] * written.count("{")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "There is no answer. Expected at least one as JSON."),
        (b"[]", "There is no answer."),
        (b"{}", "The answer has no 'question'."),
        (b'{\n"question": 1', r"Line 1 is not JSON \(.*\). Expected an answer."),
        (b"\n{}\n", "The answer has no 'question'."),
        (b"3\n4", "Line 1: The answer is 3. Expected a JSON object."),
        (b"[" * 100_000, "Line 1 is not JSON"),
        (b"\x89PNG\r\n", "The answers are not text but binary content. Expected JSON."),
    ],
)
def test_what_holds_no_answers_is_told(data: bytes, message: str) -> None:
    """The error names the line, what was expected and how to get it."""
    with pytest.raises(AnswerError, match=message):
        read_answers(data)


def test_the_command_prints_a_line_a_problem_and_fails(answer: Answer, articles: Path, tmp_path: Path) -> None:
    """Exit code 0 if all holds, from a file or stdin; 4 with the problems; 1 if there is nothing to check."""
    good = json.dumps(answer.to_json(), ensure_ascii=False)
    done = run("verify", "-", cwd=tmp_path, stdin=f"{good}\n{good}\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, "answers 2, citations 4: all as in the articles\n", "")
    (tmp_path / "answer.json").write_text(good.replace("Hanoi", "Hue"), encoding="utf-8")
    done = run("verify", "answer.json", "--articles", str(articles), cwd=tmp_path)
    *problems, summary = done.stdout.splitlines()
    assert (done.returncode, done.stderr, summary) == (4, "", "answers 1, citations 2: problems 1")
    assert problems == [
        "answer 1, citation 2 ('lab.md':29-44): the article says 'It is in Hanoi.' there. "
        "Expected the quote 'It is in Hue.'. Ask again after: article-qa build"
    ]
    done = run("verify", "none.json", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("article-qa: The file none.json cannot be read")
