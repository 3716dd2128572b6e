"""Measure a sentence encoder on Korean and English: bitext, similarity, retrieval, speed, size.

    python benchmarks/encoder.py MODEL --data DATA_DIR [--json] [--only tatoeba,klue_sts]

MODEL is any sentence-transformers folder or name, or a .json kept from --json (its table is printed again); DATA_DIR
holds `eval/`. Every set is measured the way its published
figures are: accuracy of the nearest neighbour both ways (bitext), Spearman of the cosine (similarity), the one passage
a question was written for among all of them (retrieval; dense alone, whole passages, no reranking). English STS-B shows
what learning Korean cost the English the model began with.

TyDi's pool holds 1,058 distractors that a model may know from TyDi's training questions; `tydi_*_new` ask the same 200
questions of passages that nobody may train on (theirs, and KorQuAD's as distractors).

Trap: the published figures beside ours come from other people's runs (MTEB, KURE). KorQuAD's there is MTEB's
SQuADKorV1, the same questions and passages; the rest are the same sets by name.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr
from sentence_transformers import SentenceTransformer

Vectors = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Vectors]
Score = dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table: what is measured, what issue 3 asks for, what others have published."""

    key: str
    label: str
    floor: float | None
    aim: float | None
    published: dict[str, float]


E5_SMALL, E5_LARGE, BGE, KURE = "e5-small 118M", "e5-large 560M", "bge-m3 568M", "KURE-v1 568M"
BEKKO, MINILM_12, LABSE = "bekko-a8m 106M", "mMiniLM-L12 118M", "LaBSE 471M"
STATIC = "static-mrl"
ROWS = (
    Row(
        key="tatoeba", label="Tatoeba ko-en accuracy", floor=0.85, aim=0.92,
        published={E5_SMALL: 0.799, BEKKO: 0.825, BGE: 0.921, E5_LARGE: 0.927, LABSE: 0.929,
                   MINILM_12: 0.942, STATIC: 0.689},
    ),
    Row(key="parknews", label="park-news ko-en accuracy", floor=0.80, aim=0.90, published={}),
    Row(key="flores", label="FLORES ko-en accuracy", floor=0.975, aim=0.99, published={}),
    Row(
        key="korsts", label="KorSTS test Spearman", floor=0.76, aim=0.80,
        published={LABSE: 0.706, MINILM_12: 0.744, E5_SMALL: 0.771, E5_LARGE: 0.805, KURE: 0.813,
                   STATIC: 0.627},
    ),
    Row(
        key="klue_sts", label="KLUE-STS dev Spearman", floor=0.68, aim=0.76,
        published={MINILM_12: 0.659, E5_SMALL: 0.758, LABSE: 0.828, E5_LARGE: 0.834, KURE: 0.877,
                   STATIC: 0.584},
    ),
    Row(
        key="korquad", label="KorQuAD dev dense nDCG@10", floor=0.78, aim=0.89,
        published={STATIC: 0.668, BEKKO: 0.887, E5_SMALL: 0.896, BGE: 0.904, KURE: 0.936},
    ),
    Row(key="tydi_en_ko", label="TyDi en question -> ko passage R@5", floor=0.84, aim=0.92,
        published={}),
    Row(key="tydi_ko_ko", label="TyDi ko question -> ko passage R@5", floor=0.80, aim=0.92,
        published={}),
    Row(key="tydi_en_new", label="TyDi en -> ko R@5, no passage trained on", floor=None, aim=None, published={}),
    Row(key="tydi_ko_new", label="TyDi ko -> ko R@5, no passage trained on", floor=None, aim=None, published={}),
    Row(key="stsb_en", label="STS-B test Spearman, English", floor=None, aim=None,
        published={"all-MiniLM-L6-v2 23M": 0.820}),
)  # fmt: skip


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """All records of a JSON Lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def read_lines(path: Path) -> list[str]:
    """All lines, kept in order: line i of one side is line i of the other."""
    return path.read_text(encoding="utf-8").rstrip("\n").split("\n")


def bitext(encode: Encode, left: Sequence[str], right: Sequence[str]) -> Score:
    """How often the nearest sentence of the other language is the translation, each way and mean."""
    similarity = encode(left) @ encode(right).T
    gold = np.arange(len(left))
    there = float((similarity.argmax(1) == gold).mean())
    back = float((similarity.argmax(0) == gold).mean())
    return {"score": (there + back) / 2, "ko_to_en": there, "en_to_ko": back}


def similarity(encode: Encode, left: Sequence[str], right: Sequence[str], gold: Sequence[float]) -> Score:
    """Spearman of the cosine against people's judgements."""
    cosine = (encode(left) * encode(right)).sum(1)
    return {"score": float(spearmanr(cosine, gold).statistic), "pairs": float(len(gold))}


