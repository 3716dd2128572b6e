"""Names across scripts: a word in Latin letters and the words of a vocabulary in Hangul that sound like it, and back.

A joint-sequence model (Bisani and Ney, 2008) without context: each sound of a Hangul word, one to three jamo, is
spelled by none to five Latin letters, and each spelling costs so many bits. `transliteration.tsv` holds the 464
spellings with their bits; `python -m training.transliteration DATA` learnt them from 7,000 pairs of names (the
project's own, and city names of GeoNames, CC BY 4.0). A word that matches by chance costs more bits than its letters
are worth, the more so the longer it is: what remains is the gain, and it has to outweigh the size of the vocabulary.
(Of 1,123 names held out, asked among 11,000, 96 % of what is found is right. 57 % find their other form; most of the
rest have none by sound, like 안보리 and Security Council.)

The vocabulary is walked in the order of the alphabet, so that words with the same beginning share its cost and a
beginning that costs too much is left with all its words: 1 to 2 ms among 25,000 words.

    >>> names = Names(["튀빙겐", "하노이", "네이버", "연구소"])
    >>> names.sounding_like("Tübingen"), names.sounding_like("Naver"), names.sounding_like("research")
    (['튀빙겐'], ['네이버'], [])
    >>> Names(["tübingen", "hanoi", "naver", "research"]).sounding_like("하노이")
    ['hanoi']
"""

from __future__ import annotations

import heapq
import itertools
import math
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "transliteration.tsv"

LETTER_BITS = 3.7  # what a Latin letter of a name is worth: the entropy of letters, given the one before
_MARGIN = -2.0  # the gain must exceed log2(words) by this much: by eye, on the words of 2,200 Wikipedia passages
_NEAR = 3.0  # names within so many bits of the best one are alike (애덤스, 아담스)
_SLACK = 5.0  # a beginning that costs more bits than this and ...
_SLOPE = 1.5  # ... this for each of its letters is given up
_LONGEST_SOUND = 3
_LONGEST_SPELLING = 5
ENDINGS = {"": 0.3, "e": 3.3, "s": 5.0, "h": 5.6, "r": 5.6, "t": 5.6, "es": 6.6, "d": 6.6, "x": 6.6, "re": 6.6}
"""Letters at the end of a Latin word that Hangul does not write, with their bits."""

_SYLLABLE_GAIN = 4.0  # of each word of a person's name; all must be there, so each may be less certain
_MOST_SPELLINGS = 8  # of a person's name

_SURNAMES = (
    "가강고공곽구국권금기길김나남노도류마맹명모문민박반방배백변봉부사서석선설성소손송신심안양엄여연염예오옥왕용우"
    "원위유육윤은이인임장전정제조좌주지진차채천최추탁표피하한함허현형호홍황"
)
_PERSON = re.compile(f"[{_SURNAMES}][가-힣]{{2}}")
_HANGUL = re.compile(r"[가-힣]{2,12}")
_LATIN = re.compile(r"[^\W\d_]{3,20}")
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th"})
# Codas are seven sounds, however they are written. (NFD jamo.)
_CODAS = str.maketrans("ᆩᆪᆬᆭᆮᆰᆱᆲᆳᆴᆵᆶᆹᆺᆻᆽᆾᆿᇀᇁ", "ᆨᆨᆫᆫᆺᆨᆷᆯᆯᆯᆸᆯᆸᆺᆺᆺᆺᆨᆺᆸ", "ᇂ")

Costs = dict[int, float]
"""The bits of the cheapest reading that ends at each place; no entry where there is none."""


