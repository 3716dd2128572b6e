"""Outcomes -> figures -> tables and a picture. All numbers here are computed by hand."""

import sys
from dataclasses import replace
from math import log2
from pathlib import Path
from typing import Any

import pytest

from index.records import ArticleQAError
from qa.evaluation import Evaluation, aurc, best_aurc, evaluate, rank_figures, risk_coverage
from qa.gold import Gold, Question
from qa.judging import Outcome
from qa.plot import need_plot, plot
from qa.report import missed, misses_text, report, table


def outcome(
    group: str,
    support: float,
    carried: str = "y",
    *,
    ranked: str = "ab",
    relevant: str = "a",
    milliseconds: float = 10.0,
) -> Outcome:
    """Make the outcome of one question: `carried` has a letter a citation, y or n; the last one decides."""
    lang, answerable = group[:2] if "->" in group else "en", "->" in group
    gold = (Gold(article_id="a.md", sentence="Kim leads it."),) if answerable else ()
    return Outcome(
        question=Question(id="q", text="누가?", lang=lang, kind="who", gold=gold, source="line 1"),
        group=group,
        text="Kim leads it.",
        support=support,
        right=answerable and carried.endswith("y"),
        carried=tuple(letter == "y" for letter in carried),
        valid=tuple(True for _ in carried),
        ranked=tuple(ranked),
        relevant=frozenset(relevant if answerable else ""),
        milliseconds=milliseconds,
    )


@pytest.fixture
def outcomes() -> list[Outcome]:
    """Five questions that have an answer and three that have none."""
    return [
        outcome("ko->ko", 0.9, "yy"),
        outcome("ko->ko", 0.7, "n", ranked="ba"),
        outcome("ko->ko", 0.1),  # right, but not said at .5
        outcome("en->ko", 0.6, "ny"),
        outcome("en->ko", 0.5, "n", ranked="bc", milliseconds=90.0),
        outcome("near_miss", 0.8, "n"),
        outcome("near_miss", 0.2, "n"),
        outcome("off_topic", 0.0, ""),  # no passage: cannot be answered at any threshold
    ]


@pytest.fixture
def figures(outcomes: list[Outcome]) -> Evaluation:
    return evaluate(outcomes, 0.5)


def test_answers_are_counted_by_language_pair(figures: Evaluation) -> None:
    """Best right, said and right, refused; same language first."""
    korean, english = figures.pairs
    assert [g.name for g in figures.pairs] == ["ko->ko", "en->ko"]
    assert (korean.best_right, korean.said_right, korean.false_abstention) == (2 / 3, 1 / 3, 1 / 3)
    assert (english.best_right, english.said_right, english.false_abstention) == (1 / 2, 1 / 2, 0)
    assert (figures.answerable.questions, figures.answerable.best_right) == (5, 3 / 5)
    assert english.milliseconds == 50
    assert figures.milliseconds_95 == 90
    assert english.aurc == pytest.approx((0 + 1 / 2) / 2)
    assert figures.everything.aurc == figures.aurc


def test_citations_are_counted_where_something_is_said(figures: Evaluation) -> None:
    """Those of an answer to what no article answers carry nothing; what is not said is not counted, but validated."""
    assert (figures.pairs[0].citations, figures.pairs[0].citation_precision) == (3, 2 / 3)
    assert (figures.answerable.citations, figures.answerable.citation_precision) == (6, 3 / 6)
    assert (figures.everything.citations, figures.everything.citation_precision) == (7, 3 / 7)
    assert figures.everything.citation_validity == 1.0


def test_validity_counts_every_citation(outcomes: list[Outcome]) -> None:
    """One that does not slice back is seen even where nothing is said."""
    broken = [replace(outcomes[2], valid=(False,)), *outcomes[:2]]
    assert evaluate(broken, 0.5).everything.citation_validity == 3 / 4


def test_abstentions_are_counted_by_kind_and_by_language(figures: Evaluation) -> None:
    """Recall of what no article answers, precision of what was refused."""
    rows = {row.name: (row.unanswerable, row.recall, row.precision) for row in figures.abstention}
    assert rows == {
        "near_miss": (2, 1 / 2, None),
        "off_topic": (1, 1.0, None),
        "asked in en": (3, 2 / 3, 1.0),
        "asked in ko": (0, None, 0.0),
        "all": (3, 2 / 3, 2 / 3),
    }


def test_nothing_refused_has_no_precision(outcomes: list[Outcome]) -> None:
    """At a threshold of 0 only the question without any passage is refused; without it, nothing is."""
    assert evaluate(outcomes[:-1], 0.0).abstention[-1].precision is None
    assert evaluate(outcomes, 0.0).abstention[-1].precision == 1.0


def test_passages_are_ranked_as_trec_eval_does(figures: Evaluation) -> None:
    """Right at rank 1, 2, 1 for Korean questions; 1 and nowhere for English ones."""
    korean, english = (group.ranking for group in figures.pairs)
    assert korean == pytest.approx(
        {"recall@1": 2 / 3, "recall@5": 1, "recall@10": 1, "MRR@10": 2.5 / 3, "nDCG@10": (2 + 1 / log2(3)) / 3}
    )
    assert english == pytest.approx({"recall@1": 0.5, "recall@5": 0.5, "recall@10": 0.5, "MRR@10": 0.5, "nDCG@10": 0.5})