def retrieval(encode: Encode, questions: Sequence[str], golds: Sequence[str], passages: Sequence[str]) -> Score:
    """Rank of each question's own passage among `passages`; equal passages count once.

    With one right passage, nDCG@10 is 1 / log2(rank + 1) up to rank 10: rank 1 gives 1, rank 2 .63.
    """
    place = {text: i for i, text in enumerate(passages)}
    if len(place) != len(passages):
        raise ValueError("passages repeat; expected each once; drop the doubles before measuring")
    gold = np.array([place[text] for text in golds])
    scores = encode(questions) @ encode(passages).T
    own = scores[np.arange(len(gold)), gold]
    rank = (scores > own[:, None]).sum(1) + 1
    gain = np.where(rank <= 10, 1 / np.log2(rank + 1), 0.0)
    recall = {f"recall@{k}": float((rank <= k).mean()) for k in (1, 5, 20)}
    return {"ndcg@10": float(gain.mean()), **recall}


def measure(encode: Encode, folder: Path, key: str) -> Score:
    """One set by its key; `score` in the answer is the figure of the table."""
    if key == "tatoeba":
        return bitext(encode, read_lines(folder / "tatoeba_ko.ko"), read_lines(folder / "tatoeba_ko.en"))
    if key == "parknews":
        return bitext(encode, read_lines(folder / "parknews_test.ko"), read_lines(folder / "parknews_test.en"))
    if key == "flores":
        return bitext(encode, read_lines(folder / "flores_sib.ko"), read_lines(folder / "flores_sib.en"))
    if key in ("korsts", "stsb_en"):
        rows = [line.split("\t") for line in read_lines(folder / "korsts_test.tsv")]
        if key == "stsb_en":
            pairs = (line.split("\t") for line in read_lines(folder / "korsts_test_koen.tsv"))
            english = {korean: text for korean, text, *_ in pairs}
            rows = [[s, english[a], english[b]] for s, a, b in rows if a in english and b in english]
        scores, left, right = zip(*rows, strict=True)
        return similarity(encode, left, right, [float(s) for s in scores])
    if key == "klue_sts":
        records = read_jsonl(folder / "klue_sts_dev.jsonl")
        return similarity(
            encode,
            [r["sentence1"] for r in records],
            [r["sentence2"] for r in records],
            [r["labels"]["real-label"] for r in records],
        )
    if key == "korquad":
        records = read_jsonl(folder / "korquad_dev.jsonl")
        golds = [r["passage"] for r in records]
        found = retrieval(encode, [r["question"] for r in records], golds, list(dict.fromkeys(golds)))
        return {"score": found["ndcg@10"], **found}
    records = read_jsonl(folder / "tydi_en2ko_200.jsonl")
    golds = [r["passage"] for r in records]
    if key.endswith("_new"):
        others = [r["passage"] for r in read_jsonl(folder / "korquad_dev.jsonl")]
        passages = list(dict.fromkeys(golds + others))
    else:
        passages = [r["passage"] for r in read_jsonl(folder / "tydi_ko_passages.jsonl")]
    side = "en_q" if key.startswith("tydi_en") else "ko_q"
    found = retrieval(encode, [r[side] for r in records], golds, passages)
    return {"score": found["recall@5"], **found}


