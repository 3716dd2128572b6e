"""Fit the support model: questions with their gold sentences -> `qa/support.json`.

usage: python -m training.support DATA_DIR [--own FOLDER ...] [--out qa/support.json]

DATA_DIR holds qa/own_reader_*.jsonl: invented articles, each with questions in Korean and English of which a quarter
has no answer in it. All articles become one index; asked are the questions of the articles that neither the reader nor
(but for the first three files) the encoder was trained on: of all articles (kept if the gold sentence is among what is
read, since some questions do not name what they are about); of the articles of its own family alone, where there is one
(three on one subject in two languages), else one in three of its own article alone, near misses only so; and one in
eight of another article, as an off-topic question. The sentences that are then weighed are the examples; the gold one
is positive, the one that it leans on is left out. Prints cross-validated figures (five folds, by article or family),
then fits on everything.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from index.build import build
from index.encoder import BUNDLED, Encoder, SentenceTransformerEncoder
from index.store import Index, open_index
from qa.evidence import Evidence, as_matrix
from qa.reader import bundled_reader
from qa.records import Filters
from qa.rerank import READ, read
from qa.retrieve import retrieve
from qa.support import SupportModel
from training.reading import Story, stories

FOLDS = 5
SENTENCES_A_PARAGRAPH = 3
ALONE_EVERY, OFF_TOPIC_EVERY = 3, 8
LEAST_ANSWERED = 0.95  # the share of answerable questions that the threshold must let through


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question of an article, and the sentences that answer it: the first one does, the others it leans on."""

    article_id: str
    family: tuple[str, ...]  # article ids, its own among them
    text: str
    is_foreign: bool
    gold: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was weighed for a question: evidence, shape (n, fields), and which is right: 1, 0, or -1 (left out)."""

    family: tuple[str, ...]
    is_foreign: bool
    answerable: bool
    evidence: NDArray[np.float64]
    right: NDArray[np.int64]


def write_articles(all_stories: Sequence[Story], folder: Path) -> list[Question]:
    """Write the articles as files and return the questions of those held out, in Korean and English by turns."""
    questions: list[Question] = []
    families: dict[str, list[str]] = {}
    for story in all_stories:
        families.setdefault(story.family or story.key, []).append(f"{story.key}.md")
    for story in all_stories:
        article_id = f"{story.key}.md"
        paragraphs = [
            " ".join(story.sentences[i : i + SENTENCES_A_PARAGRAPH])
            for i in range(0, len(story.sentences), SENTENCES_A_PARAGRAPH)
        ]
        header = json.dumps(story.title, ensure_ascii=False)
        text = f"---\ntitle: {header}\nlang: {story.lang}\n---\n" + "\n\n".join(paragraphs)
        (folder / article_id).write_text(text, encoding="utf-8")
        for asked in story.questions if story.held_out else ():
            gold = tuple(story.sentences[i] for i in asked["gold"])
            lang = ("ko", "en")[len(questions) % 2]
            questions.append(
                Question(
                    article_id=article_id,
                    family=tuple(families[story.family or story.key]),
                    text=asked[lang],
                    is_foreign=lang != story.lang,
                    gold=gold,
                )
            )
    return questions


def ask_all(questions: Sequence[Question], index: Index, encoder: Encoder, seed: int = 0) -> Iterator[Asked]:
    """Yield what is weighed for each question, as the module says."""
    others = random.Random(seed)
    for number, question in enumerate(questions):
        everywhere = _ask(question, (), index, encoder)
        if everywhere and (everywhere.right == 1).any():
            yield everywhere
        among = question.family
        if (len(among) > 1 or number % ALONE_EVERY == 0) and (alone := _ask(question, among, index, encoder)):
            yield alone
        if number % OFF_TOPIC_EVERY == 0:
            stray = replace(question, gold=())
            another = others.choice(sorted(index.articles.keys() - set(among)))
            if elsewhere := _ask(stray, (another,), index, encoder):
                yield elsewhere


def _ask(question: Question, article_ids: tuple[str, ...], index: Index, encoder: Encoder) -> Asked | None:
    filters = Filters(article_ids=article_ids)
    passages = retrieve(question.text, index, encoder, k=READ, filters=filters)
    weighed = read(question.text, passages, index, bundled_reader())
    if not weighed:
        return None
    right = []
    for one in weighed:
        article = index.articles[one.candidate.passage.chunk.article_id]
        sentence = one.candidate.span.of(article.text)
        is_gold = article.id == question.article_id and sentence in question.gold
        right.append(0 if not is_gold else 1 if sentence == question.gold[0] else -1)
    return Asked(
        family=question.family,
        is_foreign=question.is_foreign,
        answerable=bool(question.gold),
        evidence=as_matrix([one.evidence for one in weighed]),
        right=np.array(right),
    )


def fit(asked: Sequence[Asked], threshold: float = 0.0) -> SupportModel:
    """Fit on the sentences of `asked`: those in the question's language apart from those in another."""
    x = np.concatenate([a.evidence for a in asked])
    y = np.concatenate([a.right for a in asked])
    models = []
    for language in (1.0, 0.0):
        rows = (x[:, -1] == language) & (y >= 0)
        models.append(LogisticRegression(max_iter=5000).fit(x[rows, :-1], y[rows]))
    same, other = ([*(round(float(w), 3) for w in model.coef_[0]), 0.0] for model in models)
    return SupportModel(
        same_language=tuple(same),
        same_language_bias=round(float(models[0].intercept_[0]), 3),
        other_language=tuple(other),
        other_language_bias=round(float(models[1].intercept_[0]), 3),
        threshold=threshold,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one held-out question went."""

    is_foreign: bool
    answerable: bool
    right: bool
    support: float


def cross_validate(asked: Sequence[Asked]) -> list[Outcome]:
    """Return the outcome of each question under a model that was fitted without its family."""
    fold_of = {family: i % FOLDS for i, family in enumerate(sorted({a.family for a in asked}))}
    outcomes = []
    for fold in range(FOLDS):
        model = fit([a for a in asked if fold_of[a.family] != fold])
        for a in asked:
            if fold_of[a.family] == fold:
                supports = model.supports(a.evidence)
                best = int(supports.argmax())
                outcomes.append(
                    Outcome(
                        is_foreign=a.is_foreign,
                        answerable=a.answerable,
                        right=bool(a.right[best]),
                        support=float(supports[best]),
                    )
                )
    return outcomes


def report(name: str, outcomes: Sequence[Outcome]) -> None:
    """Print top-1 accuracy and what each threshold would do."""
    answerable = [o for o in outcomes if o.answerable]
    refused = [o for o in outcomes if not o.answerable]
    right = np.mean([o.right for o in answerable])
    print(f"{name}: {len(answerable)} answerable, {len(refused)} not; top-1 sentence accuracy {right:.3f}")
    for threshold in (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5):
        answered = [o for o in answerable if o.support >= threshold]
        abstained = [o for o in outcomes if o.support < threshold]
        print(
            f"  threshold {threshold:.2f}: answered {len(answered) / len(answerable):.3f}, right of these "
            f"{np.mean([o.right for o in answered]) if answered else 0:.3f}; unanswerable refused "
            f"{np.mean([o.support < threshold for o in refused]):.3f}, abstention precision "
            f"{np.mean([not o.answerable for o in abstained]) if abstained else 0:.3f}"
        )


def threshold_of(outcomes: Sequence[Outcome]) -> float:
    """Return the highest threshold that still lets `LEAST_ANSWERED` of the answerable questions through."""
    supports = [o.support for o in outcomes if o.answerable]
    return round(float(np.quantile(supports, 1 - LEAST_ANSWERED)), 3)


def main() -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    own = Path(__file__).parent / "own"
    parser.add_argument("--own", type=Path, nargs="*", default=[own], help="folders with more own_reader files")
    parser.add_argument("--out", type=Path, default=Path("qa/support.json"))
    options = parser.parse_args()
    encoder = SentenceTransformerEncoder(BUNDLED)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "articles"
        folder.mkdir()
        questions = write_articles(stories(options.data / "qa", *options.own), folder)
        build(folder, Path(temporary) / "store", encoder)
        asked = list(ask_all(questions, open_index(Path(temporary) / "store"), encoder))
    outcomes = cross_validate(asked)
    report("question in the language of its article", [o for o in outcomes if not o.is_foreign])
    report("question in another language", [o for o in outcomes if o.is_foreign])
    model = fit(asked, threshold_of(outcomes))
    record = {"features": [field.name for field in fields(Evidence)], **asdict(model)}
    options.out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(f"wrote {options.out}: {record}")


if __name__ == "__main__":
    main()
