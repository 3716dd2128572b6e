"""A saved web page -> its article: body and declared metadata, without navigation, footer and scripts.

The body and the title are found by trafilatura. The date it offers may be a guess, so date and address are read here,
where the page declares them. Knows nothing of files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from typing import Any

from index.cleaning import clean, clean_characters
from index.decoding import decode
from index.documents import Document, first_heading, iso_date, tidy_title, web_url
from index.language import language_code, script_language
from index.records import ArticlesError

_DECLARED_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w:.-]+)", re.IGNORECASE)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")  # lxml would believe the encoding in it
_HEAD_BYTES = 4096
_DATE_NAMES = frozenset(
    """article:published_time article:published og:published_time og:regdate regdate date datepublished pubdate
    publishdate publish-date publication_date published_time dc.date dc.date.issued dcterms.date dcterms.issued
    dcterms.created citation_publication_date sailthru.date parsely-pub-date""".split()
)
_SHORTEST_ARTICLE = 80  # characters: below, trafilatura takes the whole page. Its own 250 is a long brief in Korean
_FRAME = ["//nav", "//body/header", "//footer[not(ancestor::article)]"]  # of the page, for when it does
_BEFORE = {"p": "\n\n", "quote": "\n\n", "code": "\n\n", "table": "\n\n", "list": "\n\n", "item": "\n- ", "row": "\n"}


def read_webpage(data: bytes) -> Document:
    """Return the article of a page. Raises ArticlesError if none is found."""
    import lxml.html  # type: ignore[import-untyped]
    import trafilatura

    declared = _DECLARED_CHARSET.search(data[:_HEAD_BYTES])
    source = _XML_DECLARATION.sub("", clean_characters(decode(data, declared[1].decode() if declared else "")))
    if not source.strip():
        raise ArticlesError("empty")
    tree = lxml.html.document_fromstring(source)
    published, address = _published(tree), _address(tree)
    language = tree.get("lang") or tree.get("xml:lang") or ""
    for quotation in tree.iter("blockquote"):  # trafilatura does not tell it from <pre>, where line breaks count
        for inner in quotation.iter():
            inner.text, inner.tail = _flat(inner.text), _flat(inner.tail)
    found: Any = trafilatura.bare_extraction(
        tree, with_metadata=True, include_comments=False, prune_xpath=_FRAME, config=_settings()
    )
    text = clean(_rendered(found.body)) if found is not None else ""
    if not text:
        raise ArticlesError("no article text found on the page")
    # A template's lang="en" is often left on pages that are not; the script of the text knows better.
    lang = script_language(text) or language_code(language)
    return Document(
        text=text,
        title=tidy_title(found.title or "") or tidy_title(first_heading(text)),
        date=published,
        url=address,
        lang=lang,
    )


@cache
def _settings() -> Any:
    from trafilatura.settings import DEFAULT_CONFIG

    settings = deepcopy(DEFAULT_CONFIG)
    settings["DEFAULT"]["MIN_EXTRACTED_SIZE"] = str(_SHORTEST_ARTICLE)
    return settings


def _published(tree: Any) -> str:
    """Return the date that the page declares it was published on."""
    declared = [
        meta.get("content") or ""
        for meta in tree.iter("meta")
        if (meta.get("property") or meta.get("name") or meta.get("itemprop") or "").lower() in _DATE_NAMES
    ]
    for script in tree.iter("script"):
        if script.get("type") == "application/ld+json":
            declared += _values(script.text or "", "datePublished")
    declared += [
        time.get("datetime") or ""
        for time in tree.iter("time")
        if time.get("pubdate") is not None or time.get("itemprop") == "datePublished"
    ]
    return next(filter(None, map(iso_date, declared)), "")


def _address(tree: Any) -> str:
    """Return the address that the page declares as its own."""
    declared = [link.get("href") or "" for link in tree.iter("link") if link.get("rel") == "canonical"]
    declared += [meta.get("content") or "" for meta in tree.iter("meta") if meta.get("property") == "og:url"]
    return next(filter(None, map(web_url, declared)), "")


def _values(source: str, key: str) -> list[str]:
    """Return the strings under `key` at the top of a JSON-LD script, or of the graph in it."""
    try:
        loaded = json.loads(source)
    except (ValueError, RecursionError):
        return []
    nodes = loaded if isinstance(loaded, list) else [loaded]
    nodes += [inner for node in nodes if isinstance(node, dict) for inner in _listed(node.get("@graph"))]
    return [node[key] for node in nodes if isinstance(node, dict) and isinstance(node.get(key), str)]


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _rendered(body: Any) -> str:
    """Return trafilatura's tree as text: `#` before headings, `- ` before items, ` | ` between cells."""
    text = "".join(_pieces(body))
    return re.sub(r"(?<=\n- )\s+|(?<=\n) +", "", text)


def _pieces(element: Any) -> Iterator[str]:
    if element.tag == "head":
        yield f"\n\n{'#' * int((element.get('rend') or 'h2')[-1:])} "
    elif element.tag == "cell":
        yield " | " if element.getprevious() is not None else ""
    else:
        yield _BEFORE.get(element.tag, "")
    if element.tag == "lb":
        yield "\n"
    yield _flowing(element.text, element)
    for child in element:
        yield from _pieces(child)
        yield _flowing(child.tail, element)
    if element.tag in ("head", "p", "quote", "code", "table", "list"):
        yield "\n\n"


def _flowing(text: str | None, parent: Any) -> str:
    return (text or "") if parent.tag in ("code", "quote") else _flat(text)


def _flat(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "")
