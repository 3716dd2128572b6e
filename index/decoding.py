"""Bytes -> characters. Knows nothing of formats, except that a web page may declare its encoding (often wrongly).

What is tried, in order: a byte order mark; UTF-16 that shows by its zeros; UTF-8; CP949 (which contains EUC-KR); the
declared encoding; charset-normalizer. CP949 accepts nearly any pair of bytes, so its result must also look like Korean:
a quarter of its letters are among the hundred commonest syllables. (Measured on single sentences of 8 letters or more:
Korean .15-.97, 99 of 100 above .35; Japanese, Chinese or curly-quoted English read as CP949 .00-.25.)
"""

from __future__ import annotations

import codecs
import re

from index.records import ArticlesError

_BINARY_STARTS = (b"%PDF-", b"PK\x03\x04", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"\xd0\xcf\x11\xe0")
_MARKS = (  # UTF-32 first: its little-endian mark starts with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ESCAPED = ((b"\x1b$)C", "iso2022_kr"), (b"\x1b$", "iso2022_jp_2"))  # 7-bit: these pass for ASCII
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_CONTROL_SHARE = 0.005
_DAMAGE = 1 / 200  # of the characters beyond ASCII: a file cut in the middle of a character is still worth reading
_LATIN = frozenset(("ascii", "iso8859-1", "iso8859-15", "cp1252"))  # declared by default, and never fail

_COMMON_SYLLABLES = frozenset(
    "이다는에의지고하가로을한서기은도아화리시영인사대나를스어만으라일보정있전해수자그국들년게주부니과장제미마했연상"
    "면재데요었진무적구성오원중동여우와공드되음소내세거조신명유위개작점것생경비선말모안월간"
)
_COMMON_SHARE = 0.25
_FEW_LETTERS = 8


def decode(data: bytes, declared: str = "") -> str:
    """Return `data` as text. Raises ArticlesError if it is not text, or in an encoding that cannot be told."""
    if data.startswith(_BINARY_STARTS):
        raise ArticlesError("not text but binary content")
    text = _decoded(data, declared)
    if len(_CONTROL.findall(text)) > _CONTROL_SHARE * len(text):
        raise ArticlesError("not text but binary content")
    return text


def _decoded(data: bytes, declared: str) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    if b"\0" in data:
        return _utf16_without_mark(data)
    for escape, encoding in _ESCAPED:
        if escape in data and (text := _strict(data, encoding)):
            return text
    for encoding in ("utf-8", "cp949"):
        text = data.decode(encoding, "replace")
        damaged = text.count("\ufffd")
        beyond_ascii = len(text) - len(text.encode("ascii", "ignore"))
        if damaged <= _DAMAGE * beyond_ascii and (encoding != "cp949" or looks_korean(text)):
            return text
    return _as_declared(data, declared) or _guessed(data)


def _utf16_without_mark(data: bytes) -> str:
    """Read UTF-16 by its spaces and line ends, which are the other way round in the wrong byte order."""
    text = max(
        (_strict(data, order) for order in ("utf-16-le", "utf-16-be")), key=lambda t: t.count(" ") + t.count("\n")
    )
    printable = sum(c.isprintable() or c in "\t\r\n" for c in text)
    zeros, ascii_bytes = data.count(0), sum(0 < byte < 128 for byte in data)
    few_zeros_in_ascii = ascii_bytes > 0.9 * (len(data) - zeros) and zeros < 0.3 * len(data)
    if not text or few_zeros_in_ascii or printable < 0.99 * len(text):
        raise ArticlesError("not text but binary content")
    return text


def looks_korean(text: str) -> bool:
    """Tell whether text that was read as CP949 is Korean, rather than another encoding read wrongly."""
    letters = [c for c in text if c > "\x7f" and c.isalpha()]
    if len(letters) < _FEW_LETTERS and all("가" <= c <= "힣" and _in_ks_x_1001(c) for c in letters):
        return True
    return sum(c in _COMMON_SYLLABLES for c in letters) >= _COMMON_SHARE * len(letters)


def _as_declared(data: bytes, declared: str) -> str:
    try:
        encoding = codecs.lookup(declared).name if declared else ""
    except LookupError:
        return ""
    accents = sum(byte > 127 for byte in data) / max(len(data), 1)
    return "" if encoding in _LATIN and accents > 0.3 else _strict(data, encoding)


def _guessed(data: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(data).best()
    if best is None:
        raise ArticlesError("its character encoding is not recognised; save it as UTF-8")
    return str(best)


def _strict(data: bytes, encoding: str) -> str:
    """Return the text, or the empty string if `data` is not valid in `encoding`."""
    try:
        return data.decode(encoding) if encoding else ""
    except (UnicodeError, LookupError):
        return ""


def _in_ks_x_1001(syllable: str) -> bool:
    """Tell whether a syllable is one of the 2,350 of EUC-KR; the codec spells the others in eight bytes."""
    return len(syllable.encode("euc_kr")) == 2