def test_ranks_are_kept_and_what_is_not_indexed_is_missed() -> None:
    """Not by name, as trec_eval orders equals; one relevant passage is enough for recall, not for nDCG."""
    both = rank_figures([["z", "a"]], [{"z", "y"}], cutoffs=(1,))
    assert both == pytest.approx({"recall@1": 1, "MRR@10": 1, "nDCG@10": 1 / (1 + 1 / log2(3))})
    assert rank_figures([["a"], []], [set(), {"a"}], cutoffs=(1,)) == {"recall@1": 0, "MRR@10": 0, "nDCG@10": 0}
    eleventh = rank_figures([list("bcdefghijka")], [{"a"}])
    assert eleventh == {"recall@1": 0, "recall@5": 0, "recall@10": 0, "MRR@10": 0, "nDCG@10": 0}


def test_risk_grows_with_coverage(outcomes: list[Outcome]) -> None:
    """Seven of eight can be answered; by support they are right, no, no, right, no, no, right."""
    curve = risk_coverage(outcomes)
    assert [p.threshold for p in curve] == [0.9, 0.8, 0.7, 0.6, 0.5, 0.2, 0.1]
    assert [p.risk for p in curve] == pytest.approx([0, 1 / 2, 2 / 3, 2 / 4, 3 / 5, 4 / 6, 4 / 7])
    assert (curve[-1].answered, curve[-1].coverage) == (7, 7 / 8)
    assert aurc(outcomes) == pytest.approx((0 + 1 / 2 + 2 / 3 + 2 / 4 + 3 / 5 + 4 / 6 + 4 / 7) / 7)
    assert best_aurc(outcomes) == pytest.approx((0 + 0 + 0 + 1 / 4 + 2 / 5 + 3 / 6 + 4 / 7) / 7)


def test_equal_supports_have_no_order() -> None:
    """One right and one wrong at the same support: half a mistake each, whichever comes first."""
    pair = [outcome("ko->ko", 0.5), outcome("ko->ko", 0.5, "n")]
    assert aurc(pair) == aurc(pair[::-1]) == pytest.approx((0.5 / 1 + 1 / 2) / 2)
    assert [(p.answered, p.risk) for p in risk_coverage(pair)] == [(2, 0.5)]


def test_questions_without_an_answer_alone_can_be_evaluated() -> None:
    """No share is taken of nothing."""
    figures = evaluate([outcome("off_topic", 0.0, "")], 0.5)
    assert (figures.pairs, figures.curve, figures.aurc) == ((), (), 0.0)
    assert (figures.answerable.best_right, figures.everything.citation_validity) == (None, None)
    assert "| all         | 1 |  1.000 |     1.000 |" in report(figures)


def test_the_report_holds_each_figure_once(figures: Evaluation) -> None:
    """Its tables are Markdown that also stands in line."""
    text = report(figures)
    assert "8 questions, threshold 0.50" in text
    assert "| ko->ko        | 3 |    0.667 |" in text
    assert "| ko->ko        | 3 |      0.667 |      0.333 |   0.333 |" in text
    assert "| near_miss   | 2 |  0.500 |         - |" in text
    assert "Citations of all that is said: 7, precision 0.429, validity 1.000" in text
    assert "| 0.62     |        5 | 0.600 |        0.500 | in use |" in text
    for block in text.split("\n\n"):
        if block.startswith("|"):
            assert len({len(line) for line in block.splitlines()}) == 1


def test_a_table_counts_a_korean_letter_as_two() -> None:
    """On a terminal it takes two columns."""
    assert table(["", "n"], [["네이버", "1"], ["ab", "10"]]) == (
        "|        |  n |\n| ------ | -: |\n| 네이버 |  1 |\n| ab     | 10 |"
    )


def test_misses_are_what_went_wrong(outcomes: list[Outcome]) -> None:
    """Wrong, right but not said, or said though no article answers; with the rank of the passage."""
    records = missed(outcomes, 0.5)
    assert [(r["group"], r["said"], r["passage"]) for r in records] == [
        ("ko->ko", True, 2),
        ("ko->ko", False, 1),
        ("en->ko", True, None),
        ("near_miss", True, None),
    ]
    text = misses_text(records)
    assert text.count("q [") == 4
    assert "its passage: not found" in text
    assert text.endswith("gold: (none)")


@pytest.mark.parametrize(("name", "begins"), [("r.svg", b"<?xml"), ("r.PNG", b"\x89PNG")])
def test_a_plot_is_drawn_by_its_suffix(tmp_path: Path, figures: Evaluation, name: str, begins: bytes) -> None:
    """A file of that kind."""
    plot(figures, tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(begins)


def test_a_plot_that_cannot_be_drawn_is_told_before(
    tmp_path: Path, figures: Evaluation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another suffix, no folder, no permission, no matplotlib."""
    with pytest.raises(ArticleQAError, match=r"suffix '\.jpg'\. Expected \.png or \.svg"):
        need_plot(tmp_path / "r.jpg")
    with pytest.raises(ArticleQAError, match=r"No folder .*none for the plot"):
        need_plot(tmp_path / "none" / "r.svg")
    (tmp_path / "taken.svg").mkdir()
    with pytest.raises(ArticleQAError, match=r"could not be written to .*taken\.svg"):
        plot(figures, tmp_path / "taken.svg")
    hide(monkeypatch, "matplotlib")
    with pytest.raises(
        ArticleQAError, match=r"matplotlib is not installed.*pip install -c constraints\.txt -e '\.\[eval\]'"
    ):
        need_plot(tmp_path / "r.svg")


def test_without_ir_measures_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is in an extra."""
    hide(monkeypatch, "ir_measures")
    with pytest.raises(ArticleQAError, match=r"ir-measures is not installed.*\[eval\]"):
        rank_figures([["a"]], [{"a"}])


def hide(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    """Make `package` one that is not installed."""
    absent: Any = None
    for name in [n for n in sys.modules if n.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, absent)
