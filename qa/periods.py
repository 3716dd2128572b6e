"""Words for a time -> its first and last day. Korean and English, by rule; knows nothing of articles.

>>> [(p.words, p.first, p.last) for p in periods("지난 3월 기사", datetime.date(2026, 2, 1))]
[('지난 3월', datetime.date(2025, 3, 1), datetime.date(2025, 3, 31))]
>>> [(p.words, p.first, p.last) for p in periods("articles before 2020", datetime.date(2026, 2, 1))]
[('before 2020', None, datetime.date(2019, 12, 31))]
"""

from __future__ import annotations

import calendar
import datetime
import re
from dataclasses import dataclass, replace

Day = datetime.date
_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A time and where a text speaks of it: `[start, end)`, its preposition or particle included.

    It lasts from `first` to `last`, each None where it is open. `has_year`: the year is told. `is_range`: both ends
    are. `is_recent`: so near to today that who speaks of it thinks of news ("last week", "지난 3월"; not "today", which
    may be about the weather, nor "2019" or "the last three years"). `link` is the preposition before it, lower case.
    """

    start: int
    end: int
    words: str
    first: Day | None
    last: Day | None
    has_year: bool
    is_recent: bool = False
    is_range: bool = False
    link: str = ""


_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_MONTH = (
    r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_YEAR = r"(?<![\d.,$€£₩])(?P<year>(?:19|20)\d\d)(?!\d|[.,]\d)"
_DATE = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_COUNTS = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10} | {
    "한": 1, "두": 2, "세": 3, "네": 4, "일": 1
}  # fmt: skip
_COUNT = rf"(?P<count>\d{{1,3}}|{'|'.join(_COUNTS)})"
_KO_START, _KO_END = r"(?<![가-힣])", r"(?=[\s,.?!]|$|에|의|부터|까지|이후|중)"
_KO_DAY = r"(?P<month>1[0-2]|0?[1-9])\s?월(?:\s?(?P<day>3[01]|[12]\d|0?[1-9])\s?일(?!\s?[간동]))?"

_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?<!\d)(?P<year>(?:19|20)\d\d)[-./](?P<month>1[0-2]|0?[1-9])(?:[-./](?P<day>3[01]|[12]\d|0?[1-9]))?(?!\d)",
        rf"{_YEAR}\s?년도?(?:\s?{_KO_DAY})?",
        rf"{_KO_START}(?P<which>(?:올해|금년|작년|지난해)(?!의)|올(?=\s?\d))(?:\s?{_KO_DAY})?",
        rf"{_KO_START}(?P<which>지난|저번|이번)\s?{_KO_DAY}",
        rf"(?<!\d){_KO_DAY}(?=\s|$|자|에|호)",
        rf"{_KO_START}(?P<which>지난|저번|이번)\s?(?P<unit>주|달)말?{_KO_END}",
        rf"{_KO_START}(?P<which>이)(?P<unit>달)(?!의){_KO_END}",
        rf"{_KO_START}(?P<which>오늘|어제){_KO_END}",
        rf"{_KO_START}(?:지난|최근)\s?{_COUNT}\s?(?P<unit>일(?=간|\s?동안)|주일?|달|개월|년)(?:간|\s?동안|\s?사이)?{_KO_END}",
        rf"\b{_DATE} (?:of )?{_MONTH},? {_YEAR}",
        rf"\b{_MONTH} (?:{_DATE},? )?(?:of )?{_YEAR}",
        rf"\b(?P<which>last|this|past) {_MONTH}(?: {_DATE}\b)?",
        rf"\b{_MONTH}(?: {_DATE}\b)?",
        r"\b(?P<which>last|this|past|previous) (?P<unit>week|month|year)(?:end)?\b(?! of\b)",
        r"\b(?P<which>today|yesterday)\b",
        rf"\b(?:last|past|previous) {_COUNT} (?P<unit>day|week|month|year)s?\b",
        _YEAR,
    )
)
_THIS = frozenset(("올해", "금년", "올", "이번", "금", "이", "this"))
_UNITS = {"주": "week", "주일": "week", "달": "month", "개월": "month", "년": "year", "일": "day"}

_BEFORE = frozenset(("before", "prior to", "이전", "전"))  # the time itself is left out
_UNTIL = frozenset(("until", "till", "through", "up to", "by", "까지"))
_SINCE = frozenset(("since", "이후", "후", "부터", "이래"))
_AFTER = frozenset(("after",))  # the time itself is left out
_PREPOSITION = re.compile(
    r"\b(before|prior to|until|till|through|up to|by|after|since|from|between|in|during|of|on|dated|for|over|within)"
    r" (?:the )?(?:years? )?$",
    re.IGNORECASE,
)
_LONGEST_LINK = 30  # characters
_PARTICLE = re.compile(r"\s?(이전|전|이후|후|부터|이래|까지)(?=[\s,.?!의에]|$)")
_ONWARDS = re.compile(r" on(?:wards?)?\b", re.IGNORECASE)
_RANGE = re.compile(r"\s?[-~∼〜–—]\s?|\s?(?:부터|에서)\s| (?:to|and|until|till|through) (?:the )?", re.IGNORECASE)


def periods(text: str, today: Day) -> list[Period]:
    """Return the times that `text` speaks of, in its order."""
    found: list[Period] = []
    for period in sorted(_single(text, today), key=lambda p: (p.start, -p.end)):
        if not found or period.start >= found[-1].end:
            found.append(period)
    whole: list[Period] = []
    for period in found:
        before = whole[-1] if whole else None
        is_after = before and before.first and period.last and before.first <= period.last
        if before and is_after and _RANGE.fullmatch(text, before.end, period.start):
            whole[-1] = replace(before, end=period.end, last=period.last, is_range=True)
        else:
            whole.append(period)
    return [_in_context(period, text) for period in whole]


def _single(text: str, today: Day) -> list[Period]:
    found = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            groups = {name: value.lower() for name, value in match.groupdict().items() if value}
            if groups.keys() <= {"name", "day"} and match["name"].islower():
                continue  # "march" and "may" are also verbs
            try:
                first, last, is_recent = _days(groups, today)
            except ValueError:  # the 31st of February
                continue
            start, end = match.span()
            found.append(
                Period(
                    start=start,
                    end=end,
                    words="",
                    first=first,
                    last=last,
                    has_year="year" in groups,
                    is_recent=is_recent,
                )
            )
    return found


def _days(groups: dict[str, str], today: Day) -> tuple[Day, Day, bool]:
    """Return the first and last day, and whether the time is recent (see `Period`). Raises ValueError."""
    which, unit = groups.get("which", ""), groups.get("unit", "")
    unit = _UNITS.get(unit, unit)
    month = int(groups.get("month", 0)) or (_MONTHS.index(groups["name"][:3]) + 1 if "name" in groups else 0)
    if "count" in groups:
        count = _COUNTS.get(groups["count"]) or int(groups["count"])
        return _back(today, count, unit), today, unit != "year"
    if which in ("today", "오늘", "yesterday", "어제"):
        day = today if which in ("today", "오늘") else today - _DAY
        return day, day, day < today
    if unit == "week":
        monday = today - (today.weekday() + (0 if which in _THIS else 7)) * _DAY
        return monday, monday + 6 * _DAY, True
    if unit == "month":
        day = today if which in _THIS else today.replace(day=1) - _DAY
        return *_month(day.year, day.month), True
    if "year" in groups:
        year = int(groups["year"])
    elif month and which not in ("올해", "금년", "올", "작년", "지난해", "this", "이번"):
        year = today.year  # of the last such month that is over, or for a month alone the one that has begun
        while (_month(year, month)[1] >= today) if which else (_month(year, month)[0] > today):
            year -= 1
    else:
        year = today.year if which in _THIS else today.year - 1
    if not month:
        return Day(year, 1, 1), Day(year, 12, 31), bool(which)
    if "day" in groups:
        day = Day(year, month, int(groups["day"]))
        return day, day, bool(which)
    return *_month(year, month), bool(which)


def _month(year: int, month: int) -> tuple[Day, Day]:
    return Day(year, month, 1), Day(year, month, calendar.monthrange(year, month)[1])


def _back(today: Day, count: int, unit: str) -> Day:
    if unit in ("day", "week"):
        return today - count * (7 if unit == "week" else 1) * _DAY
    months = today.year * 12 + today.month - 1 - count * (12 if unit == "year" else 1)
    year, month = divmod(months, 12)
    return Day(year, month + 1, min(today.day, calendar.monthrange(year, month + 1)[1]))


def _in_context(period: Period, text: str) -> Period:
    """Return `period` with what stands before and after it: "before 2020" ends where 2020 begins."""
    start, end, first, last = period.start, period.end, period.first, period.last
    link, sign = "", ""
    if preposition := _PREPOSITION.search(text, max(0, start - _LONGEST_LINK), start):
        start, link = preposition.start(), preposition[1].lower()
    if particle := _PARTICLE.match(text, end):
        end, sign = particle.end(), particle[1]
    elif link == "from" and (onwards := _ONWARDS.match(text, end)):
        end, sign = onwards.end(), "since"
    sign = sign or link
    if first and last and not period.is_range:
        if sign in _AFTER:
            first = last + _DAY
            last = None
        elif sign in _BEFORE:
            last = first - _DAY
            first = None
        elif sign in _UNTIL:
            first = None
        elif sign in _SINCE:
            last = None
    return replace(period, start=start, end=end, words=text[start:end], first=first, last=last, link=link)
