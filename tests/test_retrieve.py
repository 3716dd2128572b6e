"""Question -> passages: how the two sides are mixed, filters, and the order of equals. On a toy index, by hand."""

from pathlib import Path

import pytest
from toy import ToyEncoder, write_articles

from index.build import build
from index.records import QuestionError
from index.store import Index, open_index
from qa.records import Filters
from qa.retrieve import retrieve


@pytest.fixture
def index(tmp_path: Path) -> Index:
    write_articles(
        tmp_path / "articles",
        {
            "lab.md": "---\ntitle: Lab\ndate: 2021-03-01\nlang: en\n---\nThe lab opened in Hanoi.",
            "copy.md": "---\ntitle: Lab\ndate: 2021-05-01\nlang: en\n---\nThe lab opened in Hanoi. Again.",
            "연구소.md": "---\ntitle: 연구소\nlang: ko\n---\n연구소가 하노이에 문을 열었다.",
        },
    )
    build(tmp_path / "articles", tmp_path / "store", ToyEncoder())
    return open_index(tmp_path / "store")


def ids(index: Index, question: str, **filters: object) -> list[str]:
    chosen = Filters(**filters) if filters else None  # type: ignore[arg-type]
    return [p.chunk.article_id for p in retrieve(question, index, ToyEncoder(), filters=chosen)]


def test_the_passage_that_holds_the_words_comes_first(index: Index) -> None:
    """Ranks of both sides are told, counted from 1, and scores fall."""
    passages = retrieve("Hanoi lab", index, ToyEncoder())
    assert passages[0].chunk.article_id == "lab.md"
    assert passages[0].lexical_rank == 1
    assert [p.score for p in passages] == sorted((p.score for p in passages), reverse=True)


def test_two_runs_answer_alike(index: Index) -> None:
    """The same question gives the same passages in the same order."""
    assert retrieve("lab opened", index, ToyEncoder()) == retrieve("lab opened", index, ToyEncoder())


def test_date_filters_are_inclusive_and_leave_out_articles_without_a_date(index: Index) -> None:
    """`since` and `until` are days that still count."""
    assert set(ids(index, "lab", since="2021-03-01", until="2021-05-01")) == {"lab.md", "copy.md"}
    assert ids(index, "lab", since="2021-03-02") == ["copy.md"]
    assert ids(index, "lab", until="2021-04-30") == ["lab.md"]


def test_language_and_article_filters(index: Index) -> None:
    """Only articles of the language, or the named ones, answer."""
    assert ids(index, "lab 연구소", lang="ko") == ["연구소.md"]
    assert ids(index, "lab", article_ids=("copy.md",)) == ["copy.md"]
    assert ids(index, "lab", lang="fr") == []


@pytest.mark.parametrize(
    ("question", "filters", "message"),
    [
        ("  ", {}, "The question is empty. Expected a question in words."),
        ("lab", {"since": "2021-05-01", "until": "2021-03-01"}, "The dates run backwards"),
        ("lab", {"since": "March"}, "'March' is not a date. Expected YYYY-MM-DD"),
        ("lab", {"article_ids": ("none.md",)}, "No article 'none.md' in the index"),
    ],
)
def test_a_question_or_filter_that_makes_no_sense_is_told(
    index: Index, question: str, filters: dict[str, object], message: str
) -> None:
    """The error says what was found, what was expected and what to do."""
    with pytest.raises(QuestionError, match=message):
        ids(index, question, **filters)
