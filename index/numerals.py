"""Amounts and ordinals in English and Korean: the terms with which the other language writes the same number.

Korean counts in 만 (10^4), 억 (10^8) and 조 (10^12), English in thousands. Knows no units of measure: "yen" is a word
like any other.

    >>> [(a.text, a.ways) for a in amounts("will invest 500 billion yen")]
    [('500 billion', (('5000억',), ('5천억',)))]
    >>> [(a.text, a.ways) for a in amounts("12조 5000억원")]
    [('12조 5000억', (('12', '5', 'trillion'),))]
    >>> [a.ways for a in amounts("the 3rd summit")], [(a.text, a.ways) for a in amounts("제3회 회담")]
    ([(('3',),)], [('3', (('3rd',),))])
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """A number as it stands in a text, and `ways`, each some terms, to write it in the other language."""

    text: str
    ways: tuple[tuple[str, ...], ...]


_ENGLISH_UNITS = {"trillion": 10**12, "billion": 10**9, "million": 10**6, "thousand": 10**3}
_KOREAN_UNITS = {"조": 10**12, "억": 10**8, "만": 10**4}
_START = r"(?<![\d,.])"  # of a number, so that a long one is looked at once
_NUMBER = r"\d[\d,]*(?:\.\d+)?"
_ENGLISH = re.compile(
    rf"{_START}({_NUMBER})\s?({'|'.join(_ENGLISH_UNITS)})\b|{_START}(\d{{1,3}}(?:,\d{{3}})+|\d{{5,}})\b", re.IGNORECASE
)
_KOREAN_GROUP = re.compile(rf"({_NUMBER})\s?(천)?\s?([조억만])|({_NUMBER})(천)?")
_KOREAN = re.compile(
    rf"{_START}{_NUMBER}\s?천?\s?[조억만](?:\s?{_NUMBER}\s?천?\s?[억만])*(?:\s?(?:\d천|\d[\d,]{{2,}}))?"
)
_ENGLISH_ORDINAL = re.compile(r"\b(\d{1,6})(?:st|nd|rd|th)\b", re.IGNORECASE)
_KOREAN_ORDINAL = re.compile(r"(?<!\d)(\d{1,6})\s?(?:대|번째|차|회|위|세기)")
_DECADE = re.compile(r"\b(\d{3}0)s\b")
_KOREAN_DECADE = re.compile(r"(\d{3}0)년대")


def amounts(text: str) -> Iterator[Amount]:
    """Yield the amounts, ordinals and decades of `text` that the other language writes otherwise."""
    for match in _ENGLISH.finditer(text):
        value = _value(match[1] or match[3]) * _ENGLISH_UNITS.get((match[2] or "").lower(), 1)
        if ways := tuple(dict.fromkeys(_in_korean(value))):
            yield Amount(text=match.group(), ways=ways)
    for match in _KOREAN.finditer(text):
        groups = _KOREAN_GROUP.finditer(match.group())
        if ways := tuple(_in_english(sum(map(_group_value, groups), Decimal(0)))):
            yield Amount(text=match.group(), ways=ways)
    for match in _ENGLISH_ORDINAL.finditer(text):
        yield Amount(text=match.group(), ways=((match[1],),))
    for match in _KOREAN_ORDINAL.finditer(text):
        yield Amount(text=match[1], ways=((_ordinal(int(match[1])),),))
    for match in _DECADE.finditer(text):
        yield Amount(text=match.group(), ways=((f"{match[1]}년대",),))
    for match in _KOREAN_DECADE.finditer(text):
        yield Amount(text=match.group(), ways=((f"{match[1]}s",),))


def _group_value(group: re.Match[str]) -> Decimal:
    digits, thousands, unit, ones, ones_in_thousands = group.groups()
    return _value(digits or ones) * (1000 if thousands or ones_in_thousands else 1) * _KOREAN_UNITS.get(unit or "", 1)


def _value(digits: str) -> Decimal:
    return Decimal(digits.replace(",", "").rstrip("."))


def _in_korean(value: Decimal) -> Iterator[tuple[str, ...]]:
    if value != value.to_integral_value() or not 1000 <= value < 10**16:
        return
    rest, groups, in_thousands = int(value), list[str](), list[str]()
    for unit, size in (*_KOREAN_UNITS.items(), ("", 1)):
        count, rest = divmod(rest, size)
        if count:
            groups.append(f"{count}{unit}")
            in_thousands.append(f"{count // 1000}천{unit}" if count % 1000 == 0 else f"{count}{unit}")
    yield tuple(groups)
    yield tuple(in_thousands)


def _in_english(value: Decimal) -> Iterator[tuple[str, ...]]:
    for unit, size in _ENGLISH_UNITS.items():
        count = value / size
        if 1 <= count < 1000:
            if count == round(count, 2):
                yield (*f"{count.normalize():f}".split("."), unit)
            break
    if value == value.to_integral_value() and value < 10**7:
        yield (str(int(value)),)


def _ordinal(number: int) -> str:
    ending = "th" if 10 < number % 100 < 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
