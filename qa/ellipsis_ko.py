"""Whether a Korean question leans on the one before it, and what that one was about. By Kiwi's morphemes.

>>> follows("그곳은 언제 문을 열었나?", "네이버의 베트남 연구소는 어디에 있나?")
True
>>> follows("김치찌개는 어떻게 끓이나?", "네이버의 베트남 연구소는 어디에 있나?")
False
>>> topics("네이버의 두 번째 베트남 연구소는 2021년에 무엇을 연구했나?")
['네이버의 두 번째 베트남 연구소', '2021년']
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from index.tokens import kiwi, tokenize

_MOST_WORDS = 8  # of a question that leaves out what it is about
_POINTERS = frozenset("거기 그곳 그것 그거 그 그녀 그분 여기 이곳 이것 이거 이".split())
_POINTING = frozenset("그 이 해당 두 양 같은".split())
_POINTED_AT = frozenset(
    """회사 기업 연구소 센터 대학 대학교 학교 기관 조직 팀 단체 법인 업체 사람 인물 대표 나라 국가 도시 지역 곳 장소
    행사 회의 발표 계획 구상 사업 투자 협약 협력 연구 기술 제품 서비스 때 해 사 측 교 국 은행 공장 시설""".split()
)
_PERSONS = frozenset("나 저 너 우리 저희 당신 너희 자네".split())  # who asks or is asked stands in no article
_ASKING = frozenset("어느 어떤 무슨 몇".split())
_NEEDS_ANOTHER = frozenset(  # nouns that are of something: "the purpose", "the leader"
    """대표 책임자 담당자 리더 사장 회장 총장 소장 목적 목표 이유 까닭 배경 계기 규모 금액 액수 비용 예산 가격 위치 장소
    시기 날짜 시점 기간 이름 명칭 상대 파트너 분야 주제 내용 결과 역할 임무 인원 직원 인력 자리 문 일 전 후 이전 이후
    처음 다음 나중 얼마 정도 비율 방법 과정 효과 장점 단점 특징 의미 본사 설립자 창업자
    연구원 개발자 투자 계획 인수 합병 설립 채용""".split()
)
_ASKED_FOR = frozenset("누구 무엇 뭐 어디 언제 얼마 왜".split())
_JOINING = frozenset(("NNG", "NNP", "NNB", "NR", "SN", "SL", "SH", "MM", "XSN", "JKG", "JC"))
_STANDS_ALONE = re.compile(r"(?:이란|[가-힣]란)\s(?:무엇|뭐|뭔)|몇 시(?:야|예요|이에요|인가|죠|지)|누구세요")
_QUOTATION_MARKS = "\"'‘’“”「」『』"


def follows(question: str, before: str, told: str = "") -> bool:
    """Tell whether `question` cannot stand without the question `before`, to which `told` was the answer.

    It cannot if it points back before it says anything new ("그곳의 …"), or says nothing new and names nothing.
    """
    tokens = kiwi().tokenize(question)
    nouns = _nouns(tokens)
    seen = set(tokenize(before))
    pointer = _pointer(tokens, seen)
    if pointer is not None:
        known = seen | set(tokenize(told))
        return all(t.form.lower() in known for i, t in nouns if i < pointer or t.tag in ("NNP", "SL"))
    return (
        len(question.split()) <= _MOST_WORDS
        and not any(t.tag == "NP" and t.form in _PERSONS for t in tokens)
        and not _STANDS_ALONE.search(question)
        and all(t.tag == "NNG" and t.form in seen for _, t in nouns)
    )


def topics(before: str, *, everything: bool = False) -> list[str]:
    """Return the phrases of `before` that say what it is about; with `everything` all but what it asks for."""
    tokens = kiwi().tokenize(before)
    words = list(re.finditer(r"\S+", before))
    inside = [[t for t in tokens if word.start() <= t.start < word.end()] for word in words]
    if everything:
        kept = [w[0] for w, ts in zip(words, inside, strict=True) if not any(map(_asks, ts))]
        return [" ".join(kept).strip(" ?.!")]
    nouns = {t.start for _, t in _nouns(tokens)}
    phrases: list[str] = []
    goes_on = False
    for word, ts in reversed(list(zip(words, inside, strict=True))):
        said = [t for t in ts if t.start in nouns or _is_year(t)]
        if said or (goes_on and ts and all(map(_counts, ts))):  # "두 번째" before "연구소"
            joined = goes_on and ts[-1].tag in _JOINING
            end = word.end() if joined else max(t.start + t.len for t in ts if t in said or _counts(t))
            text = before[word.start() : end].strip(_QUOTATION_MARKS)
            phrases[-1:] = [f"{text} {phrases[-1]}"] if joined else [*phrases[-1:], text]
            goes_on = True
        else:
            goes_on = False
    return phrases[::-1]


def _pointer(tokens: Sequence[Any], seen: set[str]) -> int | None:
    """Return the index of the first token that points back: "그곳", "이 회사", "양사"."""
    for i, (token, following) in enumerate(zip(tokens, [*tokens[1:], None], strict=True)):
        if token.tag == "NP" and token.form in _POINTERS:
            return i
        if token.form in _POINTING and following is not None and following.tag in ("NNG", "NNB"):
            thing = following.form
            if thing in _POINTED_AT or (token.form in ("그", "해당") and thing in seen):
                return i
    return None


def _nouns(tokens: Sequence[Any]) -> list[tuple[int, Any]]:
    """Return the nouns among `tokens` that say what a question is about, with their indices.

    Not those that it asks for ("어느 나라"), that point back ("그 회사"), make a verb ("투자하나") or need another.
    """
    found = []
    led_by = ""
    for i, (token, following) in enumerate(zip(tokens, [*tokens[1:], None], strict=True)):
        if token.form in _ASKING | _POINTING and token.tag in ("MM", "NNG"):
            led_by = token.form
        elif token.tag in ("NNG", "NNP", "SL", "SH"):
            makes_verb = following is not None and following.tag[:3] in ("XSV", "XSA")
            if not (led_by and token.tag == "NNG") and not makes_verb and token.form not in _NEEDS_ANOTHER:
                found.append((i, token))
        elif led_by not in _ASKING or (
            token.tag != "NNB" and token.form != "째"
        ):  # "몇 번째 연구소" asks for a lab, too
            led_by = ""
    return found


def _asks(token: Any) -> bool:
    return token.form in _ASKING or token.form in _ASKED_FOR


def _is_year(token: Any) -> bool:
    return token.tag == "SN" and len(token.form) == 4


def _counts(token: Any) -> bool:
    """Tell whether `token` is part of a number: "두 번째", "2017년"."""
    return token.tag in ("NR", "SN", "NNB", "XSN", "XPN") or (
        token.tag == "MM" and token.form not in _ASKING | (_POINTING - {"두"})
    )
