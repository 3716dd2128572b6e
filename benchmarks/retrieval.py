"""What the retriever finds on public Korean sets, through the whole pipeline: files -> build -> retrieve.

usage: python benchmarks/retrieval.py DATA_DIR [--model NAME] [--json]

DATA_DIR holds eval/korquad_dev.jsonl, eval/autorag_{corpus,qa}.jsonl, eval/tydi_ko_passages.jsonl and
eval/tydi_en2ko_200.jsonl. Every passage becomes a file of its own; an article counts with its best chunk. Prints, for
each set, nDCG@10, recall@1 and recall@5 (ir-measures) of BM25 alone, the encoder alone and the mix that is used, then
the time to build, the time of a question and the memory of the process.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ir_measures
from ir_measures import R, nDCG

from index.build import build
from index.encoder import Encoder, SentenceTransformerEncoder
from index.records import Hit
from index.store import Index, open_index
from index.tokens import tokenize
from qa.retrieve import retrieve

MEASURES = (nDCG @ 10, R @ 1, R @ 5)
_POOL = 50  # chunks ranked a question; the best chunk of an article stands for it

Run = dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalSet:
    """Passages by id, questions, and for each question the ids of the passages that answer it."""

    name: str
    passages: dict[str, str]
    questions: list[str]
    gold: list[set[str]]


def read_sets(folder: Path) -> Iterator[EvalSet]:
    corpus = {r["id"]: r["text"] for r in _lines(folder / "autorag_corpus.jsonl")}
    asked = _lines(folder / "autorag_qa.jsonl")
    number = {page: f"{i:05d}.txt" for i, page in enumerate(corpus)}
    yield EvalSet(
        name="AutoRAG-ko",
        passages={number[page]: text for page, text in corpus.items()},
        questions=[r["question"] for r in asked],
        gold=[{number[page] for page in r["gold"]} for r in asked],
    )
    korquad = _lines(folder / "korquad_dev.jsonl")
    yield _by_passage_text("KorQuAD dev", [r["passage"] for r in korquad], korquad, "question")
    tydi = [r["passage"] for r in _lines(folder / "tydi_ko_passages.jsonl")]
    questions = _lines(folder / "tydi_en2ko_200.jsonl")
    yield _by_passage_text("TyDi en->ko", tydi, questions, "en_q")
    yield _by_passage_text("TyDi ko->ko", tydi, questions, "ko_q")


def _by_passage_text(name: str, passages: Sequence[str], asked: Sequence[dict[str, Any]], key: str) -> EvalSet:
    number = {text: f"{i:05d}.txt" for i, text in enumerate(dict.fromkeys(passages))}
    return EvalSet(
        name=name,
        passages={article_id: text for text, article_id in number.items()},
        questions=[r[key] for r in asked],
        gold=[{number[r["passage"]]} for r in asked],
    )


def measure(eval_set: EvalSet, encoder: Encoder, folder: Path) -> dict[str, Any]:
    articles, store = folder / "articles", folder / "store"
    articles.mkdir(parents=True)
    for article_id, text in eval_set.passages.items():
        (articles / article_id).write_text(text, encoding="utf-8")
    report = build(articles, store, encoder)
    index = open_index(store)
    same_as = dict(report.duplicates)
    qrels = {
        str(i): {same_as.get(article_id, article_id): 1 for article_id in gold} for i, gold in enumerate(eval_set.gold)
    }
    runs: dict[str, Run] = {"BM25": {}, "dense": {}, "mixed": {}}
    seconds = 0.0
    for i, question in enumerate(eval_set.questions):
        started = time.perf_counter()
        passages = retrieve(question, index, encoder, k=_POOL)
        seconds += time.perf_counter() - started
        runs["mixed"][str(i)] = _best((p.chunk.article_id, p.score) for p in passages)
        runs["BM25"][str(i)] = _by_article(index, index.search_lexical(tokenize(question), _POOL))
        runs["dense"][str(i)] = _by_article(index, index.search_dense(encoder.encode_queries([question])[0], _POOL))
    return {
        "set": eval_set.name,
        "questions": len(eval_set.questions),
        "articles": len(index.articles),
        "chunks": len(index.chunks),
        "build_s": round(report.seconds, 1),
        "ms_a_question": round(1000 * seconds / len(eval_set.questions), 1),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "scores": {name: _scores(qrels, run) for name, run in runs.items()},
    }


def _by_article(index: Index, hits: Sequence[Hit]) -> dict[str, float]:
    return _best((index.chunks[hit.row].article_id, hit.score) for hit in hits)


def _best(scored: Iterable[tuple[str, float]]) -> dict[str, float]:
    best: dict[str, float] = {}
    for article_id, score in scored:
        best[article_id] = max(score, best.get(article_id, float("-inf")))
    return best


def _scores(qrels: dict[str, dict[str, int]], run: Run) -> dict[str, float]:
    results = ir_measures.calc_aggregate(MEASURES, qrels, run)
    return {str(measure): round(float(results[measure]), 4) for measure in MEASURES}


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _print(row: dict[str, Any]) -> None:
    print(
        f"{row['set']}: {row['questions']} questions, {row['articles']} articles, {row['chunks']} chunks; "
        f"built in {row['build_s']} s, {row['ms_a_question']} ms a question, peak {row['peak_mb']} MB"
    )
    for name, scores in row["scores"].items():
        print(f"  {name:<6}" + "  ".join(f"{measure} {value:.3f}" for measure, value in scores.items()), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", default="bundled")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    encoder = SentenceTransformerEncoder(options.model)
    for eval_set in read_sets(options.data / "eval"):
        with tempfile.TemporaryDirectory() as folder:
            row = measure(eval_set, encoder, Path(folder))
        if options.json:
            print(json.dumps(row, ensure_ascii=False), flush=True)
        else:
            _print(row)


if __name__ == "__main__":
    main()
