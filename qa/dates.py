"""A question -> what of it is about the time of the articles, as a filter or a preference. Korean and English, by rule.

A year in a question mostly is the year in which something happened ("What did Naver acquire in 2017?"), and articles
of other years tell it. So a time counts

- always, if it is said of articles, news or reports: "articles from 2019", "지난주 뉴스", "2020년 이전에 나온 기사";
- if it is counted from today and not far ("last month", "지난 3월", "올해"), from its first day on, since what happens
  is told then or later; but only where an article of that time answers about as well as any (`qa.answering`);
- not at all otherwise: it stays what it was, words to search for.

"latest", "most recent", "current", "최근", "최신", "현재" filter nothing: of the sentences that answer about as well as
the best they prefer that of the newest article (`qa.newest`).

>>> read_dates("What did Naver acquire in 2017?", datetime.date(2026, 2, 1))
>>> read_dates("Which lab do articles from 2019 mention?", datetime.date(2026, 2, 1)).until
'2019-12-31'
"""

from __future__ import annotations

import datetime
import re

from qa.periods import Period, periods
from qa.records import Dates

# Not "보도자료", "뉴스룸", "택시 기사" (a driver), "news agency", nor, by `_is_name`, "BBC News".
_KO_ARTICLES = (
    r"(?:기사|뉴스|보도|소식|속보)들?"
    r"(?=(?:에서|에선|에|은|는|이|가|을|를|의|으로|로|만|도|중|가운데|엔|라면)*(?:[\s,.?!]|$))"
)
_EN_ARTICLES = (
    r"(?P<noun>articles?|news(?: (?:articles?|stories|reports?|items?|coverage))?|headlines?|stories"
    r"|(?:press|media) (?:coverage|reports?))\b"
    r"(?! (?:outlets?|agenc(?:y|ies)|sites?|apps?|services?|conferences?|anchors?|organi[sz]ations?|media|platforms?"
    r"|channels?|papers?|feeds?|editors?|business(?:es)?|compan(?:y|ies)|aggregators?|industry)\b)"
)
_KO_PUBLISHED = r"(?:나온|나간|보도된|보도한|실린|쓴|쓰인|작성된|작성한|발행된|게재된|올라온|전해진)"
_KO_BETWEEN = (  # nouns, but neither a clause of its own nor one who drives
    r"(?!(?:택시|버스|트럭|화물|배달|대리|운전|설치|정비)\s)"
    r"(?:[^\s,.?!]+에 (?:대한|관한)|관련된?|(?![^\s,.?!]*(?:[이가을를은는]|에서|에게|으로|[한된던할했온])\s)[^\s,.?!]+)"
)
_KO_AFTER = re.compile(
    rf"(?:에|중에?)?\s{_KO_PUBLISHED}\s(?:{_KO_BETWEEN}\s){{0,4}}?{_KO_ARTICLES}"
    rf"|(?:의|자)?\s(?:{_KO_BETWEEN}\s){{0,4}}?{_KO_ARTICLES}|(?:의|자)?{_KO_ARTICLES}|에?\s보도[된한]"
)
_KO_BEFORE = re.compile(r"(?:기사|뉴스|보도|소식)들?\s?(?:중|가운데)(?:에서|에)?\s$")
_EN_AFTER = re.compile(rf"(?P<own>['’]s?)?\s(?P<between>(?:[\w'’&.-]+\s){{0,2}}?){_EN_ARTICLES}", re.IGNORECASE)
_EN_BEFORE = re.compile(
    rf"\b{_EN_ARTICLES}(?:\s(?:about|on|of|regarding|concerning|covering)\s(?P<about>\S+(?:\s\S+){{0,4}}?))?"
    r"(?P<published>\s(?:(?:that|which)\s)?(?:(?:were|was|are)\s)?(?:published|written|dated|released|printed|posted))?\s$",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"\b(?:\w+ed|what|who|which|that|how|why|did|does|do|was|were|is|are|has|had|about|in|at|the)\b", re.IGNORECASE
)
_NEAR = 120  # characters before a time in which it may be said of articles
_SAID_OF_EVENTS = frozenset(("in", "during", "of", "on", "over", "within", "for", ""))

_NEWEST = re.compile(
    r"(?:가장\s)?최근(?!\s?(?:\d+|한|두|세|네|몇|수|일|여러)\s?(?:년|해|개월|달|주|일|분기|시간|차례|번))|최신|요즘"
    r"|(?<!년 )현재(?!까지|진행)"
    r"|(?<!at the )\b(?:latest|newest|most recent(?:ly)?|recent(?:ly)?(?! (?:years|decades|months|times))"
    r"|currently|current(?=\s\w)|nowadays)\b",  # not "a new current"
    re.IGNORECASE,
)


def read_dates(question: str, today: datetime.date) -> Dates | None:
    """Return what `question` says of the time of the articles, or None if it says nothing of it."""
    since = until = ""
    words: list[str] = []
    found = periods(question, today)
    of_articles = next((filter(None, (_of_articles(question, period) for period in found))), None)
    recent = next((period for period in found if period.is_recent and period.first), None)
    if of_articles is not None:
        period, said = of_articles
        since, until, words = _iso(period.first), _iso(period.last), [said]
    elif recent is not None:
        since, words = _iso(recent.first), [recent.words]
    newest = _NEWEST.search(question)
    if newest and not any(newest[0] in said for said in words):
        words.append(newest[0])
    if not words:
        return None
    return Dates(words=", ".join(words), since=since, until=until, newest=bool(newest), binding=of_articles is not None)


def _of_articles(question: str, period: Period) -> tuple[Period, str] | None:
    """Return `period` with the words that say it of articles, or None if it is said of something else."""
    start, end = period.start, period.end
    if after := _KO_AFTER.match(question, end):
        is_bare_year = question[end - 1].isdigit()  # "2021 검색 콜로키움 기사": a name
        if not (is_bare_year and len(after[0].split()) > 1):
            return period, question[start : after.end()]
    if before := _KO_BEFORE.search(question, max(0, start - _NEAR), start):
        return period, question[before.start() : end]
    if (after := _EN_AFTER.match(question, end)) and not _is_name(question, after):
        is_counted = period.is_recent or bool(after["own"])
        if not _CLAUSE.search(after["between"]) and (is_counted or len(after["between"].split()) < 2):
            return period, question[start : after.end()]
    if (before := _EN_BEFORE.search(question, max(0, start - _NEAR), start)) and not _is_name(question, before):
        about = before["about"]
        is_event = about is not None and not before["published"] and period.link in _SAID_OF_EVENTS
        if not (about and _CLAUSE.search(about)) and (period.is_recent or not is_event):
            return period, question[before.start() : end]
    return None


def _is_name(question: str, match: re.Match[str]) -> bool:
    """Tell whether the "News" of `match` is part of a name: "Naver News", "BBC News"."""
    start = match.start("noun")
    before = question[:start].split()[-1:]
    return question[start].isupper() and bool(before) and before[0][0].isupper()


def _iso(day: datetime.date | None) -> str:
    return day.isoformat() if day else ""
