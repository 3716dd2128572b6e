"""Make the bilingual lexicon: python -m training.lexicon DATA_DIR [--own FOLDER ...] [--out FILE]

DATA_DIR holds parallel/own_*.tsv and qa/own_*.jsonl; FOLDERs hold more own_reader files. Nothing of eval/ is read, and
no question of TyDi, in whatever language: benchmarks ask those. Writes `index/lexicon.tsv`:

- the months, and the lines of training/own/lexicon.txt, written by hand without a look at any evaluation question;
- every glossary entry whose Korean side is one term ("National Assembly", 국회);
- words aligned in all the texts by IBM Model 1 (Brown and others, 1993) in both directions, kept if both think so.
"""

from __future__ import annotations

import argparse
import calendar
import itertools
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from index import lexicon
from index.tokens import tokenize
from index.transliteration import Names
from training.reading import stories
from training.texts import read_jsonl

Pair = tuple[Sequence[str], Sequence[str]]


class Text(NamedTuple):
    """The same in both languages; texts of one `source` may all be about one invented thing."""

    source: str
    korean: str
    english: str


Probabilities = dict[tuple[str, str], float]

_HAND = Path(__file__).parent / "own" / "lexicon.txt"
_GLOSSARIES = ("own_terms_tech", "own_terms_gen")
_PARALLEL = ("own_sents_tech", "own_sents_gen")
_ITERATIONS = 6
_LEAST = 0.2  # geometric mean of the two probabilities ...
_LEAST_EACH = 0.1  # ... and each of them
_MOST = 4  # translations of a word
_FEWEST = 3  # sources that hold both, or ...
_FEWEST_IF_SURE = 2  # ... if the mean is at least ...
_SURE = 0.3
_FEWEST_NAME = 5  # for words that sound alike: most are invented names, and the bridge finds them by their sound
_HANGUL = re.compile(r"[가-힣]+")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def main() -> None:
    """Read, align, merge and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument(
        "--own", type=Path, nargs="*", default=[_HAND.parent], help="folders with more own_reader files"
    )
    parser.add_argument("--out", type=Path, default=Path(lexicon.__file__).with_suffix(".tsv"))
    options = parser.parse_args()
    glossary = [pair for name in _GLOSSARIES for pair in _tab_separated(options.data / "parallel" / f"{name}.tsv")]
    texts = [
        *(Text(f"glossary {i}", *pair) for i, pair in enumerate(glossary)),
        *_texts(options.data / "parallel", [options.data / "qa", *options.own]),
    ]
    words = aligned(texts)
    entries: dict[tuple[str, ...], tuple[str, list[str]]] = {}
    for english, korean in [*_hand(), *_phrases(glossary)]:
        if (terms := tuple(tokenize(english))) and korean and terms != (korean,):
            entries.setdefault(terms, (_folded(english), []))[1].append(korean)
    by_hand = {tuple(tokenize(english)) for english, _ in _hand()}
    inside: dict[str, set[str]] = defaultdict(set)  # a phrase's translation is none of its words
    for terms, (_, translations) in entries.items():
        for translation in translations:
            inside[translation].update(terms if len(terms) > 1 else ())
    for english, korean in words:
        terms = tuple(tokenize(english))
        if terms not in by_hand and terms[0] not in inside[korean]:
            entries.setdefault(terms, (_folded(english), []))[1].append(korean)
    lines = [f"{english}\t{' '.join(dict.fromkeys(korean))}\n" for english, korean in sorted(entries.values())]
    options.out.write_text("".join(lines), encoding="utf-8")
    print(f"{len(texts)} pairs; {len(by_hand)} entries by hand, {len(words)} aligned translations, {len(lines)} lines")


def _folded(english: str) -> str:
    """Return `english` in small letters, unless that makes other terms of it (US)."""
    small = english.lower()
    return small if tokenize(small) == tokenize(english) else english


def aligned(texts: Sequence[Text]) -> list[tuple[str, str]]:
    """Return (English word, Korean term) for each translation found in `texts`, best first."""
    pairs = [(list(dict.fromkeys(tokenize(k))), list(dict.fromkeys(tokenize(e)))) for _, k, e in texts]
    to_english, to_korean = _model_1(pairs), _model_1([(e, k) for k, e in pairs])
    both = {
        (t.source, e, k) for t, (korean, english) in zip(texts, pairs, strict=True) for e in english for k in korean
    }
    together = Counter((e, k) for _, e, k in both)
    forms: dict[str, Counter[str]] = defaultdict(Counter)
    for _, _, english in texts:
        for word in _WORD.findall(english):
            for term in tokenize(word):
                forms[term][word] += 1
    found: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for (k, e), p in to_english.items():
        q = to_korean.get((e, k), 0.0)
        score = math.sqrt(p * q)
        if (
            min(p, q) >= _LEAST_EACH
            and score >= _LEAST
            and together[e, k] >= (_FEWEST_IF_SURE if score >= _SURE else _FEWEST)
            and _HANGUL.fullmatch(k)
            and e.isalpha()
            and len(e) > 1
            and not (together[e, k] < _FEWEST_NAME and Names([k]).sounding_like(forms[e].most_common(1)[0][0]))
        ):
            found[e].append((-score, k))
    return [(forms[e].most_common(1)[0][0], k) for e in sorted(found) for _, k in sorted(found[e])[:_MOST]]


def _model_1(pairs: Sequence[Pair]) -> Probabilities:
    """Return the probability that a source term, or none (""), is translated by a target term."""
    table: Probabilities = {}
    for _ in range(_ITERATIONS):
        counts: Probabilities = defaultdict(float)
        totals: dict[str, float] = defaultdict(float)
        for source, target in pairs:
            origins = [*source, ""]
            for t in target:
                weights = [table.get((s, t), 1e-9) for s in origins] if table else [1.0] * len(origins)
                total = sum(weights)
                for s, weight in zip(origins, weights, strict=True):
                    counts[s, t] += weight / total
                    totals[s] += weight / total
        table = {
            (s, t): n / (totals[s] + 1.0) for (s, t), n in counts.items() if n > 1e-4
        }  # + 1: rare words prove less
    return table


def _hand() -> Iterator[tuple[str, str]]:
    """Yield the months and the hand-written entries.

    A Korean word counts as it stands and, if Kiwi cuts it into several, as these.
    """
    yield from ((calendar.month_name[month], f"{month}월") for month in range(1, 13))
    for line in _HAND.read_text(encoding="utf-8").splitlines():
        english, translations = line.split("=")
        english = english if tokenize(english) else english.upper()  # us, the country, and not we
        for translation in translations.split():
            terms = tokenize(translation)
            joined = {x + y for x, y in itertools.permutations(terms, 2)}
            words = [term for term in terms if term not in joined]
            yield english, translation if _HANGUL.fullmatch(translation) else "+".join(words)
            if len(words) > 1 and all(len(word) > 1 for word in words):
                yield english, "+".join(words)


def _phrases(glossary: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for korean, english in glossary:
        if len(korean) > 1 and _HANGUL.fullmatch(korean) and korean in tokenize(korean) and tokenize(english):
            yield english, korean


def _texts(parallel: Path, folders: Sequence[Path]) -> Iterator[Text]:
    for name in _PARALLEL:
        yield from (Text(f"{name} {i}", *p) for i, p in enumerate(_tab_separated(parallel / f"{name}.tsv")))
    for folder in folders:
        for path in sorted(folder.glob("own_qa_*.jsonl")):
            records = enumerate(read_jsonl(path))
            yield from (Text(f"{path.stem} {i}", record["ko_q"], record["en_q"]) for i, record in records)
    for story in stories(*folders):
        if not story.held_out:  # the support model is fitted on those, and would trust their words too much
            yield from (Text(story.family or story.key, asked["ko"], asked["en"]) for asked in story.questions)


def _tab_separated(path: Path) -> Iterator[tuple[str, str]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        korean, english = line.split("\t")
        yield korean, english


if __name__ == "__main__":
    main()
