"""A Korean statement turned into a question about it, by rule: cheap, often clumsy, good enough to learn from.

    "1989년 수도 서울에서 대회가 열렸다."  ->  "언제 수도 서울에서 대회가 열렸는가?"

One part is blanked with the question word of its kind and the ending is made to ask. The point isn't grammar: a
reader's question shares some words with the sentence that answers it and lacks the answer itself.
"""

from __future__ import annotations

import random
import re

BLANKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"(?:기원전 |서기 )?\d{1,4}년(?: \d{1,2}월(?: \d{1,2}일)?)?(?:에는|에)?", ("언제", "몇 년에")),
    (r"\d[\d,.]*(?:만|억|조|천)?\s?(명|개|원|곳|회|세|살|km|m|kg|%|달러|개월|일|시간|위|번째)",
     (r"몇 \1", r"얼마나")),
    (r"^\S{2,}?(?:은|는) ", ("무엇이 ", "누가 ", "어디가 ")),
    (r"(?<= )\S{2,}?(?:을|를) ", ("무엇을 ",)),
    (r"(?<= )\S{2,}?에서 ", ("어디에서 ",)),
)  # fmt: skip
"""What may be asked for: times, amounts, the topic, the object, the place."""

_FIRST, _JONGSEONG, _N, _SS = 0xAC00, 28, 4, 20


def asking(sentence: str) -> str:
    """The ending of a statement made to ask: 열렸다 -> 열렸는가, 한다 -> 하는가, 이다 -> 인가."""
    said = sentence.rstrip(" .!?\"'”’")
    if said.endswith("습니다"):
        return said[:-3] + "습니까?"
    if not said.endswith("다") or len(said) < 3:
        return said + "?"
    stem, last = said[:-2], said[-2]
    final = (ord(last) - _FIRST) % _JONGSEONG
    if last == "이":
        return stem + "인가?"
    if last == "는":
        return stem + "는가?"
    if final == _N:
        return stem + chr(ord(last) - _N) + "는가?"
    return stem + last + ("는가?" if final == _SS else "은가?")


def question(sentence: str, rng: random.Random) -> str | None:
    """A question that the sentence answers, or None where no rule fits."""
    kinds = [(m, words) for p, words in BLANKS if (m := re.search(p, sentence))]
    if not kinds or not re.search(r"다[.\"'”]*$", sentence.strip()):
        return None
    match, words = rng.choice(kinds)
    before, after = sentence[: match.start()].split(), sentence[match.end() :]
    if len(sentence) > 50:  # a reader asks about one thing: forget some of what comes before
        before = before[rng.randint(0, len(before)) :]
    return asking(" ".join([*before, match.expand(rng.choice(words)).strip(), after.strip()]))
