"""A question -> what it asks for: its terms, each with those of the index that say the same in the other language.

Korean and English. A phrase of the lexicon is translated as a whole where the index has the translation (`United
States`, `미국`), else its words; a word that is not in the lexicon may be a name and is looked up by its sound; amounts
are written the other language's way. Only what the index holds is added, and nothing is ever taken away.

    >>> bridge = Bridge(["튀빙겐", "연구소", "lab", "hanoi", "5000억"])
    >>> [(concept.terms, concept.ways) for concept in bridge.concepts("the Tübingen lab")]
    [(('tübingen',), (('튀빙겐',),)), (('lab',), (('연구소',),))]
    >>> [(concept.terms, concept.ways) for concept in bridge.concepts("하노이 연구소")]
    [(('하노이',), (('hanoi',),)), (('연구소',), (('lab',),))]
    >>> [(concept.terms, concept.ways) for concept in bridge.concepts("500 billion yen")]
    [(('500', 'billion'), (('5000억',),)), (('yen',), ())]
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from index.language import UNDECIDED
from index.lexical import Concept
from index.lexicon import Lexicon, lexicon
from index.numerals import amounts
from index.tokens import folded, tokenize
from index.transliteration import Names

BRIDGED = frozenset(("en", "ko"))
"""The languages on either side."""

TRANSLATED = BRIDGED | {UNDECIDED}
"""Those in which a question may be to be translated; what is too short to tell is mostly English."""

_LATIN = re.compile(
    r"[^\W\d_\u1100-\u11ff\u3040-\u9fff\uac00-\ud7a3]+(?:['’.-][^\W\d_\u1100-\u11ff\u3040-\u9fff\uac00-\ud7a3]+)*"
)
_POSSESSIVE = re.compile(r"['’]s$")
_LONGEST_NAME = 3  # words: South Carolina, Kim Jin-young
_NAMES_IF_CAPITAL = frozenset(("may", "march", "polish", "turkey"))  # of months and countries

Way = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Word:
    """A Latin word of a question, and its terms."""

    text: str
    terms: Way


class Bridge:
    """The bridge into one vocabulary. Immutable, and safe to use from many threads."""

    def __init__(self, vocabulary: Iterable[str]) -> None:
        """Prepare to look up names among `vocabulary`, the terms of an index (0.5 s for 100,000)."""
        self._known = frozenset(vocabulary)
        self._names = Names(self._known)
        self._lexicon = lexicon()

    def without_lexicon(self) -> Bridge:
        """Return the bridge for questions that are neither English nor Korean: names and amounts only."""
        bridge = copy.copy(self)
        bridge._lexicon = Lexicon(korean={}, english={}, longest=1)
        return bridge

    def concepts(self, question: str) -> tuple[Concept, ...]:
        """Return what `question` asks for, in its order; every term of `tokenize(question)` is in one concept."""
        text = folded(question)
        terms = list(dict.fromkeys(tokenize(question)))
        found: dict[str, Concept] = {}
        for said, ways in (*self._amounts(text), *self._latin(text)):
            own = tuple(dict.fromkeys(term for term in said if term in terms and term not in found))
            concept = Concept(terms=own, ways=ways)
            found |= dict.fromkeys(own, concept)
        for term in terms:
            if term not in found:
                found[term] = Concept(terms=(term,), ways=self._of_korean(term))
        return tuple(dict.fromkeys(found[term] for term in terms))

    def _amounts(self, text: str) -> Iterator[tuple[Way, tuple[Way, ...]]]:
        for amount in amounts(text):
            if ways := self._held(amount.ways):
                yield tuple(tokenize(amount.text)), ways

    def _of_korean(self, term: str) -> tuple[Way, ...]:
        return self._held(self._lexicon.english.get(term, ())) or self._by_sound(term)

    def _latin(self, text: str) -> Iterator[tuple[Way, tuple[Way, ...]]]:
        """Yield the terms of each Latin word or phrase, and the ways to say it."""
        words = _words(match.group() for match in _LATIN.finditer(text))
        at = 0
        while at < len(words):
            phrase, ways = (
                self._phrase(words[at:])
                or self._name(words[at : at + _LONGEST_NAME])
                or (words[at : at + 1], self._of_latin(words[at]))
            )
            if not ways and len(parts := _parts(phrase)) > 1:  # Seoul-based
                yield from ((part.terms, self._of_latin(part)) for part in parts)
            else:
                yield _terms(phrase), ways
            at += len(phrase)

    def _phrase(self, words: Sequence[_Word]) -> tuple[Sequence[_Word], tuple[Way, ...]] | None:
        """Return the longest phrase at the beginning of `words` that has a translation in the index."""
        for count in range(min(self._lexicon.longest, len(words)), 1, -1):
            if ways := self._held(self._lexicon.korean.get(_terms(words[:count]), ())):
                return words[:count], ways
        return None

    def _name(self, words: Sequence[_Word]) -> tuple[Sequence[_Word], tuple[Way, ...]] | None:
        """Return the longest name of several words at the beginning of `words` that the index writes as one."""
        for count in range(len(words), 1, -1):
            name = words[:count]
            is_name = all(word.text[0].isupper() for word in name)
            if is_name and (ways := self._by_sound("".join(word.text for word in name))):
                apart = [self._of_latin(word) for word in name]
                in_words = (tuple(term for found in apart for term in found[0]),) if all(apart) else ()
                return name, (*ways, *in_words)
        return None

    def _of_latin(self, word: _Word) -> tuple[Way, ...]:
        if word.text in _NAMES_IF_CAPITAL:
            return ()
        return self._held(self._lexicon.korean.get(word.terms, ())) or self._by_sound(_POSSESSIVE.sub("", word.text))

    def _by_sound(self, word: str) -> tuple[Way, ...]:
        return tuple((name,) for name in self._names.sounding_like(word)) or self._names.spelled_out(word)

    def _held(self, ways: Iterable[Way]) -> tuple[Way, ...]:
        return tuple(way for way in ways if self._known.issuperset(way))


def _words(texts: Iterable[str]) -> list[_Word]:
    words = (_Word(text, tuple(tokenize(text))) for text in texts)
    return [word for word in words if word.terms]


def _parts(phrase: Sequence[_Word]) -> list[_Word]:
    return _words(phrase[0].text.split("-")) if len(phrase) == 1 else []


def _terms(words: Sequence[_Word]) -> Way:
    return tuple(term for word in words for term in word.terms)
