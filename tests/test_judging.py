"""A question with known answers and what was answered -> an outcome. On a toy index, by hand."""

import datetime
from dataclasses import replace
from pathlib import Path

import pytest
from toy import ToyEncoder, write_articles

from index.build import build
from index.records import QuestionError
from index.store import Index, open_index
from qa import Answer, Answerer, Citation
from qa.gold import Gold, Question, places
from qa.judging import Outcome, group_of, is_valid, judge, judge_all, quotations

TEXT = "The lab is new. It is in Hanoi. The bank is old. The river is long."
FILES = {
    "a.md": f"---\ntitle: t\nlang: en\n---\n{TEXT}\n",
    "ko.md": "---\ntitle: t\nlang: ko\n---\n연구소는 하노이에 있다.\n",
    "z/copy.md": f"---\ntitle: t\nlang: en\n---\n{TEXT}\n",
}
HANOI = Gold(article_id="a.md", sentence="It is in Hanoi.", context="The lab is new.")  # needs the sentence before


@pytest.fixture
def index(tmp_path: Path) -> Index:
    write_articles(tmp_path / "articles", FILES)
    build(tmp_path / "articles", tmp_path / "store", ToyEncoder())
    return open_index(tmp_path / "store")


def question(*gold: Gold, text: str = "Where is the lab?", lang: str = "en", kind: str = "where") -> Question:
    return Question(id="q", text=text, lang=lang, kind=kind, gold=gold, source="q.jsonl, line 1")


def cited(index: Index, *quotes: str, article_id: str = "a.md") -> tuple[Citation, ...]:
    article = index.articles[article_id]
    return tuple(
        Citation(
            article_id=article_id, title="t", date="", url="", sha256=article.sha256,
            start=article.text.index(quote), end=article.text.index(quote) + len(quote), quote=quote,
        )
        for quote in quotes
    )  # fmt: skip


def judged(index: Index, gold: tuple[Gold, ...], citations: tuple[Citation, ...]) -> Outcome:
    asked = question(*gold)
    answer = Answer(question=asked.text, text="", abstained=False, reason=None, support=0.5, citations=citations)
    return judge(asked, places(asked, index.articles), answer, index, index.articles.get, 1.0)


@pytest.mark.parametrize(
    ("quotes", "right", "carried"),
    [
        (("The lab is new.", "It is in Hanoi."), True, (True, True)),  # with what it leans on
        (("It is in Hanoi.",), False, (False,)),  # nobody knows what is there
        (("The lab is new.",), False, (False,)),
        (("It is in Hanoi.", "The bank is old."), False, (False, False)),
        (("The lab is new.", "It is in Hanoi.", "The bank is old."), False, (False, True, False)),  # the wrong one last
        (("The river is long.", "The lab is new.", "It is in Hanoi."), False, (False, True, True)),  # second best
        ((), False, ()),
    ],
)
def test_an_answer_is_right_if_it_ends_with_the_gold_sentence_and_what_it_needs(
    index: Index, quotes: tuple[str, ...], right: bool, carried: tuple[bool, ...]
) -> None:
    """A citation carries the fact if it is the gold sentence, or what that leans on given together with it."""
    outcome = judged(index, (HANOI,), cited(index, *quotes))
    assert (outcome.right, outcome.carried) == (right, carried)


def test_any_of_several_gold_sentences_answers_alone(index: Index) -> None:
    """One in another article, in another language, is as good."""
    korean = Gold(article_id="ko.md", sentence="연구소는 하노이에 있다.")
    assert judged(index, (HANOI, korean), cited(index, korean.sentence, article_id="ko.md")).right


@pytest.mark.parametrize("quote", ["The bank is old", "bank is old."])
def test_a_sentence_may_be_quoted_in_part(index: Index, quote: str) -> None:
    """Without its full stop in the file of questions, or a shorter span in the answer."""
    whole = Gold(article_id="a.md", sentence="The bank is old.")
    assert judged(index, (whole,), cited(index, quote)).right
    assert judged(index, (replace(whole, sentence=quote),), cited(index, whole.sentence)).right
    assert not judged(index, (whole,), cited(index, "The river is long.")).right


def test_what_stands_next_to_each_other_is_one_quotation(index: Index) -> None:
    """In the order of the article, with nothing between; another article begins another."""
    one = cited(index, "The lab is new.", "It is in Hanoi.", "The river is long.")
    other = cited(index, "연구소는 하노이에 있다.", article_id="ko.md")
    assert [len(q) for q in quotations((*one, *other), index.articles)] == [2, 1, 1]
    assert [len(q) for q in quotations(one[1::-1], index.articles)] == [1, 1]


def test_a_citation_is_valid_only_byte_for_byte_and_of_the_same_file(index: Index) -> None:
    """Another letter, another place, another file or none: not valid."""
    (citation,) = cited(index, "The bank is old.")
    article = index.articles["a.md"]
    assert is_valid(citation, article)
    for wrong in (
        replace(citation, quote="The bank is old!"),
        replace(citation, start=citation.start - 1),
        replace(citation, sha256="0" * 64),
    ):
        assert not is_valid(wrong, article)
    assert not is_valid(citation, None)


def test_the_group_is_the_language_pair_or_the_kind(index: Index) -> None:
    """With gold in both languages it is the question's own."""
    korean = Gold(article_id="ko.md", sentence="연구소는 하노이에 있다.")
    assert group_of(question(korean), index.articles) == "en->ko"
    assert group_of(question(korean, HANOI), index.articles) == "en->en"
    assert group_of(question(korean, HANOI, lang="de"), index.articles) == "de->en+ko"
    assert group_of(question(kind="near_miss"), index.articles) == "near_miss"


def test_every_question_is_asked_and_checked_against_the_files(tmp_path: Path, index: Index) -> None:
    """A passage that holds a gold sentence is relevant; a file that was changed behind the index makes it invalid."""
    answerer = Answerer(tmp_path / "store", encoder=ToyEncoder(), threshold=0.0)
    copy = replace(HANOI, article_id="z/copy.md")
    same_as = {"z/copy.md": "a.md"}
    (outcome,) = judge_all([question(copy)], answerer, tmp_path / "articles", same_as)
    assert outcome.relevant == {"a.md:0"}
    assert set(outcome.ranked) == {"a.md:0", "ko.md:0"}
    assert outcome.carried
    assert all(outcome.valid)
    assert outcome.milliseconds > 0
    write_articles(tmp_path / "articles", {name: text.replace("The", "Thy") for name, text in FILES.items()})
    (outcome,) = judge_all([question(copy)], answerer, tmp_path / "articles", same_as)
    assert not any(outcome.valid)
    with pytest.raises(QuestionError, match="line 1: no article"):
        next(judge_all([question(copy)], answerer, tmp_path / "articles"))


def test_a_question_is_asked_on_its_day(tmp_path: Path) -> None:
    """What "last month" is does not depend on the day of the evaluation."""
    dated = "---\ntitle: t\nlang: en\ndate: 2021-{0}-05\n---\nThe lab of {0} is in Hanoi.\n"
    write_articles(tmp_path / "new", {f"{month}.md": dated.format(month) for month in ("10", "11")})
    build(tmp_path / "new", tmp_path / "dated", ToyEncoder())
    answerer = Answerer(tmp_path / "dated", encoder=ToyEncoder(), threshold=0.0)
    asked = [
        replace(question(text="In articles from last month, where is the lab?"), asked_on=datetime.date(2021, month, 1))
        for month in (11, 12)
    ]
    assert [o.ranked for o in judge_all(asked, answerer, tmp_path / "new")] == [("10.md:0",), ("11.md:0",)]
