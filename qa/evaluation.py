"""Outcomes -> figures. Pure: asks nothing, prints nothing.

Retrieval is judged by passage: one is relevant if it holds a gold sentence. `recall@k` is the share of questions with a
relevant passage among the first k (top-k accuracy, Karpukhin et al. 2020): each gold sentence answers alone, so one is
enough. MRR@10 and nDCG@10 are those of trec_eval, by ir-measures.

Risk and coverage are those of selective prediction (Geifman and El-Yaniv, Selective Classification for Deep Neural
Networks, NeurIPS 2017): answers are said from the one with the most support down; coverage is the share of all
questions that is answered, risk the share of those answers that is wrong. Whatever is said to a question without an
answer is wrong. AURC is the mean risk over all coverages, E-AURC what of it better support could save (Geifman, Uziel
and El-Yaniv, Bias-Reduced Uncertainty Estimation for Deep Neural Classifiers, ICLR 2019). Lower is better.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil
from types import ModuleType

from index.records import ArticleQAError
from qa.judging import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The figures of some questions, as shares between 0 and 1; None where there is nothing to take a share of.

    `ranking`, `best_right` (the best sentence is gold, whether or not it is said), `said_right` (and it is said) and
    `false_abstention` are of those that have an answer. `citation_precision` is the share of the citations
    of all that is said that carry the gold fact, `citation_validity` the share of all citations, said or not, that
    slice out of their article byte for byte.
    """

    name: str
    questions: int
    ranking: Mapping[str, float] | None
    best_right: float | None
    said_right: float | None
    false_abstention: float | None
    citations: int
    citation_precision: float | None
    citation_validity: float | None
    aurc: float | None
    milliseconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Abstention:
    """How well it is refused to answer: `recall` of the `unanswerable` questions, `precision` of the abstentions.

    For a kind of unanswerable questions there is no precision; for a language it is of the questions in it.
    """

    name: str
    unanswerable: int
    recall: float | None
    precision: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskPoint:
    """What a threshold does: `answered` questions are, `coverage` as a share, and a share `risk` of them wrongly."""

    threshold: float
    answered: int
    coverage: float
    risk: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """All figures at one threshold. `curve` has one point for each support that occurs, highest first."""

    threshold: float
    pairs: tuple[Group, ...]
    answerable: Group
    everything: Group
    abstention: tuple[Abstention, ...]
    curve: tuple[RiskPoint, ...]
    aurc: float
    excess_aurc: float
    milliseconds_95: float


def evaluate(outcomes: Sequence[Outcome], threshold: float) -> Evaluation:
    """Return the figures of `outcomes`, of which there is at least one, when answers need `threshold` of support."""
    answerable = [o for o in outcomes if o.is_answerable]
    area, least = aurc(outcomes), best_aurc(outcomes)
    return Evaluation(
        threshold=threshold,
        pairs=_pairs(answerable, threshold),
        answerable=_group("has an answer", answerable, threshold),
        everything=_group("all", outcomes, threshold),
        abstention=_abstentions(outcomes, threshold),
        curve=risk_coverage(outcomes),
        aurc=area,
        excess_aurc=area - least,
        milliseconds_95=sorted(o.milliseconds for o in outcomes)[ceil(0.95 * len(outcomes)) - 1],
    )


def risk_coverage(outcomes: Sequence[Outcome]) -> tuple[RiskPoint, ...]:
    """Return a point for each support that occurs, from the highest down."""
    points, answered, wrong = [], 0, 0
    for support, count, errors in _steps(outcomes):
        answered, wrong = answered + count, wrong + errors
        points.append(
            RiskPoint(threshold=support, answered=answered, coverage=answered / len(outcomes), risk=wrong / answered)
        )
    return tuple(points)


def aurc(outcomes: Sequence[Outcome]) -> float:
    """Return the area under the risk-coverage curve: the mean risk of the 1, 2, … answers with the most support.

    Equal supports are taken in no order: each of such answers is as wrong as they are on average.
    """
    risks, answered, wrong = [], 0, 0.0
    for _, count, errors in _steps(outcomes):
        for _ in range(count):
            answered, wrong = answered + 1, wrong + errors / count
            risks.append(wrong / answered)
    return sum(risks) / len(risks) if risks else 0.0


def best_aurc(outcomes: Sequence[Outcome]) -> float:
    """Return the AURC of the same answers if their support told right from wrong without a mistake."""
    answers = [o for o in outcomes if o.carried]
    right = sum(o.right for o in answers)
    risks = [max(0, answered - right) / answered for answered in range(1, len(answers) + 1)]
    return sum(risks) / len(risks) if risks else 0.0