def speed(model: SentenceTransformer, folder: Path) -> Score:
    """Milliseconds a question (one at a time, median) and passages a second (batches of 32)."""
    questions = [r["ko_q"] for r in read_jsonl(folder / "tydi_en2ko_200.jsonl")][:100]
    passages = [r["passage"] for r in read_jsonl(folder / "tydi_ko_passages.jsonl")][:256]
    model.encode(questions[:3])
    each = []
    for question in questions:
        start = time.perf_counter()
        model.encode(question)
        each.append(time.perf_counter() - start)
    start = time.perf_counter()
    model.encode(passages, batch_size=32)
    rate = len(passages) / (time.perf_counter() - start)
    pieces = model.tokenizer(passages, truncation=False)["input_ids"]
    return {
        "ms_a_question": 1000 * float(np.median(each)),
        "passages_a_second": rate,
        "pieces_a_passage": float(np.mean([len(p) for p in pieces])),
    }


def size(model: SentenceTransformer, name: str) -> Score:
    """Parameters in millions and, for a folder, its megabytes on disk."""
    found = {"parameters_m": sum(p.numel() for p in model.parameters()) / 1e6}
    if (folder := Path(name)).is_dir():
        files = [f for f in folder.rglob("*") if f.is_file()]
        found["folder_mb"] = sum(f.stat().st_size for f in files) / 1e6
    return found


def table(results: dict[str, Score]) -> str:
    """The table of issue 3's 'Done means' in Markdown, published figures at the end of each line."""
    lines = ["| set | here | floor | aim | published |", "| --- | --- | --- | --- | --- |"]
    for row in ROWS:
        if row.key not in results:
            continue
        cells = [row.label, f"{results[row.key]['score']:.3f}"]
        cells += ["-" if x is None else f"{x:.3f}" for x in (row.floor, row.aim)]
        others = sorted(row.published.items(), key=lambda item: item[1])
        cells.append(", ".join(f"{name} {value:.3f}" for name, value in others) or "-")
        lines.append("| " + " | ".join(cells) + " |")
    for key in ("speed", "size"):
        if key in results:
            lines.append(f"\n{key}: " + ", ".join(f"{k} {v:.1f}" for k, v in results[key].items()))
    return "\n".join(lines)


def main() -> None:
    """Command line: measure, then print the table or everything as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("model")
    parser.add_argument("--data", type=Path, required=True, help="folder that holds eval/")
    parser.add_argument("--json", action="store_true", help="every figure, as JSON")
    parser.add_argument("--only", default="", help="keys of sets, separated by commas; speed, size")
    parser.add_argument("--device", default="cpu")
    args = parser.parse_args()
    if args.model.endswith(".json"):
        print(table(json.loads(Path(args.model).read_text(encoding="utf-8"))))
        return
    # transformers 5 keeps the dtype of the file, and half precision crawls on a CPU without it
    single = {"dtype": torch.float32}
    model = SentenceTransformer(args.model, device=args.device, model_kwargs=single)

    known: dict[str, Vectors] = {}  # sets share passages

    def encode(texts: Sequence[str]) -> Vectors:
        if new := [t for t in dict.fromkeys(texts) if t not in known]:
            found = model.encode(new, batch_size=64, normalize_embeddings=True)
            known.update(zip(new, np.asarray(found, dtype=np.float32), strict=True))
        return np.stack([known[t] for t in texts])

    wanted = [k for k in args.only.split(",") if k] or [r.key for r in ROWS] + ["speed", "size"]
    results: dict[str, Score] = {}
    for key in wanted:
        if key == "speed":
            results[key] = speed(model, args.data / "eval")
        elif key == "size":
            results[key] = size(model, args.model)
        else:
            results[key] = measure(encode, args.data / "eval", key)
    print(json.dumps(results, indent=1) if args.json else table(results))


if __name__ == "__main__":
    main()
