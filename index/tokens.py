"""Text -> the terms that BM25 counts. Knows nothing of sentences, articles or queries.

Korean is cut into morphemes by Kiwi and only those that carry meaning are kept: `네이버는` and `네이버의` must meet.
Two that stand side by side without a space also count as one (`연구`, `센터`, `연구센터`), which is worth .004 of
nDCG@10 on KorQuAD dev and .006 on AutoRAG-ko. Other alphabets give Unicode words (English stemmed, its function words
dropped, but for `US`, `IT` and `WHO`); kana and Han give bigrams, since they write no spaces. The same function serves
passages and questions, whatever their language.

    >>> tokenize("네이버의 두 번째 베트남 연구소는 어디에 있나요?")
    ['네이버', '두', '번', '베트남', '연구소']
    >>> tokenize("AI연구")
    ['ai', '연구', 'ai연구']
    >>> tokenize("Where are the labs?")
    ['lab']
"""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import cache, lru_cache
from importlib.metadata import version
from typing import Any

SCHEME = 2
"""Raised when the terms of a text change, so that an index made of other terms is rebuilt."""

_KEPT_TAGS = frozenset(
    # nouns, counters, numerals, roots, verbs, adjectives, determiners, adverbs, Han
    "NNG NNP NNB NR XR VV VV-I VV-R VA VA-I VA-R MM MAG SH".split()
)
_SUBJECT_PARTICLES = frozenset(("이", "가", "께서", "에서", "은", "는", "도"))
_FOREIGN_TAGS = frozenset(("SL", "SN", "W_SERIAL"))
_KOREAN_STOPWORDS = frozenset("있 하 되 이 그 저 것 수 등 때문 및 어떤 어느 무슨 몇 언제 어떻게 왜".split())
_ENGLISH_STOPWORDS = frozenset(
    """a about an and any are as at be been being but by can could did do does doing for from had has have having he her
    hers him his how i if in into is it its me my no not of on or our ours she should so some such than that the their
    theirs them then there these they this those to us was we were what when where which while who whom whose why will
    with would you your yours""".split()
)

_INITIALS = frozenset(("US", "IT", "WHO"))  # written so, they are no function words

_HANGUL = re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_CJK_RUN = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff々〆ー]+")
_DOTTED = re.compile(r"\b(?:[A-Z]\.){2,}")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")

_kiwi_lock, _stemmer_lock = threading.Lock(), threading.Lock()


def scheme() -> str:
    """Return the name of this way of cutting terms; an index remembers it and is rebuilt when it changes."""
    return f"terms-{SCHEME}/kiwi-{version('kiwipiepy')}/kiwi-model-{version('kiwipiepy_model')}"


def tokenize(text: str) -> list[str]:
    """Return the terms of `text`, in order, lowercased, repeats kept."""
    plain = folded(text)
    terms: list[str] = []
    position = 0
    for run in _CJK_RUN.finditer(plain):
        terms += _spaced_terms(plain[position : run.start()])
        terms += _bigrams(run.group())
        position = run.end()
    return terms + _spaced_terms(plain[position:])


def folded(text: str) -> str:
    """Return `text` as it is cut: NFKC, no commas in numbers, no dots in initials (U.S.)."""
    plain = _THOUSANDS.sub("", unicodedata.normalize("NFKC", text))
    return _DOTTED.sub(lambda initials: initials.group().replace(".", ""), plain)


def has_subject(sentence: str) -> bool:
    """Tell whether a Korean sentence names what it speaks of: a noun with a subject or topic particle."""
    return any(token.tag in ("JKS", "JX") and token.form in _SUBJECT_PARTICLES for token in kiwi().tokenize(sentence))


def _spaced_terms(text: str) -> list[str]:
    if _HANGUL.search(text):
        return _korean_terms(text)
    return [term for word in _WORD.findall(text) if (term := _word_term(word))]


def _korean_terms(text: str) -> list[str]:
    terms: list[str] = []
    previous, previous_end = "", -1
    for token in kiwi().tokenize(text):
        kept = _morpheme_terms(token.form, token.tag)
        terms += kept
        if kept and token.start == previous_end:
            terms.append(previous + kept[0])
        previous, previous_end = (kept[-1], token.start + token.len) if kept else ("", -1)
    return terms


def _morpheme_terms(form: str, tag: str) -> list[str]:
    if tag in _FOREIGN_TAGS:
        return [term for word in _WORD.findall(form) if (term := _word_term(word))]
    return [form.lower()] if tag in _KEPT_TAGS and form not in _KOREAN_STOPWORDS else []


@lru_cache(maxsize=50_000)
def _word_term(word: str) -> str:
    """Return the term of one word, or an empty string for a function word."""
    if word in _INITIALS:
        return word.lower()
    word = word.lower().replace("’", "'").removesuffix("'s")
    if word in _ENGLISH_STOPWORDS:
        return ""
    if word.isascii() and word.isalpha():
        with _stemmer_lock:  # a stemmer object keeps state while it works
            return str(_stemmer().stemWord(word))
    return word


def _bigrams(run: str) -> list[str]:
    return [run] if len(run) == 1 else [run[i : i + 2] for i in range(len(run) - 1)]


@cache
def _stemmer() -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer("english")


def kiwi() -> Any:
    """Return the one Kiwi of this process (2.5 s to load, 0.5 GB; safe to call from many threads)."""
    with _kiwi_lock:
        return _loadkiwi()


@cache
def _loadkiwi() -> Any:
    from kiwipiepy import Kiwi

    made = Kiwi(num_workers=1)
    made.tokenize("가")  # or the first question would wait for what Kiwi leaves until then
    return made
