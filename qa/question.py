"""What kind of thing a question asks for, and whether a sentence holds such a thing. Korean and English, by rule.

>>> asked_for("언제 문을 여나?"), asked_for("How much will it invest?"), asked_for("네이버 연구소")
('when', 'how_much', '')
>>> holds("It opened in March.", "when")
1.0
"""

from __future__ import annotations

import re

_ASKED_FOR = {
    "why": re.compile(r"왜\b|까닭|이유|계기|목적|배경|\bwhy\b|\breasons?\b|\bpurpose\b", re.IGNORECASE),
    "when": re.compile(
        r"언제|몇\s?(?:년|월|일|시)|어느\s?(?:해|달|날)|시기|날짜|연도"
        r"|\bwhen\b|\b(?:what|which) (?:year|month|day|date|time)\b",
        re.IGNORECASE,
    ),
    "who": re.compile(r"누구|누가|누굴|\bwho\b|\bwhom\b|\bwhose\b", re.IGNORECASE),
    "how_much": re.compile(
        r"얼마|몇|규모|금액|비율|\bhow (?:much|many|long|large|big|far|old)\b"
        r"|\bwhat (?:amount|share|percentage|number|price)\b|\bamount\b",
        re.IGNORECASE,
    ),
    "where": re.compile(
        r"어디|어느\s?(?:나라|도시|곳|지역|대학)|위치|장소"
        r"|\bwhere\b|\b(?:what|which) (?:city|country|place|town|region)\b",
        re.IGNORECASE,
    ),
}
_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
TITLES = (
    "대표|회장|사장|교수|박사|장관|의원|대통령|총리|감독|선수|작가|기자|위원장|본부장|센터장|소장|원장|리더|팀장|이사|총장|"
    "시장|지사|연구원|대변인|관장|후보|씨"
)
"""What follows the name of a person in Korean, as alternatives of a regular expression."""

_HOLDS = {
    "why": re.compile(
        r"때문|위해|위한|이유|배경|따라|따른|[아어여]서\b|므로|목표|목적|차원"
        r"|\bbecause\b|\bsince\b|\bin order\b|\bso that\b|\bto\b|\baims?\b|\bdue to\b",
        re.IGNORECASE,
    ),
    "when": re.compile(
        r"\d+\s?(?:년|월|일|시|분기)|올해|지난해|내년|작년|다음 달|지난달|오는|상반기|하반기|요일|\b(?:1[89]|20)\d\d\b"
        rf"|\b(?:{_MONTHS})\b|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b"
        r"|\b(?:next|last|this) (?:year|month|week|spring|summer|fall|autumn|winter)\b",
        re.IGNORECASE,
    ),
    "who": re.compile(
        rf"[가-힣]{{2,4}} (?:전 |신임 |수석|책임|선임|총괄|최고|부|공동)?(?:{TITLES})"
        r"|\b[A-Z][\w.'’-]+(?: [A-Z][\w.'’-]+)+"
    ),
    "how_much": re.compile(
        r"\d|[한두세네]\s"
        r"|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|dozens?|hundreds?|thousands?|millions?|billions?|half)\b",
        re.IGNORECASE,
    ),
    "where": re.compile(
        r"[가-힣](?:에|에서|시|도|군|구|국|주)\b|대학|센터|캠퍼스|본사|\b(?:in|at|near|from|to) (?:the )?[A-Z]"
    ),
}


def asked_for(question: str) -> str:
    """Return "why", "when", "who", "how_much", "where", or an empty string if the question does not say."""
    return next((kind for kind, pattern in _ASKED_FOR.items() if pattern.search(question)), "")


def holds(sentence: str, kind: str) -> float:
    """Return 1.0 if `sentence` holds the kind of thing that is asked for, 0.0 if not, 0.5 if nothing is known."""
    if not kind:
        return 0.5
    return 1.0 if _HOLDS[kind].search(sentence) else 0.0
