"""Figures -> the tables that `article-qa eval` prints: Markdown, so that they go into a README as they are."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

from qa.evaluation import Abstention, Evaluation, Group
from qa.judging import Outcome

_STEPS = 10  # rows of the risk-coverage table


def report(evaluation: Evaluation) -> str:
    """Return all tables, with what stands in them."""
    pairs = (*evaluation.pairs, evaluation.answerable)
    whole = evaluation.everything
    return f"""\
{whole.questions} questions, threshold {evaluation.threshold:.2f}, {whole.milliseconds:.0f} ms a question \
(95 % within {evaluation.milliseconds_95:.0f}).
Pairs are question->article. Where articles in both languages answer, a question counts under its own language.

Finding the passage: one that holds a gold sentence.

{_retrieval(pairs)}

Answering. best right: the best sentence is a gold one; said right: and is said; refused: false abstentions.

{_answering(pairs)}

Citations of all that is said: {whole.citations}, precision {_figure(whole.citation_precision)}, \
validity {_figure(whole.citation_validity)} (said or not).

Abstaining from what no article answers: recall of these n questions, precision of all abstentions.

{_abstaining(evaluation.abstention)}

Risk and coverage over all questions: AURC {evaluation.aurc:.3f}, \
of which {evaluation.excess_aurc:.3f} could be saved by a better support (E-AURC).

{_risk(evaluation)}"""


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table whose columns also stand in line on a terminal; all but the first to the right."""
    widths = [max(_width(row[column]) for row in (header, *rows)) for column in range(len(header))]
    padding = [[" " * (w - _width(cell)) for w, cell in zip(widths, row, strict=True)] for row in (header, *rows)]
    lines = [
        [row[0] + pads[0], *(pad + cell for pad, cell in zip(pads[1:], row[1:], strict=True))]
        for row, pads in zip((header, *rows), padding, strict=True)
    ]
    lines.insert(1, ["-" * widths[0], *("-" * (w - 1) + ":" for w in widths[1:])])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def missed(outcomes: Sequence[Outcome], threshold: float) -> list[dict[str, Any]]:
    """Return a record for each question that went wrong: not answered rightly, or answered though no article does.

    `passage` is the rank of the first passage with a gold sentence, None if it was not among those searched.
    """
    return [
        {
            "id": o.question.id,
            "question": o.question.text,
            "group": o.group,
            "said": o.is_said(threshold),
            "support": round(o.support, 4),
            "answer": o.text,
            "gold": [gold.sentence for gold in o.question.gold],
            "passage": next((rank for rank, name in enumerate(o.ranked, 1) if name in o.relevant), None),
        }
        for o in outcomes
        if (not o.right or not o.is_said(threshold) if o.is_answerable else o.is_said(threshold))
    ]


def misses_text(records: Sequence[dict[str, Any]]) -> str:
    """Return what `missed` gave, for people."""
    return "\n\n".join(
        f"{r['id']} [{r['group']}] {r['question']}\n"
        f"  {'said' if r['said'] else 'not said'}, support {r['support']:.2f}: {r['answer']}\n"
        f"  gold: {' / '.join(r['gold']) or '(none)'}"
        + (f"\n  its passage: {r['passage'] or 'not found'}" if r["gold"] else "")
        for r in records
    )


def _retrieval(groups: Sequence[Group]) -> str:
    names = list(next((group.ranking for group in groups if group.ranking), {}))
    return table(
        ["", "n", *names],
        [[g.name, str(g.questions), *(_figure((g.ranking or {}).get(name)) for name in names)] for g in groups],
    )


def _answering(groups: Sequence[Group]) -> str:
    return table(
        ["", "n", "best right", "said right", "refused", "citation precision", "validity", "AURC", "ms"],
        [
            [
                g.name,
                str(g.questions),
                *map(_figure, (g.best_right, g.said_right, g.false_abstention)),
                *map(_figure, (g.citation_precision, g.citation_validity, g.aurc)),
                f"{g.milliseconds:.0f}",
            ]
            for g in groups
        ],
    )


def _abstaining(rows: Sequence[Abstention]) -> str:
    return table(
        ["", "n", "recall", "precision"],
        [[row.name, str(row.unanswerable), _figure(row.recall), _figure(row.precision)] for row in rows],
    )


def _risk(evaluation: Evaluation) -> str:
    """Return what ten coverages cost, and the threshold in use."""
    curve = evaluation.curve
    chosen = {}
    for step in range(1, _STEPS + 1):
        reached = [point for point in curve if point.coverage <= step / _STEPS + 1e-9]
        if reached:
            chosen[reached[-1].answered] = (reached[-1], "")
    in_use = [point for point in curve if point.threshold >= evaluation.threshold]
    if in_use:
        chosen[in_use[-1].answered] = (in_use[-1], "in use")
    rows = [
        [f"{p.coverage:.2f}", str(p.answered), f"{p.risk:.3f}", f"{p.threshold:.3f}", note]
        for _, (p, note) in sorted(chosen.items())
    ]
    return table(["coverage", "answered", "risk", "support from", ""], rows)


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _width(text: str) -> int:
    """Return the columns of a terminal that `text` takes: a Korean letter takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
