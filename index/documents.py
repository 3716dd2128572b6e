"""What one file holds, whatever its format, and the rules that all formats share for what it says of itself.

A date is only ever one that the file declares, never one found in prose, in a URL or in the file system.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from index.cleaning import one_line

_SPELLED_DATE = re.compile(r"(\d{4})\s*[-./년年]\s*(\d{1,2})\s*[-./월月]\s*(\d{1,2})(?!\d)")
_COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T?\d{4,6})?(?!\d)")
_LONGEST_TITLE = 300  # characters: more is a paragraph that some template put into the title
_HEAD, _LONGEST_HEADLINE = 10_000, 80  # characters
_NO_HEADLINE = re.compile(r"^[-*•>|`]|[.。,;:][\"'”’]?$")
_FENCED = re.compile(r"^(```|~~~).*?(?:^\1|\Z)", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a file holds: clean text, and what it says of itself, empty where it says nothing."""

    text: str
    title: str = ""
    date: str = ""
    url: str = ""
    lang: str = ""


def iso_date(written: str) -> str:
    """Return a date that starts with its year as ISO 8601, or the empty string.

    >>> iso_date("2021년 11월 1일"), iso_date("2021.11.1."), iso_date("20211101093000"), iso_date("2021-13-01")
    ('2021-11-01', '2021-11-01', '2021-11-01', '')
    """
    match = _SPELLED_DATE.match(written.strip()) or _COMPACT_DATE.match(written.strip())
    try:
        return date(*map(int, match.groups())).isoformat() if match else ""
    except ValueError:
        return ""


def web_url(written: str) -> str:
    """Return `written` if it is a web address (http, https), else the empty string."""
    written = written.strip()
    try:
        parts = urlsplit(written)
    except ValueError:
        return ""
    fine = parts.scheme in ("http", "https") and parts.netloc and not re.search(r"[\s<>\"\x00-\x20]", written)
    return written if fine else ""


def tidy_title(written: str) -> str:
    """Return `written` as a title on one line, or the empty string if it is no title."""
    title = one_line(written)
    return "" if len(title) > _LONGEST_TITLE or title in ("~", "null") else title


def first_heading(text: str) -> str:
    """Return the first Markdown heading outside fenced code, without its mark."""
    match = re.search(r"^#{1,6}[ \t]+(.*\S)", _FENCED.sub("", text), re.MULTILINE)
    return match[1] if match else ""


def headline(text: str) -> str:
    """Return the first line if it looks like a headline: short, no full stop, and something longer soon after."""
    first, *rest = [line for line in text[:_HEAD].split("\n") if line.strip()][:4] or [""]
    followed = any(len(line) > len(first) for line in rest)
    return first if followed and len(first) <= _LONGEST_HEADLINE and not _NO_HEADLINE.search(first) else ""
