"""Data folder -> what is trained on: `bitext.jsonl` and `documents.jsonl`, weighted and leak-checked.

Worth decides weight, not size: of 385k pairs most are software documentation, while people, places, news and daily talk
are a few thousand each. So every file has a cap (pairs sampled from it) and a number of times a pair is seen an epoch.
Anything that stands in `eval/`, on either side, is dropped; how many were is written to `prepared.json`.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from training.cloze import question
from training.texts import Held, clean, letters, read_jsonl, sentences, write_jsonl

BITEXT: dict[str, tuple[int, int]] = {
    # file of parallel/: (cap, times an epoch)
    "own_sents_gen": (9_999, 4),
    "own_sents_tech": (9_999, 4),
    "own_terms_gen": (9_999, 2),
    "own_terms_tech": (9_999, 2),
    "parknews_dev": (9_999, 5),
    "tatoeba_anki": (9_999, 4),
    "jhe": (9_999, 4),
    "opensource_guide": (9_999, 2),
    "hf_course": (9_999, 1),
    "freecodecamp": (9_999, 1),
    "stellarium_skycultures": (9_999, 2),
    "korsts_train": (9_999, 2),
    "pawsx_dev": (9_999, 1),
    "pawsx_test": (9_999, 1),
    "ruby_lang": (9_999, 1),
    "owasp_top10": (9_999, 1),
    "wiktionary_enko": (10_000, 1),
    "kengdic_6000": (9_999, 1),
    "cldr": (1_500, 1),
    "mledoze_countries": (9_999, 2),
    "csc_places": (1_500, 1),
    "geonames_cities": (3_000, 1),
    "bible_kids_web": (12_000, 1),
    "bible_okb_web": (4_000, 1),
    "gnome_user_docs": (3_000, 1),
    "wikipedia_android": (9_999, 1),
    "osm_website": (800, 1),
    "osm_id": (800, 1),
    "mediawiki_wikilambda": (9_999, 1),
    "react_docs": (4_000, 1),
    "vue_docs": (2_000, 1),
    "python_docs": (5_000, 1),
    "tensorflow_docs": (3_000, 1),
    "msdocs_cpp_ht": (2_000, 1),
    "msdocs_powershell": (1_000, 1),
    "d2l_mt": (2_000, 1),
    "tldr": (1_500, 1),
}

JOINED: dict[str, int] = {
    # file whose lines follow one another: windows of four lines, as passages in two languages
    "bible_kids_web": 2_000,
    "opensource_guide": 9_999,
    "hf_course": 9_999,
    "ruby_lang": 800,
    "react_docs": 800,
    "jhe": 9_999,
}
WINDOW = 4

HEADINGS = 1_500
SHORT, LONG = 2, 600
"""Letters a side of a pair may have: below is noise, above is cut by the model anyway."""


def _pairs(folder: Path, name: str) -> list[tuple[str, str]]:
    """Korean and English of a file of parallel/, cleaned, in order."""
    lines = (folder / "parallel" / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    cells = (line.split("\t") for line in lines)
    return [(clean(c[0]), clean(c[1])) for c in cells if len(c) > 1]


def _windows(folder: Path, name: str, most: int, rng: random.Random) -> list[list[tuple[str, str]]]:
    """Stretches of `WINDOW` pairs that follow one another: a passage in two languages."""
    rows = _pairs(folder, name)
    found = [rows[i : i + WINDOW] for i in range(0, len(rows) - WINDOW, WINDOW)]
    return rng.sample(found, min(most, len(found)))


def bitext(folder: Path, own: Path | None, rng: random.Random) -> Iterator[dict[str, Any]]:
    """Weighted Korean-English pairs: {source, ko, en, times}."""
    for name, (cap, times) in BITEXT.items():
        rows = dict.fromkeys(_pairs(folder, name))
        pairs = [p for p in rows if all(SHORT <= len(s) <= LONG for s in p)]
        for ko, en in rng.sample(pairs, min(cap, len(pairs))):
            yield {"source": name, "ko": ko, "en": en, "times": times}
    for name, cap in JOINED.items():
        for window in _windows(folder, name, cap, rng):
            ko, en = (" ".join(side) for side in zip(*window, strict=True))
            yield {"source": f"{name}+joined", "ko": ko, "en": en, "times": 1}
    for path in sorted(own.glob("own_tydi_en.jsonl")) if own else []:
        for r in read_jsonl(path):
            yield {"source": path.stem, "ko": r["ko_q"], "en": r["en_q"], "times": 3}
    for path in sorted((folder / "qa").glob("own_qa_*.jsonl")):
        for r in read_jsonl(path):
            yield {"source": path.stem, "ko": r["ko_q"], "en": r["en_q"], "times": 3}
    for path in sorted((folder / "qa").glob("own_reader_*.jsonl")):
        for r in read_jsonl(path):
            for q in r["questions"]:
                yield {"source": path.stem, "ko": q["ko"], "en": q["en"], "times": 2}


def _asked(passage: str, rng: random.Random, most: int) -> list[str]:
    """Up to `most` questions made by rule from sentences of the passage."""
    parts = [p for p in sentences(passage) if 15 <= len(p) <= 160]
    found = (question(part, rng) for part in rng.sample(parts, min(2 * most, len(parts))))
    return [q for q in found if q][:most]


def documents(folder: Path, own: Path | None, rng: random.Random) -> Iterator[dict[str, Any]]:
    """Passages with what should find them: {source, group, passage, article, asked, made, times}.

    `asked` are people's questions, in both languages where there are any; `made` come from the passage itself (a
    sentence, or a question by rule). Documents of one `group` are alike in length and kind and are trained in batches
    of their own, so that the others of a batch are hard to tell from the right one; of one `article`, never each
    other's wrong answers.
    """
    qa = folder / "qa"
    english: dict[str, str] = {}
    for path in sorted(own.glob("own_tydi_en.jsonl")) if own else []:
        english.update((r["ko_q"], r["en_q"]) for r in read_jsonl(path))
    wiki: dict[str, list[str]] = {}
    for r in read_jsonl(qa / "tydiqa_ko_train.jsonl"):
        questions = wiki.setdefault(clean(r["passage"]), [])
        korean = clean(r["question"])
        questions += [korean, *([english[korean]] if korean in english else [])]
    for passage, asked in wiki.items():
        made = _asked(passage, rng, 3) + rng.sample(sentences(passage), 1)
        yield {"source": "tydiqa_ko_train", "group": "wiki", "passage": passage,
               "article": passage, "asked": asked, "made": made, "times": 3}  # fmt: skip
    for path in sorted(qa.glob("own_qa_*.jsonl")):
        for r in read_jsonl(path):
            text = r["ko_passage"]
            yield {"source": path.stem, "group": "news", "passage": text, "article": text,
                   "asked": [r["ko_q"], r["en_q"]], "made": _asked(text, rng, 1),
                   "times": 2}  # fmt: skip
    for path in sorted(qa.glob("own_reader_*.jsonl")):
        for r in read_jsonl(path):
            yield from _reader(path.stem, r, rng)
    headings = list(read_jsonl(qa / "doc_heading_passage.jsonl"))
    for r in rng.sample(headings, HEADINGS):
        text = clean(r["passage"])[:LONG]
        yield {"source": "doc_heading_passage", "group": "docs", "passage": text,
               "article": r["title"], "asked": [r["question"]], "made": _asked(text, rng, 1),
               "times": 1}  # fmt: skip
    for r in read_jsonl(qa / "parakqc_clusters.jsonl"):
        first, *others = rng.sample(r["sentences"], 4)
        yield {"source": "parakqc", "group": "paraphrases", "passage": first,
               "article": f"parakqc {r['cluster']}", "asked": others[:2], "made": others[2:],
               "times": 1}  # fmt: skip
    for name, cap in JOINED.items():
        for i, window in enumerate(_windows(folder, name, min(cap, 400), rng)):
            ko, en = zip(*window, strict=True)
            yield {"source": f"{name}+joined", "group": "windows", "passage": " ".join(ko),
                   "article": f"{name} {i}", "asked": [rng.choice(en)],
                   "made": [rng.choice(ko)], "times": 1}  # fmt: skip


def _reader(source: str, record: dict[str, Any], rng: random.Random) -> Iterator[dict[str, Any]]:
    """An article in two halves with the questions each answers, and its gold sentences alone."""
    said, title = record["sentences"], record["title"]
    middle = len(said) // 2
    for start, end in ((0, middle), (middle, len(said))):
        here = [q for q in record["questions"] if q["gold"] and start <= q["gold"][0] < end]
        text = " ".join(said[start:end])
        asked = [q[side] for q in here for side in ("ko", "en")]
        made = [title, *_asked(text, rng, 2)]
        yield {"source": source, "group": "articles", "passage": text, "article": title,
               "asked": asked, "made": made, "times": 2}  # fmt: skip
    for i, sentence in enumerate(said):
        here = [q for q in record["questions"] if q["gold"] and q["gold"][0] == i]
        if here:  # another sentence of the article *is* a wrong answer here, and a hard one
            yield {"source": source, "group": "sentences", "passage": sentence,
                   "article": f"{title} {i}", "asked": [q[s] for q in here for s in ("ko", "en")],
                   "made": [], "times": 1}  # fmt: skip


def prepare(data: Path, work: Path, own: Path | None = None, seed: int = 0) -> None:
    """Write both files under `work`, once; count what was kept and what was dropped as a leak.

    `own` may hold `own_tydi_en.jsonl`: English translations of TyDi's Korean training questions.
    """
    if (work / "prepared.json").exists():
        return
    work.mkdir(parents=True, exist_ok=True)
    held, rng = Held(data / "eval"), random.Random(seed)
    kept: Counter[str] = Counter()
    leaked: Counter[str] = Counter()
    pairs: dict[tuple[str, str], dict[str, Any]] = {}
    for r in bitext(data, own, rng):
        if held.shares(r["ko"]) or held.shares(r["en"]):
            leaked[r["source"]] += 1
        else:
            pairs.setdefault((letters(r["ko"]), letters(r["en"])), r)
    found: list[dict[str, Any]] = []
    for r in documents(data, own, rng):
        asked = [q for q in r["asked"] if not held.has(q)]
        leaked[f"questions of {r['source']}"] += len(r["asked"]) - len(asked)
        made = [q for q in r["made"] if not held.has(q)]
        if held.shares(r["passage"]):
            leaked[r["source"]] += 1
        elif asked or made:
            found.append({**r, "asked": asked, "made": made})
    kept.update(r["source"] for r in pairs.values())
    kept.update(f"{r['group']}: {r['source']}" for r in found)
    write_jsonl(work / "bitext.jsonl", list(pairs.values()))
    write_jsonl(work / "documents.jsonl", found)
    dropped = {source: n for source, n in leaked.items() if n}
    counts = {"seed": seed, "kept": dict(kept), "dropped_as_leaks": dropped}
    (work / "prepared.json").write_text(json.dumps(counts, indent=1), encoding="utf-8")
