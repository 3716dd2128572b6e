"""The bytes of one file -> its text, and what the file says of itself. Knows nothing of folders or ids.

| format | text | title, date, url, lang |
| --- | --- | --- |
| .txt | as it is, lines that were broken at a fixed width re-joined | front matter; first line, if a headline |
| .md | the same, without link targets, emphasis marks, comments | front matter; first heading |
| .html | the article alone, found by trafilatura | what the page declares about itself |
| .pdf | all pages, lines re-joined, repeated headers and footers dropped | its title property |

A heading stays in the text even where it became the title: nothing that was written is lost to a search.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from index.cleaning import clean, one_line
from index.decoding import decode
from index.documents import Document, first_heading, headline, iso_date, tidy_title, web_url
from index.language import language_code
from index.markdown import front_matter, plain
from index.pdfs import read_pdf
from index.records import ArticlesError
from index.unwrapping import unwrap
from index.webpages import read_webpage

# What these libraries log about a broken file becomes the reason for which it is skipped; nothing goes to stderr.
for _library in ("pypdf", "trafilatura", "htmldate", "charset_normalizer"):
    logging.getLogger(_library).addHandler(logging.NullHandler())

_LONGEST_REASON = 120


def read_document(data: bytes, suffix: str, max_chars: int) -> Document:
    """Return the document in `data`; `suffix` (`.md`) tells its format. Raises ArticlesError with the reason if not."""
    if not data.strip():
        raise ArticlesError("empty")
    try:
        document = FORMATS[suffix.lower()](data)
    except ArticlesError:
        raise
    except Exception as error:  # parsers of foreign files fail in any way they like; one file must not stop the rest
        reason = one_line(str(error))[:_LONGEST_REASON]
        raise ArticlesError(f"damaged {suffix} file ({type(error).__name__}: {reason})") from error
    if not document.text:
        raise ArticlesError("empty")
    if len(document.text) > max_chars:
        raise ArticlesError(f"its text has {len(document.text):,} characters, over the limit of {max_chars:,}")
    return document


def _read_text(data: bytes) -> Document:
    fields, body = front_matter(clean(decode(data)))
    text = clean(unwrap(body))
    return _described(text, fields, headline(text))


def _read_markdown(data: bytes) -> Document:
    fields, body = front_matter(clean(decode(data)))
    text = clean(unwrap(clean(plain(body))))
    return _described(text, fields, first_heading(text) or headline(text))


def _described(text: str, fields: dict[str, str], title: str) -> Document:
    return Document(
        text=text,
        title=tidy_title(fields.get("title", "")) or tidy_title(title),
        date=iso_date(fields.get("date", "")),
        url=web_url(fields.get("url", "")),
        lang=language_code(fields.get("lang", "")),
    )


FORMATS: dict[str, Callable[[bytes], Document]] = {
    ".txt": _read_text,
    ".md": _read_markdown,
    ".markdown": _read_markdown,
    ".html": read_webpage,
    ".htm": read_webpage,
    ".pdf": read_pdf,
}
"""Suffix -> the function that reads such a file."""
