"""How often the answer is right, on questions over the repository's own articles.

usage: python benchmarks/answers.py [QUESTIONS.jsonl] [--articles DIR] [--threshold T] [--misses]

A line of QUESTIONS is {question, lang, kind, gold: [{article_id, sentence}]}; no gold means that the articles do not
say. An answer is right if one of its citations is a gold sentence. Prints, by the languages of question and gold
articles: how often the right sentence is best (whether or not it is said), how often it is said, how often a question
that has an answer is refused; then how often those without one are refused.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.build import build
from index.encoder import SentenceTransformerEncoder
from qa import Answerer
from qa.support import support_model

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a question: the best sentence with its support, and whether it is a gold one."""

    question: dict[str, Any]
    group: str
    best: str
    right: bool
    support: float


def group_of(question: dict[str, Any], languages: dict[str, str]) -> str:
    gold = {languages[g["article_id"]] for g in question["gold"]}
    return f"{question['lang']}->{'+'.join(sorted(gold))}" if gold else str(question["kind"])


def ask_all(questions: list[dict[str, Any]], articles: Path) -> tuple[list[Outcome], float]:
    """Return the outcome of each question and the mean milliseconds that one took."""
    encoder = SentenceTransformerEncoder()
    with tempfile.TemporaryDirectory() as store:
        build(articles, Path(store), encoder)
        answerer = Answerer(Path(store), encoder=encoder, threshold=0.0)
        languages = {article.id: article.lang for article in answerer.index.articles.values()}
        answerer.ask(questions[0]["question"])  # loads the dictionaries
        started = time.perf_counter()
        outcomes = []
        for question in questions:
            answer = answerer.ask(question["question"])
            gold = {(g["article_id"], g["sentence"]) for g in question["gold"]}
            outcomes.append(
                Outcome(
                    question=question,
                    group=group_of(question, languages),
                    best=answer.text,
                    right=any((c.article_id, c.quote) in gold for c in answer.citations),
                    support=answer.support,
                )
            )
        return outcomes, 1000 * (time.perf_counter() - started) / len(questions)


def share(flags: list[bool]) -> str:
    return f"{sum(flags) / len(flags):.2f}" if flags else "-"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("questions", type=Path, nargs="?", default=ROOT / "tests/questions.jsonl")
    parser.add_argument("--articles", type=Path, default=ROOT / "articles")
    parser.add_argument("--threshold", type=float, default=support_model().threshold)
    parser.add_argument("--misses", action="store_true", help="list the questions that went wrong")
    options = parser.parse_args()
    questions = [json.loads(line) for line in options.questions.read_text(encoding="utf-8").splitlines()]
    outcomes, milliseconds = ask_all(questions, options.articles)
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        groups[outcome.group].append(outcome)
        groups["all that have an answer" if outcome.question["gold"] else "all that have none"].append(outcome)
    print(f"{len(questions)} questions, threshold {options.threshold}, {milliseconds:.0f} ms a question")
    print(f"{'':<24}{'n':>4}  best is right  said and right  refused")
    for name, group in sorted(groups.items()):
        said = [o.support >= options.threshold for o in group]
        right = [o.right for o in group]
        both = [a and b for a, b in zip(said, right, strict=True)]
        has_answer = bool(group[0].question["gold"])
        print(
            f"{name:<24}{len(group):>4}  {share(right) if has_answer else '-':>13}  "
            f"{share(both) if has_answer else '-':>14}  {share([not s for s in said]):>7}"
        )
    if options.misses:
        for o in outcomes:
            said_it = o.support >= options.threshold
            if (o.question["gold"] and not (o.right and said_it)) or (not o.question["gold"] and said_it):
                gold = " / ".join(g["sentence"] for g in o.question["gold"]) or "(none)"
                print(f"\n{o.question['question']}\n  support {o.support:.2f}: {o.best}\n  gold: {gold}")


if __name__ == "__main__":
    main()