class Names:
    """A vocabulary that can be asked for the words that sound like a word in the other script. Immutable."""

    def __init__(self, words: Iterable[str]) -> None:
        """Keep those of `words` that may be names: all Hangul or all Latin letters, not too short."""
        hangul: dict[str, list[str]] = {}
        latin: dict[str, list[str]] = {}
        for word in sorted(set(words)):
            if _HANGUL.fullmatch(word):
                hangul.setdefault(sounds(word), []).append(word)
            elif _LATIN.fullmatch(word) and len(folded := letters(word)) >= 3:
                latin.setdefault(folded, []).append(word)
        self._hangul, self._latin = (dict(sorted(found.items())) for found in (hangul, latin))
        self._sorted_hangul, self._sorted_latin = list(self._hangul), list(self._latin)

    def sounding_like(self, word: str) -> list[str]:
        """Return the words in the other script that are almost certainly the same name as `word`, the likeliest first.

        There are none for a word that is not a name in Hangul or Latin letters, or too short to be certain.
        """
        if _HANGUL.fullmatch(word):
            found, spelled = _in_latin(sounds(word), self._sorted_latin), self._latin
        elif len(folded := letters(word)) >= 3:
            found, spelled = _in_hangul(folded, self._sorted_hangul), self._hangul
        else:
            return []
        least = math.log2(max(1, len(spelled))) + _MARGIN
        gains = sorted(((-gain, name) for name, gain in found if gain >= least))
        return [w for gain, name in gains if gain <= gains[0][0] + _NEAR for w in spelled[name]]

    def spelled_out(self, word: str) -> tuple[tuple[str, ...], ...]:
        """Return the Latin words that may spell a Korean person's name, one a syllable, the likeliest first.

        >>> Names(["kim", "jin", "gene", "young"]).spelled_out("김진영")
        (('kim', 'jin', 'young'),)
        """
        if not _PERSON.fullmatch(word):
            return ()
        spelled: list[list[tuple[float, str]]] = []
        for syllable in word:
            found = _in_latin(sounds(syllable), self._sorted_latin)
            likely = sorted((LETTER_BITS * len(name) - gain, name) for name, gain in found if gain >= _SYLLABLE_GAIN)
            spelled.append(likely[:_MOST_SPELLINGS])
        whole = ((sum(bits for bits, _ in names), names) for names in itertools.product(*spelled))
        return tuple(tuple(name for _, name in names) for _, names in heapq.nsmallest(_MOST_SPELLINGS, whole))


def sounds(word: str) -> str:
    """Return the jamo of a Hangul word, each coda as one of the seven that are heard."""
    return unicodedata.normalize("NFD", word).translate(_CODAS)


def letters(word: str) -> str:
    """Return the Latin letters of `word`, a to z, without marks, spaces and hyphens; empty if it has others.

    >>> letters("Jin-young"), letters("Łódź"), letters("снег")
    ('jinyoung', 'lodz', '')
    """
    plain = unicodedata.normalize("NFKD", word.lower().translate(_PLAIN))
    plain = "".join(c for c in plain if c.isalpha())
    return plain if plain.isascii() else ""


def _in_hangul(latin: str, words: Sequence[str]) -> Iterator[tuple[str, float]]:
    """Yield the `words`, sorted jamo, that `latin` may spell, and the gain in bits. A place is a letter."""
    spelled: dict[str, dict[int, list[tuple[int, float]]]] = {}  # sound -> place -> where its spellings end, and bits
    begun: dict[str, set[int]] = {}  # the beginning of a longer sound -> the places of its spellings
    for place in range(len(latin) + 1):
        for end in range(place, min(place + _LONGEST_SPELLING, len(latin)) + 1):
            for sound, bits in _by_spelling().get(latin[place:end], ()):
                spelled.setdefault(sound, {}).setdefault(place, []).append((end, bits))
                for size in range(1, len(sound)):
                    begun.setdefault(sound[:size], set()).add(place)

    def extended(before: Sequence[Costs], word: str) -> Costs | None:
        costs: Costs = {}
        alive = False
        for size in range(1, min(_LONGEST_SOUND, len(word)) + 1):
            if places := before[-size]:
                sound = word[-size:]
                if ways := spelled.get(sound):
                    for place, cost in places.items():
                        for end, bits in ways.get(place, ()):
                            _keep(costs, end, cost + bits, end)
                alive = alive or (sound in begun and not begun[sound].isdisjoint(places))
        return costs if costs or alive else None

    for word, before in _walk(words, {0: 0.0}, extended):
        costs = [cost + ENDINGS[latin[end:]] for end, cost in before[-1].items() if latin[end:] in ENDINGS]
        if costs:
            yield word, LETTER_BITS * len(latin) - min(costs)


