"""Passages -> candidates -> evidence -> the answering sentence. On a toy index, by hand."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from toy import ToyEncoder, ToyReader, write_articles

from index.build import build
from index.store import Index, open_index
from qa.evidence import Evidence, as_matrix, candidates, weigh
from qa.extract import extract
from qa.records import Passage
from qa.rerank import read, reordered
from qa.retrieve import retrieve
from qa.support import SupportModel, support_model

# The reader alone decides, whatever the language.
BY_READER = SupportModel(
    same_language=(1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    same_language_bias=0.0,
    other_language=(1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    other_language_bias=0.0,
    threshold=0.5,
)


def indexed(tmp_path: Path, files: dict[str, str]) -> Index:
    write_articles(tmp_path / "articles", files)
    build(tmp_path / "articles", tmp_path / "store", ToyEncoder())
    return open_index(tmp_path / "store")


def passages(index: Index, question: str) -> list[Passage]:
    return retrieve(question, index, ToyEncoder())


def test_candidates_are_the_sentences_of_the_passages_but_not_headings(tmp_path: Path) -> None:
    """A heading does not answer, and the sentence after it does not lean on what was before it."""
    index = indexed(
        tmp_path, {"a.md": "The lab is new. It is in Hanoi.\n\n## The river\n\nThe river is long. It is wide.\n"}
    )
    found = candidates(passages(index, "lab river"), index.articles)
    text = index.articles["a.md"].text
    sentences = {c.span.of(text): c.before.of(text) if c.before else None for c in found}
    assert sentences == {
        "The lab is new.": None,
        "It is in Hanoi.": "The lab is new.",
        "The river is long.": None,
        "It is wide.": "The river is long.",
    }


def test_the_first_sentence_of_a_passage_sees_the_one_before_the_passage(tmp_path: Path) -> None:
    """Chunks are cut anywhere between sentences; what a sentence leans on may be in the chunk before."""
    words = "word " * 158
    index = indexed(tmp_path, {"a.txt": f"The lab {words}opened. It is in Hanoi by the river."})
    text = index.articles["a.txt"].text
    assert len(index.chunks) == 2
    (last,) = [c for c in candidates(passages(index, "river"), index.articles) if "river" in c.span.of(text)]
    assert last.before is not None
    assert last.before.of(text).startswith("The lab word")


@pytest.mark.parametrize(("most", "read_at_once"), [(4, [4, 2]), (3, [2, 3, 2]), (100, [5])])
def test_passages_that_follow_on_one_another_are_read_together(
    tmp_path: Path, most: int, read_at_once: list[int]
) -> None:
    """As many as fit, with the sentence before the first of them; every sentence gets its own reading."""
    said = ["The lab", "It is new", "They say Hanoi", "Naver is by the river", "The lab is by the river"]
    text = " ".join(f"{begin} {'word ' * 70}here." for begin in said)
    index = indexed(tmp_path, {"a.txt": text})
    assert len(index.chunks) == 3
    reader = ToyReader(most=most)
    found = candidates(passages(index, "Naver lab Hanoi river")[::-1], index.articles)
    weighed = weigh("Naver lab Hanoi river", found, index, reader)
    assert [len(window.sentences) for window in reader.windows] == read_at_once
    odds = {one.candidate.span.start: one.evidence.reader for one in weighed}
    assert [odds[start] for start in sorted(odds)] == [1.0, -1.0, -1.0, 1.0, 3.0]
    assert [one.candidate for one in weighed] == found


def test_evidence_is_what_can_be_counted_by_hand(tmp_path: Path) -> None:
    """What the reader says, coverage alone and in context, score of the passage, kind and language."""
    index = indexed(tmp_path, {"a.md": "---\ntitle: The river\nlang: en\n---\nThe lab is new. It opened in March.\n"})
    question = "When was the river lab opened?"
    found = candidates(passages(index, question), index.articles)
    weighed = weigh(question, found, index, ToyReader())
    first, second = (w.evidence for w in weighed)
    # The question's terms are river, lab and open; river stands in no text, so it tells the most.
    river, lab, opened = index.term_weights(["river", "lab", "open"])
    assert (first.reader, second.reader) == (1.0, -1.0)  # the first shares "lab"
    assert [w.marked.of(index.articles["a.md"].text) if w.marked else None for w in weighed] == ["lab", None]
    assert first.coverage == pytest.approx(lab / (river + lab + opened))
    assert first.context_coverage == pytest.approx((lab + river) / (river + lab + opened))
    assert second.context_coverage == pytest.approx(1.0)
    assert (first.kind, second.kind) == (0.0, 1.0)
    assert (first.numbers, second.numbers) == (0.5, 0.5)
    assert (first.passage, first.same_language) == (found[0].passage.score, 1.0)
    assert as_matrix([first, second]).shape == (2, len(fields(Evidence)))


def test_a_number_of_the_question_may_stand_in_the_sentence_before(tmp_path: Path) -> None:
    """What happened "that year" is told with the year one sentence earlier."""
    index = indexed(tmp_path, {"a.txt": "The lab opened in 2018. That year it grew. In 2017 a bank stood there."})
    question = "What grew in 2018?"
    found = weigh(question, candidates(passages(index, question), index.articles), index, ToyReader())
    assert [one.evidence.numbers for one in found] == [1.0, 1.0, 0.0]


def test_the_answer_is_the_best_sentence_with_the_one_it_leans_on(tmp_path: Path) -> None:
    """Two citations in the order of the text, each an exact slice."""
    index = indexed(tmp_path, {"a.md": "---\nlang: en\n---\nNaver opened it. It is a lab. The bank is old.\n"})
    found = extract(
        "Which lab?", read("Which lab?", passages(index, "Which lab?"), index, ToyReader()), index, BY_READER
    )
    assert found is not None
    assert [c.quote for c in found.citations] == ["Naver opened it.", "It is a lab."]
    text = index.articles["a.md"].text
    assert all(text[c.start : c.end] == c.quote for c in found.citations)
    assert found.support == pytest.approx(1 / (1 + np.exp(-1)))
    marked = [c.marked.of(text) if c.marked else None for c in found.citations]
    assert marked == [None, "lab"]


def test_with_equal_support_the_language_of_the_question_comes_first(tmp_path: Path) -> None:
    """The same evidence in two languages is shown in the reader's own."""
    files = {
        "a.md": "---\ntitle: t\nlang: ko\n---\n이 lab 이야기다.\n",
        "b.md": "---\ntitle: t\nlang: en\n---\nNaver has a lab.\n",
    }
    index = indexed(tmp_path, files)
    for question, article_id in (("Where is the lab?", "b.md"), ("lab 어디에 있나요?", "a.md")):
        found = extract(question, read(question, passages(index, question), index, ToyReader()), index, BY_READER)
        assert found is not None
        assert found.citations[-1].article_id == article_id


