"""Characters and layout made uniform, once, before any offset is counted. Knows nothing of formats or languages.

`clean` is idempotent: NFC, `\\n` line ends, no invisible or control characters, no spaces at line ends, at most one
blank line in a row.

    >>> clean("네이버\\u200b는\\u00a0AI  \\r\\n\\r\\n\\r\\n\\r\\n끝")
    '네이버는 AI\\n\\n끝'
"""

from __future__ import annotations

import re
import unicodedata

_BREAKS = re.compile(r"\r\n|[\r\v\f\x85\u2028\u2029]")
_SOFT_HYPHEN = re.compile(r"\xad\n?")  # at a line end it means that the word goes on
_SPACES = re.compile(r"[\xa0\u2000-\u200a\u202f\u205f\u3164]")  # U+3164 is the blank "Hangul filler"
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f"  # controls
    r"\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"  # zero width, direction marks
    r"\ud800-\udfff"  # lone surrogates, which no file can hold
    r"\U000e0000-\U000e007f]"  # tag characters: text that only a machine would read
)
# Zero-width joiners spell emoji, Persian and Indic scripts; beside these letters they are only left over from copying.
_PLAIN = r"\x00-\u036f\u1100-\u11ff\u1e00-\u1eff\u3131-\u318e\uac00-\ud7a3"
_JOINERS = re.compile(rf"(?:^|(?<=[{_PLAIN}]))[\u200c\u200d]+|[\u200c\u200d]+(?:$|(?=[{_PLAIN}]))")
_LINE_TAIL = re.compile(r"[^\S\n]+$", re.MULTILINE)
_BLANK_LINES = re.compile(r"\n{3,}")


def clean(text: str) -> str:
    """Return `text` with clean characters and clean layout."""
    text = _LINE_TAIL.sub("", clean_characters(text))
    return _BLANK_LINES.sub("\n\n", text).strip()


def clean_characters(text: str) -> str:
    """Return `text` in NFC without invisible characters, its lines and the spaces in them as they were."""
    text = _SPACES.sub(" ", _INVISIBLE.sub("", _SOFT_HYPHEN.sub("", _BREAKS.sub("\n", text))))
    return unicodedata.normalize("NFC", _JOINERS.sub("", unicodedata.normalize("NFC", text)))


def one_line(text: str) -> str:
    """Return `text` cleaned, on one line, with single spaces: for titles and messages."""
    return " ".join(clean(text).split())
