"""A quotation that somebody claims to have read -> where it stands in the text, or nowhere. Knows nothing of models.

White space may differ (none is never the same as some), one quotation mark may stand for another, and the quotation may
be in another normal form of Unicode. Any other difference is a paraphrase, and a paraphrase proves nothing.

>>> locate('the "second  lab"', "It is the “second lab”.")
Span(start=6, end=22)
"""

from __future__ import annotations

import re
import unicodedata

from index.records import Span
from index.sentences import sentences

_MARKS = "\"'`´‘’‚‛“”„‟′″«»‹›「」『』＂＇"
_ANY_MARK = f"[{re.escape(_MARKS)}]"
_PART = re.compile(rf"(\s+)|({_ANY_MARK})")
_LONGEST = 4000  # characters
_FEWEST_LETTERS = 4
"""Letters and digits; what is shorter is found anywhere and proves nothing."""


def locate(quote: str, text: str, start: int = 0, end: int | None = None) -> Span | None:
    """Return where `quote` first stands in `text[start:end]`, as a span of `text` (NFC); None if it does not."""
    quote = unicodedata.normalize("NFC", quote).strip()
    for wording in dict.fromkeys((quote, quote.strip(_MARKS).strip())):  # marks put around it are not part of it
        if len(wording) > _LONGEST or sum(map(str.isalnum, wording)) < _FEWEST_LETTERS:
            continue
        found = _pattern(wording).search(text, start, len(text) if end is None else end)
        if found:
            return Span(start=found.start(), end=found.end())
    return None


def whole_sentences(span: Span, text: str) -> list[Span]:
    """Return the sentences of `text` that `span` touches: half a sentence can say the opposite of the whole one."""
    start = text.rfind("\n", 0, span.start) + 1
    end = text.find("\n", span.end)
    around = sentences(text[start : len(text) if end < 0 else end])
    spans = [Span(start=start + s.start, end=start + s.end) for s in around]
    return [s for s in spans if s.start < span.end and span.start < s.end]


def _pattern(quote: str) -> re.Pattern[str]:
    parts = _PART.split(quote)  # words, with white space and marks between them; None for the group that did not match
    words, spaces, marks = parts[::3], parts[1::3], parts[2::3]
    between = [r"\s+" if space else _ANY_MARK if mark else "" for space, mark in zip(spaces, marks, strict=True)]
    return re.compile("".join(a + b for a, b in zip(map(re.escape, words), [*between, ""], strict=True)))