def test_a_passage_that_answers_moves_up(tmp_path: Path) -> None:
    """The reader's word counts beside the scores of retrieval, and what was not read keeps its score."""
    files = {
        "a.md": "---\ntitle: t\nlang: en\n---\nNothing about it here.\n",
        "b.md": "---\ntitle: t\nlang: en\n---\nNaver has a lab.\n",
    }
    index = indexed(tmp_path, files)
    chunk = {c.article_id: c for c in index.chunks}
    found = [
        Passage(chunk=chunk[article_id], score=score, lexical_rank=None, dense_rank=None)
        for article_id, score in (("a.md", 0.5), ("b.md", 0.4))
    ]
    weighed = read("Which lab?", found, index, ToyReader())
    moved = reordered(found, weighed)
    # log-odds 1 and -1: a gain of .3 * .731 and of .3 * .269
    assert [(p.chunk.article_id, round(p.score, 3)) for p in moved] == [("b.md", 0.619), ("a.md", 0.581)]
    assert reordered(found, []) == found


def test_no_passage_gives_no_extract(tmp_path: Path) -> None:
    """Nothing found is None, which becomes an abstention."""
    index = indexed(tmp_path, {"a.txt": "The lab is new."})
    assert extract("lab", read("lab", [], index, ToyReader()), index, BY_READER) is None


def test_the_shipped_support_model_fits_the_evidence() -> None:
    """It has a weight for each field, trusts the reader, and its threshold is a probability."""
    model = support_model()
    assert len(model.same_language) == len(model.other_language) == len(fields(Evidence))
    assert model.same_language[0] > 0
    assert model.other_language[0] > 0
    assert 0.0 < model.threshold < 1.0


@pytest.mark.parametrize(
    ("between", "leant_on"),
    [("Its people like rice.", "They opened a lab in Hanoi."), ("Another lab is in Hue.", "Another lab is in Hue.")],
)
def test_a_sentence_may_lean_on_the_one_before_the_one_before(tmp_path: Path, between: str, leant_on: str) -> None:
    """It does if what lies between has nothing to do with the question."""
    index = indexed(tmp_path, {"a.txt": f"They opened a lab in Hanoi. {between} It is the second lab by the river.\n"})
    question = "Where is the second lab by the river?"
    best = extract(question, read(question, passages(index, question), index, ToyReader()), index, BY_READER)
    assert best is not None
    assert [c.quote for c in best.citations] == [leant_on, "It is the second lab by the river."]