def _in_latin(hangul: str, words: Sequence[str]) -> Iterator[tuple[str, float]]:
    """Yield the `words`, sorted letters, that may spell `hangul`, and the gain in bits. A place is a jamo."""
    table = read_table()
    ways = [
        [(end, table[hangul[at:end]]) for end in range(at + 1, at + 1 + _LONGEST_SOUND) if hangul[at:end] in table]
        for at in range(len(hangul))
    ]
    last = len(hangul)
    begun: dict[str, set[int]] = {}  # the beginning of a longer spelling -> the places of its sounds
    for at in range(last + 1):
        longer = [spelling for _, spellings in ways[at] for spelling in spellings] if at < last else ENDINGS
        for spelling in longer:
            for size in range(1, len(spelling) + (at == last)):
                begun.setdefault(spelling[:size], set()).add(at)

    def with_silent(costs: Costs, count: int) -> Costs:
        for at in range(last):
            if at in costs:
                for end, spellings in ways[at]:
                    if "" in spellings:
                        _keep(costs, end, costs[at] + spellings[""], count)
        return costs

    def extended(before: Sequence[Costs], word: str) -> Costs | None:
        costs: Costs = {}
        alive = False
        for size in range(1, min(_LONGEST_SPELLING, len(word)) + 1):
            if places := before[-size]:
                spelling = word[-size:]
                alive = alive or (spelling in begun and not begun[spelling].isdisjoint(places))
                for at, cost in places.items():
                    if at < last:
                        for end, spellings in ways[at]:
                            if spelling in spellings:
                                _keep(costs, end, cost + spellings[spelling], len(word))
        return with_silent(costs, len(word)) if costs or alive else None

    for word, before in _walk(words, with_silent({0: 0.0}, 0), extended):
        costs = [
            before[-1 - len(ending)][last] + bits
            for ending, bits in ENDINGS.items()
            if word.endswith(ending) and last in before[-1 - len(ending)]
        ]
        if costs:
            yield word, LETTER_BITS * len(word) - min(costs)


def _walk(
    words: Sequence[str], start: Costs, extended: Callable[[Sequence[Costs], str], Costs | None]
) -> Iterator[tuple[str, Sequence[Costs]]]:
    """Yield each of the sorted `words` that can be read to its end, with the costs after each of its beginnings.

    `extended` gives the costs of a beginning from those of the shorter ones, None if no word begins so.
    """
    costs, previous, at = [start], "", 0
    while at < len(words):
        word = words[at]
        shared = 0
        for x, y in zip(previous, word, strict=False):
            if x != y:
                break
            shared += 1
        del costs[shared + 1 :]
        for length in range(shared + 1, len(word) + 1):
            previous = word[:length]
            found = extended(costs, previous)
            if found is None:
                at = bisect_left(words, previous + chr(0x10FFFF), at + 1)
                break
            costs.append(found)
        else:
            yield word, costs
            previous, at = word, at + 1


def _keep(costs: Costs, place: int, cost: float, letters_read: int) -> None:
    if cost <= _SLACK + _SLOPE * letters_read and cost < costs.get(place, math.inf):
        costs[place] = cost


@cache
def read_table() -> dict[str, dict[str, float]]:
    """Return the bits of each spelling of each sound."""
    table: dict[str, dict[str, float]] = {}
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        sound, *spellings = line.split("\t")
        table[unicodedata.normalize("NFD", sound)] = {
            spelling: float(bits) for spelling, bits in (s.split(":") for s in spellings)
        }
    return table


@cache
def _by_spelling() -> dict[str, list[tuple[str, float]]]:
    """Return the sounds of each spelling, with their bits."""
    sounds_of: dict[str, list[tuple[str, float]]] = {}
    for sound, spellings in read_table().items():
        for spelling, bits in spellings.items():
            sounds_of.setdefault(spelling, []).append((sound, bits))
    return sounds_of


def forget_table() -> None:
    """Read the file again when it is next needed."""
    read_table.cache_clear()
    _by_spelling.cache_clear()
