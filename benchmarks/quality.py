"""How good the program is on public Korean sets and on our own questions: the README's tables in one command.

usage: python benchmarks/quality.py DATA_DIR [--sets korquad,autorag,tydi,scinews,own] [--every N] [--model NAME]
       [--json]

DATA_DIR holds eval/korquad_dev.jsonl, eval/autorag_{corpus,qa}.jsonl, eval/tydi_{ko_passages,en2ko_200}.jsonl and
eval/scinews_title_body.jsonl. Every passage becomes a file of its own and goes the whole way, files -> build ->
retrieve; an article counts with its best chunk. Prints nDCG@10 and recall@5 of BM25 alone, the encoder alone, their mix
and the mix once the reader has read the first of it (the order in which answers have their passages), beside the
published nDCG@10 of the strongest models; then what `article-qa eval` prints for our own questions. With --json, an
object a line as each set is done, with the time to build, the times of a question and the memory of the process, too.

Trap: the published figures come from other people's runs (KURE's evaluation, MTEB). KorQuAD's there is MTEB's
SQuADKorV1, the same questions and passages.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from index.build import build
from index.encoder import BUNDLED, Encoder, SentenceTransformerEncoder
from index.language import detect_language
from index.records import Chunk
from index.store import open_index
from qa import Answerer
from qa.evaluation import Evaluation, evaluate, rank_figures
from qa.gold import read_questions
from qa.judging import judge_all
from qa.reader import bundled_reader
from qa.report import report, table
from qa.rerank import read, reordered
from qa.retrieve import retrieve, search_words
from qa.support import support_model

ROOT = Path(__file__).parent.parent
SETS = ("korquad", "autorag", "tydi", "scinews", "own")
MEASURES = ("nDCG@10", "recall@5")
PUBLISHED = {
    "KorQuAD dev": "KURE-v1 .936, bge-m3 .904, e5-small .896",
    "AutoRAG-ko": "KURE-v1 .871, bge-m3 .830, e5-large .813",
}
"""nDCG@10 of dense models of 118M (e5-small) and 560M to 568M parameters; the bundled one has 34M."""

_POOL = 50  # chunks ranked a question, enough for ten articles

Record = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Questions, and for each of them the name of the passage that answers it."""

    name: str
    questions: Sequence[str]
    gold: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalSet:
    """Passages by the name of their file, and what is asked of them."""

    passages: Mapping[str, str]
    tasks: Sequence[Task]


def read_set(key: str, folder: Path) -> EvalSet:
    if key == "korquad":
        records = _lines(folder / "korquad_dev.jsonl")
        return _by_text([r["passage"] for r in records], records, {"KorQuAD dev": "question"})
    if key == "scinews":
        records = _lines(folder / "scinews_title_body.jsonl")
        return _by_text([r["passage"] for r in records], records, {"sci-news title->body": "question"})
    if key == "tydi":
        passages = [r["passage"] for r in _lines(folder / "tydi_ko_passages.jsonl")]
        asked = _lines(folder / "tydi_en2ko_200.jsonl")
        return _by_text(passages, asked, {"TyDi en->ko": "en_q", "TyDi ko->ko": "ko_q"})
    pages = {r["id"]: r["text"] for r in _lines(folder / "autorag_corpus.jsonl")}
    asked = _lines(folder / "autorag_qa.jsonl")
    name = {page: f"{i:05d}.txt" for i, page in enumerate(pages)}
    return EvalSet(
        passages={name[page]: text for page, text in pages.items()},
        tasks=[
            Task(name="AutoRAG-ko", questions=[r["question"] for r in asked], gold=[name[r["gold"][0]] for r in asked])
        ],
    )


def _by_text(passages: Sequence[str], asked: Sequence[Record], tasks: Mapping[str, str]) -> EvalSet:
    """Number different passages; `tasks` gives the field of `asked` that holds the question, by the task's name."""
    name = {text: f"{i:05d}.txt" for i, text in enumerate(dict.fromkeys(passages))}
    gold = [name[r["passage"]] for r in asked]
    return EvalSet(
        passages={name: text for text, name in name.items()},
        tasks=[Task(name=task, questions=[r[field] for r in asked], gold=gold) for task, field in tasks.items()],
    )


