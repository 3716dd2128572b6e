"""The names in a text, Korean and English: what a question is about, and what a claim must not make up.

Kiwi knows the proper nouns of Korean text; in other text a name is a word with a capital that its place does not
explain. Words in another script inside Korean text (`PTIT`, `Z`) are names too.

>>> names("When did Naver Labs open the lab with HUST?")
['Naver', 'Labs', 'HUST']
"""

from __future__ import annotations

import re

from index.tokens import kiwi, tokenize

_HANGUL = re.compile(r"[가-힣]")
_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
_AFTER_START = re.compile(r"(?:^|[.!?:;]\s*)[\"'“‘(]*$")


def is_korean(text: str) -> bool:
    """Tell whether Kiwi is the one to ask about `text`."""
    return bool(_HANGUL.search(text))


def names(text: str) -> list[str]:
    """Return the names in `text`, word by word, in order."""
    if is_korean(text):
        return [token.form for token in kiwi().tokenize(text) if token.tag in ("NNP", "SL")]
    return [word[0].removesuffix("'s").removesuffix("’s") for word in _WORD.finditer(text) if _is_name(text, word)]


def _is_name(text: str, word: re.Match[str]) -> bool:
    if any(map(str.isupper, word[0][1:])):  # GAFA, iPhone, US
        return True
    if not word[0][0].isupper() or not tokenize(word[0]):  # "The", "I"
        return False
    # The first word of a sentence has its capital anyway, but not where another follows: "Kim Jin-young leads it."
    following = text[word.end() :].lstrip(" ")
    return not _AFTER_START.search(text[: word.start()]) or following[:1].isupper()
