"""A sentence -> the amounts, times and names that it states, and its other words. Korean and English, by rule.

>>> said = stated("Z홀딩스는 2021년부터 5조3000억원을 투자한다.")
>>> said.amounts, [period.words for period in said.periods]
(frozenset({('원', 5300000000000.0)}), ['2021년부터'])
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

from index.tokens import kiwi, tokenize
from qa.periods import Period, periods
from qa.question import TITLES


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What a sentence states.

    An amount is (unit, number); one without a unit is left out, and so is the day of a report ("15일 밝혔다").
    `persons` are the names that look like those of persons, `names` the others, `words` the terms of all but amounts,
    times and persons. A month without a year is of the year 2000. `is_rounded`: "약", "over"; `is_relative`: a time is
    told that would be told otherwise on another day ("last year").
    """

    amounts: frozenset[tuple[str, float]]
    periods: tuple[Period, ...]
    persons: frozenset[str]
    names: frozenset[str]
    words: frozenset[str]
    is_rounded: bool
    is_relative: bool


_NO_DAY = datetime.date(2000, 12, 31)  # relative times are not compared, and all months of that year have begun
_SCALES = {"천": 1e3, "만": 1e4, "억": 1e8, "조": 1e12} | {
    "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12
}  # fmt: skip
_DIGITS = r"\d[\d,]*(?:\.\d+)?"
_KO_AMOUNT = re.compile(
    rf"(?P<number>(?:{_DIGITS}\s?(?:천만|천억|[천만억조])\s?)*(?:{_DIGITS})?)\s?여?\s?"
    r"(?P<unit>원|달러|엔|유로|위안|파운드|명|개국|개월|개|곳|건|대|년|달|주|일|시간|분|초|퍼센트|%|배|위|층|회|차례|번|권|편|마리|그루"
    r"|척|㎞|킬로미터|㎡|미터|평|톤|㎏|킬로그램|살|세|점|골|표|석|쪽|가지|종|팀|가구|m|km|kg)(?![a-z])"
)
_EN_AMOUNT = re.compile(
    rf"(?P<currency>[$€£¥₩])?(?P<number>{_DIGITS})(?P<scale>[ -](?:thousand|million|billion|trillion))?"
    r"(?:[ -]?(?P<unit>%|[A-Za-z]+))?",
    re.IGNORECASE,
)
_ROUNDED = re.compile(
    r"\b약\s|\d여|여\s?(?:명|개|곳|건)|가량|안팎|정도|이상|이하|넘|육박|달하"
    r"|\b(?:about|around|nearly|almost|over|more than|less than|up to|at least|some|roughly|approximately)\b",
    re.IGNORECASE,
)
_RELATIVE = re.compile(
    r"지난(?!\s?(?:1[89]|20)\d\d)|다음\s?(?:달|주|해)|내년|재작년|이듬해|같은 해|그해|오는\s|오늘|내일|전날|당시|최근"
    r"|\b(?:next|following|coming|previous|earlier|recently|today|tomorrow|ago|then)\b",
    re.IGNORECASE,
)
_KO_PERSON = re.compile(rf"(?<![가-힣])([가-힣]{{2,4}}) (?:전 |신임 |수석|책임|선임|총괄|최고|부|공동)?(?:{TITLES})")
_EN_NAME = re.compile(r"\b[A-Z][\w'’-]*(?:\.?\s[A-Z][\w'’-]*)*")
_HANGUL = re.compile(r"[가-힣]")


def stated(sentence: str) -> Stated:
    """Return what `sentence` states."""
    times = periods(sentence, _NO_DAY)
    rest = list(sentence)
    for time in times:
        rest[time.start : time.end] = " " * (time.end - time.start)
    is_korean = bool(_HANGUL.search(sentence))
    amounts = set()
    for match in (_KO_AMOUNT if is_korean else _EN_AMOUNT).finditer("".join(rest)):
        if not match["number"].strip():
            continue
        unit, number = _amount(match, is_korean)
        rest[match.start("number") : match.end("number")] = " " * len(match["number"])
        if unit and unit != "일":
            amounts.add((unit, number))
    persons, names = _names("".join(rest), is_korean)
    for start, end in persons:
        rest[start:end] = " " * (end - start)
    return Stated(
        amounts=frozenset(amounts),
        periods=tuple(times),
        persons=frozenset(persons.values()),
        names=names,
        words=frozenset(tokenize("".join(rest))),
        is_rounded=bool(_ROUNDED.search(sentence)),
        is_relative=any(time.is_recent for time in times) or bool(_RELATIVE.search(sentence)),
    )


def _amount(match: re.Match[str], is_korean: bool) -> tuple[str, float]:
    if is_korean:
        return match["unit"], _korean_number(match["number"])
    number = _plain(match["number"]) * _SCALES.get((match["scale"] or "").strip(" -").lower(), 1.0)
    return match["currency"] or " ".join(tokenize(match["unit"] or "")) or ("%" if match["unit"] == "%" else ""), number


def _korean_number(text: str) -> float:
    """Return "5조3000억" as a number."""
    total = 0.0
    for part in re.finditer(rf"({_DIGITS})\s?(천만|천억|[천만억조])?", text):
        number = _plain(part[1])
        for scale in part[2] or "":
            number *= _SCALES[scale]
        total += number
    return total


def _plain(digits: str) -> float:
    return float(digits.replace(",", ""))


def _names(text: str, is_korean: bool) -> tuple[dict[tuple[int, int], str], frozenset[str]]:
    """Return the names in `text`: those that look like persons by their places, and the others."""
    if is_korean:
        found = {match.span(1): match[1] for match in _KO_PERSON.finditer(text)}
        others = (token for token in kiwi().tokenize(text) if token.tag in ("NNP", "SL"))
        return found, frozenset(t.form.lower() for t in others if not any(a <= t.start < b for a, b in found))
    runs = {match.span(): _without_stopword(match[0]) for match in _EN_NAME.finditer(text)}
    found = {place: run for place, run in runs.items() if " " in run}
    return found, frozenset(run for run in runs.values() if run and " " not in run)


def _without_stopword(run: str) -> str:
    """Return `run` without a "The" at its front, where a sentence begins; in lower case, so that spellings meet."""
    first, _, others = run.partition(" ")
    return (run if tokenize(first) else others).lower().replace("-", "")
