"""Lines broken at a fixed width -> paragraphs on one line each. Knows nothing of files, encodings or Markdown syntax.

A line goes on with the next if the next line's first word would not have fitted into the width. So a heading or any
short line stays alone, and lists, tables, quotations and code stay as they are. Text is left alone unless most of its
lines show such a width.

    >>> print(unwrap_pdf("네이버가 아시아 국가를 넘어 독일과 프랑스까지 베트\\n남에 이은 연구소를 세웠다.\\n끝"))
    네이버가 아시아 국가를 넘어 독일과 프랑스까지 베트남에 이은 연구소를 세웠다.
    끝
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

_NARROWEST, _WIDEST = 40, 130
_LONGER = 0.05  # of the lines may have been written beyond the width, by hand
_TRIED = 10  # widths; each costs a pass over the text
_FULL_LINES, _FULL_SHARE = 3, 0.6
_PDF_FULL = 0.88  # of the width: letters are not equally wide there

_LIST = re.compile(r"[-+*•·‣◦▪■□●○◆◇▶▷※☞]\s|\d{1,3}[.)]\s|[가-하][.)]\s|\(\d{1,3}\)|[①-⑳]")
_STRUCTURE = re.compile(rf"#{{1,6}}\s|>|\||\[\^|[-=_*~]{{3,}}|{_LIST.pattern}|.*(?:\t| {{3,}}\S)")
_FENCE = re.compile(r"\s*(```|~~~)")
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’」』)\]]*$")
_NO_SPACES = re.compile(r"[\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff01-\uff60]")
_HANGUL = re.compile(r"[가-힣]")
_OPENING, _QUOTES = "([{“‘「『《〈", "'\""
_WORD_GOES_ON = re.compile(
    r"[(\[{“‘「『《〈&/]\n|\n[,.!?:;)\]}”’」』》〉…%·&/'\"]|\d[.,]\n\d|\d\n[가-힣]|[가-힣]\n\("
    r"|[^은는이가을를도만게히고지로]\n[했됐]"  # Kiwi sees the word `했다`, but it is rarely one after a noun
)
_CONTEXT = 40  # characters on each side of a seam that Kiwi looks at

_Measure = Callable[[str], int]
_Seam = Callable[[str, str], str]


@dataclass(frozen=True, slots=True)
class _Wrap:
    """How the lines of a text were broken: none is longer than `longest`, and one beyond `full` had no room left.

    A sentence that ends beyond `full` may end a paragraph by chance; that line must reach `full_at_end`.
    """

    measure: _Measure
    longest: int
    full: int
    full_at_end: int
    lists_too: bool = False

    def is_full(self, line: str, following: str) -> bool:
        """Tell whether the first word of `following` did not fit after `line`."""
        own = self.measure(line.rstrip())
        full = self.full_at_end if _SENTENCE_END.search(line.rstrip()) else self.full
        return own <= self.longest and own + 1 + self.measure(_first_word(following)) > full


def unwrap(text: str) -> str:
    """Re-join the lines of plain text or Markdown, if they were broken at a fixed width."""
    lines = [line.rstrip() for line in text.split("\n")]
    for measure in (len, columns):
        if wrap := _found_wrap(lines, measure):
            return _joined(lines, wrap, _seam_of_words)
    return text


def unwrap_pdf(text: str) -> str:
    """Re-join the lines of a PDF, which are always those seen on its pages. They may be broken within a word."""
    lines = text.split("\n")
    wrap = max((_pdf_wrap(lines, measure) for measure in (columns, _halves)), key=lambda wrap: wrap.full / wrap.longest)
    if wrap.longest < _NARROWEST:
        return text
    # Some programs keep the space at which a line was broken. Then a line without one was broken within a word.
    full = [a for a, b in pairwise(lines) if _is_prose(a) and _is_prose(b) and wrap.is_full(a, b)]
    spaces_kept = sum(line.endswith(" ") for line in full) >= 0.2 * len(full)
    return _joined(lines, wrap, _seam_as_kept if spaces_kept else _seam_by_sense)


def _pdf_wrap(lines: list[str], measure: _Measure) -> _Wrap:
    widths = sorted(measure(line.rstrip()) for line in lines if _is_prose(line)) or [1]
    width = widths[int(len(widths) * 0.9)]
    return _Wrap(measure, max(widths[-1], 1), full=int(width * _PDF_FULL), full_at_end=width, lists_too=True)


def columns(text: str) -> int:
    """Return how many columns `text` takes in a terminal: two for a Hangul syllable, kana or Han."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _halves(text: str) -> int:
    """Return about how many halves of a Hangul syllable `text` takes in a proportional font."""
    return round(sum(2 if c > "\u10ff" and c.isalnum() else 1.1 if c.isalnum() else 0.6 for c in text))


