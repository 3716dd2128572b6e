"""Learn how the sounds of Hangul words are spelled in Latin letters: python -m training.transliteration DATA [--out F]

DATA holds parallel/{own_terms_*,own_sents_*,geonames_cities}.tsv and qa/own_{qa,reader}_*.jsonl, nothing of eval/.
Prints how well names that were held out are found among all the others, then writes `index/transliteration.tsv`.

Expectation maximisation over all ways to cut a pair into sounds and spellings.
Pairs that are translations ("안보리", "Security Council") are dropped as soon as their letters cost more bits than they
are worth. Two rounds: the pairs of a list, then also the names of our own sentences, found with the first model.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from index import transliteration
from index.tokens import tokenize
from index.transliteration import Names, letters, sounds

Pair = tuple[str, str]
"""The jamo of a Hangul name, and its letters."""
Model = dict[str, dict[str, float]]
"""The probability of each spelling of each sound."""

# What the search begins from: the Revised Romanisation of each sound, and how foreign names spell it most often.
_ONSETS = {
    "가": "g k gu gh", "까": "kk k c", "나": "n nn", "다": "d t dd", "따": "tt t", "라": "r l rr rh", "마": "m mm",
    "바": "b v w p", "빠": "pp p", "사": "s c sh th ss z x", "싸": "ss s", "자": "j z g zh s dz ge", "짜": "jj z ch",
    "차": "ch c ts tz q tch z", "카": "k c qu q ck ch kh", "타": "t tt th", "파": "p f ph pp ff", "하": "h f kh ch j g",
}  # fmt: skip
_VOWELS = {
    "아": "a ar ah", "애": "ae a ai", "야": "ya ia ja", "얘": "yae ya", "어": "eo u o e a er ur or ar ir",
    "에": "e a ai ei ay", "여": "yeo yu yo ye you", "예": "ye je e", "오": "o au oa ow or oh eau", "와": "wa ua oa",
    "왜": "wae", "외": "oe oi o eu", "요": "yo jo", "우": "u oo ou o w woo wu", "워": "wo wa", "웨": "we ue",
    "위": "wi u ui y", "유": "yu u ew you eu iu", "으": "eu e u", "의": "ui ee i", "이": "i e y ee ea ie ey yi lee",
}  # fmt: skip
_CODAS = {
    "악": "k c ck g", "안": "n nn ne", "앗": "t tt d", "알": "l ll le lle r", "암": "m me mm", "압": "p b v pp",
    "앙": "ng n m",
}  # fmt: skip
_PAIRS = {
    "에이": "a ay ai ey ei", "아이": "i y ai ei ay igh", "아우": "ou ow au", "오이": "oi oy eu", "이어": "ear ier ere",
    "에어": "air are", "우어": "ur oor", "이아": "ia ea", "이오": "io eo", "이에": "ie ier",
}  # fmt: skip
# How Koreans spell their own names, whatever the romanisation says. Few are in the lists, so they are not learnt.
_SYLLABLES = {
    "박": "park pak", "최": "choi choe", "이": "lee rhee yi", "노": "roh", "임": "lim", "유": "yoo", "류": "ryu",
    "윤": "yoon", "우": "woo", "오": "oh", "문": "moon", "신": "shin", "심": "shim", "서": "suh", "허": "huh",
    "손": "sohn", "안": "ahn", "정": "chung jung", "전": "chun", "조": "cho", "주": "joo", "구": "koo",
    "권": "kwon", "백": "paik", "반": "ban", "희": "hee", "석": "suk seok", "영": "young", "연": "youn",
    "현": "hyun", "형": "hyung", "혁": "hyuk", "효": "hyo", "선": "sun", "순": "soon", "숙": "sook", "수": "soo",
    "성": "sung", "승": "seung", "준": "joon", "중": "joong", "진": "jin", "철": "chul", "춘": "choon",
    "훈": "hoon", "환": "hwan", "경": "kyung", "광": "kwang", "국": "kook", "규": "kyu", "근": "keun", "건": "kun",
    "기": "ki", "교": "kyo", "길": "kil", "동": "dong", "두": "doo", "덕": "duk", "민": "min", "병": "byung",
    "복": "bok", "상": "sang", "용": "yong", "운": "woon", "은": "eun", "원": "won", "재": "jae", "종": "jong",
    "지": "jee", "태": "tae", "택": "taek", "학": "hak", "해": "hae", "홍": "hong", "화": "hwa", "회": "hoe",
    "일": "il", "옥": "ok", "빈": "bin", "범": "beom",
}  # fmt: skip
_SYLLABLE = 1 / 8  # the probability of each of these
_MERGED = {"ᆯᄅ": "l ll", "ᆫᄅ": "ll nl", "ᆼᄀ": "ng"}
_ITERATIONS = 8
_SEED = 0.004  # the probability of a spelling of the seed that was not learnt
_UNSEEN = 0.0025  # a spelling that was never seen, ...
_UNSEEN_LETTER = 1 / 12  # ... and for each of its letters
_RAREST = 0.002
_FEWEST = 2.0  # times that a spelling must be expected in all pairs
_MOST_BITS = 2.7  # a letter, in a pair that is learnt from
_NAME = re.compile(r"[가-힣]{2,12}")
_CAPITALISED = re.compile(r"[A-ZÀ-Þ][^\W\d_]*(?:-[^\W\d_]+)*(?: [A-ZÀ-Þ][^\W\d_]*(?:-[^\W\d_]+)*)*")
# An onset, a vowel, a coda, two vowels of two syllables, or two consonants that are heard as one (신라 Silla).
_SOUND = re.compile(r"[ᄀ-ᄊᄌ-ᄒ]|ᄋ?[ᅡ-ᅵ]|[ᅡ-ᅵ]ᄋ[ᅡ-ᅵ]|[ᆨ-ᇂ]|[ᆯᆫ]ᄅ|ᆼᄀ")


def main() -> None:
    """Learn, measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=Path(transliteration.__file__).with_suffix(".tsv"))
    options = parser.parse_args()
    pairs = sorted(set(_listed(options.data / "parallel")))
    write(options.out, learn(pairs))
    pairs = sorted({*pairs, *_found_in_sentences(options.data)})
    random.Random(0).shuffle(pairs)
    held_out = pairs[: len(pairs) // 10]
    write(options.out, learn(pairs[len(held_out) :]))
    measure(held_out, pairs)
    write(options.out, learn(pairs))


def learn(pairs: Iterable[Pair]) -> Model:
    """Return the spellings that make `pairs` likeliest."""
    model = _seed()
    for _ in range(_ITERATIONS):
        counts: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        kept = 0
        for hangul, latin in pairs:
            expected, bits = _expected(hangul, latin, model)
            if bits < _MOST_BITS * len(latin):
                kept += 1
                for (sound, spelling), count in expected.items():
                    counts[sound][spelling] += count
        model = {}
        for sound, seen in counts.items():
            total = sum(seen.values()) + 0.5
            model[sound] = {spelling: n / total for spelling, n in seen.items() if n > _FEWEST and n / total > _RAREST}
    print(f"{kept} pairs, {sum(map(len, model.values()))} spellings")
    for syllable, words in _SYLLABLES.items():
        for word in words.split():
            model.setdefault(sounds(syllable), {})[word] = _SYLLABLE
    for sound, spellings in _seed().items():
        for spelling in spellings:
            model.setdefault(sound, {}).setdefault(spelling, _SEED)
    return model


def write(path: Path, model: Model) -> None:
    """Write one sound a line, then its spellings with their bits, the most frequent first."""
    lines = []
    for sound, spellings in sorted(model.items()):
        ranked = sorted(spellings.items(), key=lambda item: (-item[1], item[0]))
        cells = [f"{spelling}:{-math.log2(p):.1f}" for spelling, p in ranked]
        lines.append("\t".join([unicodedata.normalize("NFC", sound), *cells]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    transliteration.forget_table()


def measure(held_out: Iterable[Pair], pairs: Iterable[Pair]) -> None:
    """Print how many names find their own other form among all, and how many of those found are it."""
    hangul_of, latin_of = defaultdict(set), defaultdict(set)
    for hangul, latin in pairs:
        hangul_of[latin].add(unicodedata.normalize("NFC", hangul))
        latin_of[unicodedata.normalize("NFC", hangul)].add(latin)
    names = Names([*hangul_of, *latin_of])
    for title, right in (("Latin -> Hangul", hangul_of), ("Hangul -> Latin", latin_of)):
        asked = [latin if right is hangul_of else unicodedata.normalize("NFC", hangul) for hangul, latin in held_out]
        found = [names.sounding_like(name) for name in asked]
        hits = sum(bool(right[name] & set(f)) for name, f in zip(asked, found, strict=True))
        precise = sum(len(right[name] & set(f)) for name, f in zip(asked, found, strict=True))
        print(
            f"{title}: {len(asked)} names among {len(right)}; found {hits / len(asked):.3f}, "
            f"{precise / max(1, sum(map(len, found))):.3f} of what is found is listed"
        )


def _seed() -> Model:
    spellings = {_jamo(s)[0]: w for s, w in _ONSETS.items()} | {_jamo(s)[2]: w for s, w in _CODAS.items()} | _MERGED
    for syllable, words in _VOWELS.items():
        spellings[_jamo(syllable)] = spellings[_jamo(syllable)[1]] = words
    spellings |= {_jamo(pair)[1:]: words for pair, words in _PAIRS.items()}
    model = {sound: {w: 1 / len(words.split()) for w in words.split()} for sound, words in spellings.items()}
    return model | {"ᅳ": {"": 0.9, "eu": 0.1}}  # the vowel that only parts consonants


def _jamo(syllables: str) -> str:
    return unicodedata.normalize("NFD", syllables)


def _expected(hangul: str, latin: str, model: Model) -> tuple[dict[tuple[str, str], float], float]:
    """Return how often each spelling of each sound is expected in a pair, and the bits of the pair."""
    places, ends = len(hangul) + 1, len(latin) + 1
    forward = [[0.0] * ends for _ in range(places)]
    backward = [[0.0] * ends for _ in range(places)]
    forward[0][0] = 1.0
    steps = []
    for at in range(places - 1):
        for end in range(at + 1, min(at + 3, places - 1) + 1):
            if not _SOUND.fullmatch(sound := hangul[at:end]):
                continue
            known = model.get(sound, {})
            shortest = 1 if sound[0] <= "ᄒ" and sound[0] != "ᄋ" else 0  # a consonant is always spelled
            for start in range(ends):
                if not forward[at][start]:
                    continue
                for stop in range(start + shortest, min(start + 4, ends - 1) + 1):
                    spelling = latin[start:stop]
                    p = known.get(spelling, 0.0) * 0.95 + _UNSEEN * _UNSEEN_LETTER ** len(spelling)
                    forward[end][stop] += forward[at][start] * p
                    steps.append((at, end, start, stop, p))
    for stop in range(ends):
        backward[-1][stop] = 2.0 ** -transliteration.ENDINGS.get(latin[stop:], math.inf)
    total = sum(f * b for f, b in zip(forward[-1], backward[-1], strict=True))
    if not total:
        return {}, math.inf
    counts: dict[tuple[str, str], float] = defaultdict(float)
    for at, end, start, stop, p in reversed(steps):
        backward[at][start] += p * backward[end][stop]
    for at, end, start, stop, p in steps:
        counts[hangul[at:end], latin[start:stop]] += forward[at][start] * p * backward[end][stop] / total
    return counts, -math.log2(total)


def _listed(folder: Path) -> Iterator[Pair]:
    for path in (*sorted(folder.glob("own_terms_*.tsv")), folder / "geonames_cities.tsv"):
        for line in path.read_text(encoding="utf-8").splitlines():
            hangul, latin = (part.replace(" ", "") for part in line.split("\t"))
            if _NAME.fullmatch(hangul) and letters(latin):
                yield sounds(hangul), letters(latin)


def _found_in_sentences(data: Path) -> Iterator[Pair]:
    for korean, english in _own_sentences(data):
        names = Names(set(tokenize(korean)))
        for match in _CAPITALISED.finditer(english):
            for hangul in names.sounding_like(match.group()):
                yield sounds(hangul), letters(match.group())


def _own_sentences(data: Path) -> Iterator[tuple[str, str]]:
    for path in sorted((data / "parallel").glob("own_sents_*.tsv")):
        for line in path.read_text(encoding="utf-8").splitlines():
            korean, english = line.split("\t")
            yield korean, english
    for path in sorted([*(data / "qa").glob("own_qa_*.jsonl"), *(data / "qa").glob("own_reader_*.jsonl")]):
        for line in path.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            if "ko_q" in record:
                yield record["ko_q"], record["en_q"]
            for question in record.get("questions", ()):
                yield question["ko"], question["en"]


if __name__ == "__main__":
    main()
