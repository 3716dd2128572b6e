"""Text -> the spans of its sentences. A rule of ours: no library does Korean news, English and Japanese at once.

(Measured: Kiwi glues headings to the next paragraph and does not split English; pysbd has had no release since 2021 and
splits after `TP.` in Vietnamese.)

1. A line break always ends a sentence (`index.articles` has already re-joined lines wrapped at a fixed width).
2. Within a line, `.` `!` `?` end a sentence when white space and then something other than a lower-case letter
   follows; `。` `！` `？` need no space, and `…` and `..` never do. Closing quotes and brackets belong to the sentence
   they close.
3. Not after a title or an abbreviation (`Dr.`, `U.S.`, `TP.`, a single initial), not inside a number (`3.5`) or a date
   (`2021. 11. 1.`) and not inside a quotation or bracket that is closed later on the same line, unless it is closed
   right there.

Each step looks at a character a bounded number of times: an article of 5 MB may be one line.

    >>> text = 'Dr. Kim said "Yes. We go." He left. 값은 3.5다. 끝났다.'
    >>> [span.of(text) for span in sentences(text)]
    ['Dr. Kim said "Yes. We go."', 'He left.', '값은 3.5다.', '끝났다.']
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate

from index.records import Span

# Followed by a capital in mid-sentence. `Inc.` or `Ltd.` may also end one, but a sentence too long is a smaller harm
# than a sentence cut in two.
_ABBREVIATIONS = frozenset(
    """dr mr mrs ms prof sr jr st gen col capt lt sgt rep sen gov pres hon rev vs etc e.g i.e cf al fig eq vol ed eds
    inc ltd co corp dept univ approx est tp ts gs ths pgs bs q p nguyên mme mlle hr fr bzw z.b d.h u.a usw""".split()
)
_BEFORE_NUMBER = frozenset("jan feb mar apr jun jul aug sep sept oct nov dec no nr pp p art sec ch".split())

_PAIRS = {"“": "”", "‘": "’", "「": "」", "『": "』", "(": ")", "[": "]", "（": "）", "«": "»", "《": "》", "〈": "〉"}
_CLOSERS = frozenset("\"'’”」』)]）»》〉")
_ENDERS = frozenset(".!?…")
_WIDE_ENDERS = frozenset("。！？｡")
_NOT_SPACE = re.compile(r"\S")
_DAY_OR_MONTH = re.compile(r"\d{1,2}\.")


def sentences(text: str) -> list[Span]:
    """Return the spans of the sentences of `text`, in order, without the white space around them.

    The spans are disjoint and cover every character that is not white space.
    """
    spans = []
    for line in re.finditer(r"[^\n]+", text):
        start = line.start()
        for end in [*_ends(line.group()), len(line.group())]:
            span = _trimmed(text, start, line.start() + end)
            if span.start < span.end:
                spans.append(span)
            start = line.start() + end
    return spans


def _trimmed(text: str, start: int, end: int) -> Span:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start=start, end=end)


def _ends(line: str) -> Iterator[int]:
    """Yield the offsets in `line` at which a sentence is over, but for the last."""
    enclosed = _enclosed(line)
    position = 0
    while position < len(line):
        if line[position] not in _ENDERS and line[position] not in _WIDE_ENDERS:
            position += 1
            continue
        last = position
        while last + 1 < len(line) and (line[last + 1] in _ENDERS or line[last + 1] in _WIDE_ENDERS):
            last += 1
        end = last + 1
        while end < len(line) and line[end] in _CLOSERS and enclosed[end]:
            end += 1
        inside = end < len(line) and enclosed[end] and enclosed[end - 1]
        if not inside and _is_end(line, position, last, end):
            yield end
        position = end


def _is_end(line: str, first: int, last: int, end: int) -> bool:
    """Tell whether the punctuation `line[first:last + 1]`, whose closing marks end at `end`, ends a sentence."""
    if line[last] in _WIDE_ENDERS:
        return end == last + 1 or end == len(line) or line[end] not in "とっ"  # 「…。」と述べた goes on
    if end < len(line) and not line[end].isspace():
        return False
    following = _NOT_SPACE.search(line, end)
    if following is None or (following.group().islower() and line[first - 1].isascii()):
        return False  # but "…했다. iPhone은" ends: Hangul has no lower case
    if line[last] != "." or last > first:
        return line[last] != "…" and not line[first : last + 1].startswith("..")
    start = _word_start(line, first)
    if start == first or end > last + 1:
        return True
    word = line[start:first]
    if word.lower() in _ABBREVIATIONS or (len(word) == 1 and word.isalpha() and word.isascii()):
        return False
    if "." in word and word.isascii() and all(p.isalpha() and len(p) < 3 for p in word.split(".")):  # U.S., Ph.D.
        return False
    if word.isdigit():
        return not (_counts_items(line, start, first) or _DAY_OR_MONTH.match(line, following.start()))
    return not (word.lower() in _BEFORE_NUMBER and following.group().isdigit())


def _word_start(line: str, end: int) -> int:
    """Return where the word that ends at `end` begins, dots inside it included; `end` if there is none."""
    start = end
    while start and (line[start - 1].isalnum() or (line[start - 1] == "." and start < end and line[start].isalnum())):
        start -= 1
    return start + (start < end and line[start] == ".")


def _counts_items(line: str, start: int, end: int) -> bool:
    """Tell whether the number `line[start:end]` is that of a list ("1. 첫째"), not one that ends a sentence."""
    before = start
    while before and line[before - 1].isspace():
        before -= 1
    if end - start > 2 or (before and line[before - 1] not in _ENDERS):
        return False
    return not before or line[_word_start(line, before - 1) : before - 1].lower() not in _BEFORE_NUMBER  # "Sept. 3."


def _enclosed(line: str) -> list[bool]:
    """Tell for each character whether it stands inside a quotation or bracket, its closing mark included."""
    change = [0] * (len(line) + 1)  # of the number of pairs a character stands in
    stack: list[tuple[str, int]] = []
    awaited: Counter[str] = Counter()  # how often each closing mark is on the stack
    straight = -1
    for i, character in enumerate(line):
        opened = -1
        if character == '"':
            opened, straight = straight, (i if straight < 0 else -1)
        elif character in _PAIRS:
            stack.append((_PAIRS[character], i))
            awaited[_PAIRS[character]] += 1
        elif awaited[character]:
            closer = ""
            while closer != character:
                closer, opened = stack.pop()
                awaited[closer] -= 1
        if opened >= 0:
            change[opened + 1] += 1
            change[i + 1] -= 1
    return [depth > 0 for depth in accumulate(change)]