def measure(eval_set: EvalSet, encoder: Encoder, folder: Path, every: int) -> Iterator[Record]:
    articles, store, reader = folder / "articles", folder / "store", bundled_reader()
    articles.mkdir(parents=True)
    for name, text in eval_set.passages.items():
        (articles / name).write_text(text, encoding="utf-8")
    built = build(articles, store, encoder)
    index = open_index(store)
    same_as = dict(built.duplicates)
    for whole in eval_set.tasks:
        task = replace(whole, questions=whole.questions[::every], gold=whole.gold[::every])
        ranked: dict[str, list[list[str]]] = {"BM25": [], "dense": [], "mixed": [], "read": []}
        seconds = reading = 0.0
        for question in task.questions:
            started = time.perf_counter()
            passages = retrieve(question, index, encoder, k=_POOL)
            retrieved = time.perf_counter()
            in_order = reordered(passages, read(question, passages, index, reader))
            seconds += retrieved - started
            reading += time.perf_counter() - retrieved
            lexical = search_words(question, detect_language(question), index, _POOL)
            dense = index.search_dense(encoder.encode_queries([question])[0], _POOL)
            ranked["mixed"].append(_articles([p.chunk for p in passages]))
            ranked["read"].append(_articles([p.chunk for p in in_order]))
            ranked["BM25"].append(_articles([index.chunks[hit.row] for hit in lexical]))
            ranked["dense"].append(_articles([index.chunks[hit.row] for hit in dense]))
        relevant = [{same_as.get(name, name)} for name in task.gold]
        yield {
            "set": task.name,
            "questions": len(task.questions),
            "articles": len(index.articles),
            "chunks": len(index.chunks),
            "build_s": round(built.seconds, 1),
            "ms_a_question": round(1000 * seconds / len(task.questions), 1),
            "ms_to_read": round(1000 * reading / len(task.questions), 1),
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            "scores": {side: rank_figures(found, relevant) for side, found in ranked.items()},
        }


def _articles(chunks: Sequence[Chunk]) -> list[str]:
    return list(dict.fromkeys(chunk.article_id for chunk in chunks))


def own_questions(encoder: Encoder, store: Path) -> Evaluation:
    build(ROOT / "articles", store, encoder)
    answerer = Answerer(store, encoder=encoder, threshold=0.0)
    outcomes = judge_all(read_questions(ROOT / "tests/questions.jsonl"), answerer, ROOT / "articles")
    return evaluate(list(outcomes), support_model().threshold)


def markdown(records: Sequence[Record]) -> str:
    """Return a row for each set and measure; what is published is nDCG@10."""
    return table(
        ["set", "", "BM25 alone", "encoder alone", "both", "both, then read", "published"],
        [
            [
                f"{r['set']} ({r['questions']:,} questions, {r['articles']:,} passages)",
                measure,
                *(f"{r['scores'][side][measure]:.3f}" for side in ("BM25", "dense", "mixed", "read")),
                PUBLISHED.get(r["set"], "-") if measure == MEASURES[0] else "",
            ]
            for r in records
            for measure in MEASURES
        ],
    )


def _lines(path: Path) -> list[Record]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--sets", default=",".join(SETS), help="which, separated by commas")
    parser.add_argument("--every", type=int, default=1, help="ask only every so manyeth question", metavar="N")
    parser.add_argument("--model", default=BUNDLED)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    wanted = options.sets.split(",")
    if unknown := set(wanted) - set(SETS):
        parser.error(f"no set {', '.join(sorted(unknown))}; expected some of {', '.join(SETS)}")
    encoder = SentenceTransformerEncoder(options.model)
    records: list[Record] = []
    own: Evaluation | None = None
    for key in wanted:
        print(f"{key} ...", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory() as folder:
            if key == "own":
                own = own_questions(encoder, Path(folder) / "store")
                done: list[Record] = [{"set": "own", **asdict(own)}]
            else:
                done = list(measure(read_set(key, options.data / "eval"), encoder, Path(folder), options.every))
                records += done
        if options.json:
            print(*(json.dumps(record, ensure_ascii=False) for record in done), sep="\n", flush=True)
    if not options.json:
        print(*([markdown(records)] if records else []), *([report(own)] if own else []), sep="\n\n")


if __name__ == "__main__":
    main()
