"""A PDF -> its text: pages joined, lines re-joined, repeated headers and footers dropped. Knows nothing of files.

Its creation date says when the file was made, not when the article appeared, so a PDF has no date.
"""

from __future__ import annotations

import io
import re
from typing import Any

from index.cleaning import clean, clean_characters
from index.decoding import looks_korean
from index.documents import Document, headline, tidy_title
from index.records import ArticlesError
from index.unwrapping import unwrap_pdf

_MARGIN_LINES = 3  # a browser prints date and title above each page, address and page number below
_MARGIN_SHARE = 0.8  # of the pages
_NO_TITLE = re.compile(
    r"microsoft (?:word|powerpoint|excel)\b.*|untitled.*|제목\s?없음.*|(?:document|문서|print|page)\s*\d*|about:blank"
    r"|(?:https?|file):.*|.*\.(?:docx?|hwpx?|pdf|xlsx?|pptx?|indd|html?|tex|txt|rtf|odt|qxd|dvi)|[\W\d_]*",
    re.IGNORECASE,
)


def read_pdf(data: bytes) -> Document:
    """Return the document in a PDF. Raises ArticlesError if it is encrypted or has no text."""
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(data))
    if reader.is_encrypted and not _unlocked(reader):
        raise ArticlesError("encrypted PDF; save it without a password")
    pages = [clean_characters(page.extract_text()).split("\n") for page in reader.pages]
    text = clean(unwrap_pdf("\n".join(line for page in _without_margins(pages) for line in page)))
    if not text:
        raise ArticlesError("PDF without text, perhaps scanned; run text recognition (OCR) on it first")
    title = (reader.metadata and reader.metadata.title) or ""
    return Document(text=text, title=_declared_title(title) or headline(text))


def _unlocked(reader: Any) -> bool:
    """Tell whether the PDF opens without a password: many are only locked against printing."""
    try:
        return bool(reader.decrypt(""))
    except Exception:  # a cipher that needs a package which is not installed, or a broken entry
        return False


def _without_margins(pages: list[list[str]]) -> list[list[str]]:
    """Drop lines that stand first, or last, on nearly every page and differ in numbers only."""
    pages = [[line for line in page if line.strip()] for page in pages]
    for edge in (0, -1) * _MARGIN_LINES:
        lines = [re.sub(r"\d+", "0", page[edge].strip()) if page else "" for page in pages]
        usual = max(set(lines), key=lines.count, default="")
        if usual and lines.count(usual) >= max(2, _MARGIN_SHARE * len(pages)):
            rest = slice(1, None) if edge == 0 else slice(-1)
            pages = [page[rest] if line == usual else page for page, line in zip(pages, lines, strict=True)]
    return pages


def _declared_title(written: str) -> str:
    """Return the title property, unless it is what a program puts there when nobody wrote one."""
    title = tidy_title(written)
    if re.search(r"[\x80-\xff]{3}", title):  # old Korean programs wrote CP949 where Latin-1 is expected
        try:
            repaired = title.encode("latin-1").decode("cp949")
        except UnicodeError:
            repaired = ""
        title = repaired if repaired and looks_korean(repaired) else title
    return "" if _NO_TITLE.fullmatch(title) else title