def _found_wrap(lines: list[str], measure: _Measure) -> _Wrap | None:
    """Find the width: hardly a line is longer, and of those that break off in mid-sentence most had no room left."""
    pairs = [(a, b) for a, b in _outside_code([*lines, ""]) if _is_prose(a)]
    lengths = sorted((measure(a) for a, _ in pairs if "://" not in a), reverse=True)
    broken_off = [(a, b) for a, b in pairs if _continues(b) and not _SENTENCE_END.search(a)]
    longest = set(lengths[: 1 + int(_LONGER * len(lengths))])
    for width in sorted(longest.intersection(range(_NARROWEST, _WIDEST + 1)), reverse=True)[:_TRIED]:
        wrap = _Wrap(measure, width, full=width, full_at_end=width)
        full = sum(wrap.is_full(a, b) for a, b in broken_off)
        enough = full >= _FULL_LINES or full == len(broken_off) == _FULL_LINES - 1
        if enough and full >= _FULL_SHARE * len(broken_off):
            return wrap
    return None


def _outside_code(lines: list[str]) -> Iterable[tuple[str, str]]:
    """Yield each line with its next, blanks in place of fenced code."""
    inside, visible = False, []
    for line in lines:
        fence = bool(_FENCE.match(line))
        visible.append("" if inside or fence else line)
        inside ^= fence
    return pairwise(visible)


def _joined(lines: list[str], wrap: _Wrap, seam: _Seam) -> str:
    done: list[str] = []
    paragraph = lines[:1]
    for i, (a, b) in enumerate(_outside_code(lines)):
        after = lines[i + 2] if i + 2 < len(lines) else ""
        open_end = _is_prose(a) or (wrap.lists_too and bool(_LIST.match(a.strip())))
        if open_end and _continues(b) and wrap.is_full(a, b) and not _starts_anew(a, b, after, wrap):
            paragraph[-1] = paragraph[-1].rstrip()
            paragraph += [seam(a, b), b]
        else:
            done.append("".join(paragraph))
            paragraph = [lines[i + 1]]
    return "\n".join([*done, "".join(paragraph)])


def _starts_anew(line: str, following: str, after: str, wrap: _Wrap) -> bool:
    """Tell whether a full line ends a paragraph: it ends a sentence, and a short line that ends none comes next.

    That is a heading, or a signature. Any other next line that stands alone cannot be told from the paragraph's last.
    """
    if not _SENTENCE_END.search(line.rstrip()) or _SENTENCE_END.search(following.rstrip()):
        return False
    return not _is_prose(after) or not wrap.is_full(following, after)


def _is_prose(line: str) -> bool:
    stripped = line.strip()
    return bool(stripped) and not _STRUCTURE.match(stripped)


def _continues(line: str) -> bool:
    return _is_prose(line) and not line[0].isspace()


def _first_word(line: str) -> str:
    line = line.lstrip()
    return line[:1] if _NO_SPACES.match(line) else line.split(None, 1)[0] if line else ""


def _seam_of_words(before: str, after: str) -> str:
    if _NO_SPACES.match(before[-1:]) and _NO_SPACES.match(after[:1]):
        return ""
    return "" if re.search(r"[^\W\d_]-$", before) and after[:1].isalpha() else " "


def _seam_as_kept(before: str, after: str) -> str:
    if before.endswith(" ") or after.startswith(" "):
        return " "
    return "" if _HANGUL.match(before[-1:]) or _HANGUL.match(after[:1]) else _seam_of_words(before, after)


def _seam_by_sense(before: str, after: str) -> str:
    before, after = before.rstrip(), after.lstrip()
    last, first = before[-1], after[0]
    if first in _QUOTES and not before.count(first) % 2:
        return " "  # it opens a quotation
    if _WORD_GOES_ON.search(f"{before[-2:]}\n{after[:2]}") or (last in _QUOTES and before.count(last) % 2):
        return ""
    if last not in ",.!?:;" and (_HANGUL.match(first) or (_HANGUL.match(last) and first not in _OPENING)):
        return _seam_by_kiwi(before[-_CONTEXT:], after[:_CONTEXT])
    return _seam_of_words(before, after)


def _seam_by_kiwi(before: str, after: str) -> str:
    """Ask Kiwi whether a Korean word goes on. (Measured on 60 articles cut every 38 or 41 letters: 96 % right.)"""
    from index.tokens import kiwi

    _, spaced = kiwi().glue([before, after], return_space_insertions=True)
    return " " if spaced[0] else ""