def rank_figures(
    ranked: Sequence[Sequence[str]], relevant: Sequence[Collection[str]], cutoffs: Iterable[int] = (1, 5, 10)
) -> dict[str, float]:
    """Return recall@k for each of `cutoffs`, MRR@10 and nDCG@10, on average over questions.

    `ranked` names what was found for each question, best first, `relevant` what should be. Raises ArticleQAError if
    ir-measures is not installed.
    """
    ir = need_ir_measures()
    measures = {**{f"recall@{k}": ir.Success @ k for k in cutoffs}, "MRR@10": ir.RR @ 10, "nDCG@10": ir.nDCG @ 10}
    # Relevant things that are in no index ("") still count as missed; and trec_eval would order equal scores by name.
    qrels = {str(i): dict.fromkeys(names or [""], 1) for i, names in enumerate(relevant)}
    run = {str(i): {name: 1.0 / rank for rank, name in enumerate(names, 1)} for i, names in enumerate(ranked)}
    found = ir.calc_aggregate(measures.values(), qrels, run)
    return {name: float(found[measure]) for name, measure in measures.items()}


def need_ir_measures() -> ModuleType:
    """Return the module ir_measures. Raises ArticleQAError if it is not installed."""
    try:
        import ir_measures
    except ImportError as error:
        raise ArticleQAError(missing("ir-measures", "for the figures of retrieval")) from error
    return ir_measures


def missing(package: str, purpose: str) -> str:
    """Return the message that `package` of the extra `eval` is not installed."""
    return (
        f"The package {package} is not installed. Expected it {purpose}. "
        "Run in the repository: pip install -c constraints.txt -e '.[eval]'"
    )


def share(flags: Iterable[bool]) -> float | None:
    """Return the share of `flags` that is true; None if there are none."""
    listed = list(flags)
    return sum(listed) / len(listed) if listed else None


def _pairs(outcomes: Sequence[Outcome], threshold: float) -> tuple[Group, ...]:
    """Return the figures by language pair, pairs of the same language first."""
    names = sorted({o.group for o in outcomes}, key=lambda name: (len(set(name.split("->"))), name))
    return tuple(_group(name, [o for o in outcomes if o.group == name], threshold) for name in names)


def _abstentions(outcomes: Sequence[Outcome], threshold: float) -> tuple[Abstention, ...]:
    """Return how well it is refused by kind of question, by its language, and in all."""

    def of(name: str, chosen: Sequence[Outcome], *, is_kind: bool = False) -> Abstention:
        refused = [not o.is_answerable for o in chosen if not o.is_said(threshold)]
        return Abstention(
            name=name,
            unanswerable=sum(not o.is_answerable for o in chosen),
            recall=share(not o.is_said(threshold) for o in chosen if not o.is_answerable),
            precision=None if is_kind else share(refused),
        )

    kinds = sorted({o.group for o in outcomes if not o.is_answerable})
    languages = sorted({o.question.lang for o in outcomes})
    return (
        *(of(kind, [o for o in outcomes if o.group == kind], is_kind=True) for kind in kinds),
        *(of(f"asked in {lang}", [o for o in outcomes if o.question.lang == lang]) for lang in languages),
        of("all", outcomes),
    )


def _group(name: str, outcomes: Sequence[Outcome], threshold: float) -> Group:
    answerable = [o for o in outcomes if o.is_answerable]
    said = [o for o in outcomes if o.is_said(threshold)]
    return Group(
        name=name,
        questions=len(outcomes),
        ranking=rank_figures([o.ranked for o in answerable], [o.relevant for o in answerable]) if answerable else None,
        best_right=share(o.right for o in answerable),
        said_right=share(o.right and o.is_said(threshold) for o in answerable),
        false_abstention=share(not o.is_said(threshold) for o in answerable),
        citations=sum(len(o.carried) for o in said),
        citation_precision=share(carries for o in said for carries in o.carried),
        citation_validity=share(valid for o in outcomes for valid in o.valid),
        aurc=aurc(outcomes) if outcomes else None,
        milliseconds=sum(o.milliseconds for o in outcomes) / len(outcomes) if outcomes else 0.0,
    )


def _steps(outcomes: Sequence[Outcome]) -> Iterable[tuple[float, int, int]]:
    """Yield each support that occurs, highest first, with how many answers have it and how many of them are wrong."""
    answers = sorted((o for o in outcomes if o.carried), key=lambda o: -o.support)
    for support, equal in groupby(answers, key=lambda o: o.support):
        right = [o.right for o in equal]
        yield support, len(right), right.count(False)
