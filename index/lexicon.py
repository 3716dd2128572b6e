"""Words and their translations, English and Korean. Knows nothing of indexes: terms in, terms out.

`lexicon.tsv` holds an English word or phrase a line, then the Korean terms that translate it (`2차+세계대전`: both of
them). `python -m training.lexicon DATA` made its 6,600 lines of texts written for this project: 5,200 words and phrases
by hand, a glossary in both languages, and what is aligned in sentences and questions in both. Twice as many pairs of
other texts (PAWS-X, Tatoeba, CLDR) added .004 to finding a sentence's translation among 975, and were left out.

    >>> lexicon().korean[("lab",)], lexicon().korean[("unit", "state")]
    ((('연구소',), ('연구실',)), (('미국',),))
    >>> lexicon().english["도서관"]
    (('librari',),)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from index.tokens import tokenize

_FILE = Path(__file__).parent / "lexicon.tsv"

Phrase = tuple[str, ...]
"""The terms of an English word or phrase, as `index.tokens` cuts them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """The translations of each English phrase and of each Korean term, and the length of the longest phrase."""

    korean: Mapping[Phrase, tuple[Phrase, ...]]
    english: Mapping[str, tuple[Phrase, ...]]
    longest: int


@cache
def lexicon() -> Lexicon:
    """Return the lexicon that comes with the program."""
    korean: dict[Phrase, tuple[Phrase, ...]] = {}
    english: dict[str, tuple[Phrase, ...]] = {}
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        phrase, translations = line.split("\t")
        terms = tuple(tokenize(phrase))
        for translation in translations.split(" "):
            korean[terms] = (*korean.get(terms, ()), tuple(translation.split("+")))
            english[translation] = (*english.get(translation, ()), terms)
    return Lexicon(korean=korean, english=english, longest=max(map(len, korean)))
