"""An answer or a build report -> what a page shows of it. Pure functions; knows nothing of Gradio.

answer -> highlighted(): the passage in pieces, the cited sentences marked
       -> cards(): what is cited, as HTML in which every word of an article is escaped
       -> side_notes(): what was asked instead of a follow-up question, and why a language model's answer is not shown
       -> dates_text(): what of the question was taken for the time of the articles
       -> other_cards(): the other passages that were searched, as HTML
report -> report_text()
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from itertools import chain, groupby, pairwise
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from index.language import detect_language
from index.records import Article
from qa.messages import locale_of, message
from qa.records import Answer, Citation, Dates, Passage

if TYPE_CHECKING:
    from index.build import BuildReport

CITED = "cited"
ANSWER = "answer"
"""The marks of a cited sentence, and of the very words in it that answer, among the pieces of `highlighted`."""

Piece = tuple[str, str | None]

_GAP = "\n\n⋯\n\n"  # between the passages of two articles
_LONGEST_PASSAGE = 280  # characters of a passage that was searched but not cited
_NAMES_SHOWN = 20  # articles listed under each heading of a report

# Beside what HTML needs: the signs by which a template of Gradio or Handlebars would run code.
_TEMPLATE_SIGNS = str.maketrans({sign: f"&#{ord(sign)};" for sign in "${}`\\"})


class Library(Protocol):
    """Where cited articles are looked up; an opened `Index` is one."""

    @property
    def articles(self) -> Mapping[str, Article]:
        """The articles by id."""


def highlighted(answer: Answer, library: Library) -> list[Piece]:
    """Return the passages around the citations of `answer` in pieces; joined, they are the text of the articles.

    A piece is (text, CITED), (text, ANSWER) or (text, None). A passage is the chunk that was found, and as much before
    it as the cited sentences need. If an article was changed since, its passage is what was cited and no more.
    """
    pieces: list[Piece] = []
    for article_id, citations in _by_article(answer).items():
        article = library.articles.get(article_id)
        text = "" if article is None else article.text
        if any(text[c.start : c.end] != c.quote for c in citations):
            passage: list[Piece] = [(" ".join(c.quote for c in citations), CITED)]
        else:
            passage = _cut(text, citations, _chunk_of(citations, answer))
        pieces += [(_GAP, None), *passage] if pieces else passage
    return pieces


def cards(answer: Answer, locale: str) -> str:
    """Return the cited articles as HTML: title, date, link, place, the support of the answer, whether they differ.

    Whatever comes from an article is escaped, so that it is shown and never run.
    """
    support = message("support", locale).format(percent=round(100 * answer.support))
    listed = "".join(_card(citations, locale) for citations in _by_article(answer).values())
    differ = f'<p class="differ">{message("differ", locale)}</p>' if answer.differ else ""
    return f'{differ}<p class="support">{support}</p><ul class="cards">{listed}</ul>'


def side_notes(answer: Answer) -> list[str]:
    """Return what the reader should know beside the answer: what was asked instead, and why no model worded it."""
    locale = locale_of(detect_language(answer.question))
    notes = [] if answer.asked is None else [message("asked", locale).format(question=answer.asked)]
    return notes if answer.note is None else [*notes, message(answer.note, locale)]


def other_cards(answer: Answer, library: Library, locale: str) -> str:
    """Return the passages that were searched and are not cited as HTML, best first; empty if there are none."""
    listed = []
    for passage in answer.passages:
        if not any(_overlap(citation, passage) for citation in answer.citations):
            chunk = passage.chunk
            article = library.articles.get(chunk.article_id)
            title = article.title if article else chunk.article_id
            place = _place(chunk.article_id, _range(chunk.start, chunk.end), locale)
            listed.append(
                f"<li><strong>{_escaped(title)}</strong><br>{_escaped(_shortened(chunk.text))}<br>{place}</li>"
            )
    return f'<ul class="cards">{"".join(listed)}</ul>' if listed else ""


def dates_text(dates: Dates, locale: str) -> str:
    """Return what `dates` did to the search, on a line, with the words of the question that it came from.

    >>> dates_text(Dates(words="last month", since="2026-10-01"), "en")
    'Only articles since 2026-10-01 (“last month”)'
    """
    if dates.dropped:
        keys = ["dates_dropped"]
    elif dates.since and dates.until:
        keys = ["dates_between"]
    else:
        keys = ["dates_since"] * bool(dates.since) + ["dates_until"] * bool(dates.until)
    keys += ["dates_newest"] * dates.newest
    told = (message(key, locale).format(since=dates.since, until=dates.until) for key in keys)
    return f"{', '.join(told)} (“{dates.words}”)"


def report_text(report: BuildReport, locale: str) -> str:
    """Return what a build did, in lines: a sentence, the counts, and the articles that are not as before."""
    seconds = f"{report.seconds:.1f}"
    kind = "report_built" if report.published else "report_kept"
    groups = {
        "added": list(report.added),
        "changed": list(report.changed),
        "removed": list(report.removed),
        "duplicates": [
            f"{left_out}: {message('report_same_as', locale).format(kept=kept)}" for left_out, kept in report.duplicates
        ],
        "skipped": [f"{skipped.id}: {skipped.reason}" for skipped in report.skipped],
    }
    counts = {**{name: len(lines) for name, lines in groups.items()}, "unchanged": len(report.unchanged)}
    headings = {name: message(f"report_{name}", locale).format(count=count) for name, count in counts.items()}
    text = [message(kind, locale).format(chunks=report.chunks, seconds=seconds), " · ".join(headings.values())]
    if report.remade_because and report.published:
        text.append(message("report_remade", locale).format(reason=report.remade_because))
    for name, lines in groups.items():
        if lines:
            text += ["", headings[name], *(f"  {line}" for line in lines[:_NAMES_SHOWN])]
            text += ["  …"] if len(lines) > _NAMES_SHOWN else []
    return "\n".join(text)


def _by_article(answer: Answer) -> dict[str, list[Citation]]:
    """Group the citations by article, articles in the order of the answer, citations in that of the text."""
    groups: dict[str, list[Citation]] = {}
    for citation in answer.citations:
        groups.setdefault(citation.article_id, []).append(citation)
    return {article_id: sorted(group, key=lambda c: c.start) for article_id, group in groups.items()}


def _chunk_of(citations: list[Citation], answer: Answer) -> tuple[int, int]:
    """Return the place of the best passage that holds a citation, or of nothing: the citations then stand alone."""
    for passage in answer.passages:
        if any(_overlap(citation, passage) for citation in citations):
            return passage.chunk.start, passage.chunk.end
    return citations[0].start, citations[0].end


def _overlap(citation: Citation, passage: Passage) -> bool:
    chunk = passage.chunk
    return chunk.article_id == citation.article_id and chunk.start < citation.end and citation.start < chunk.end


def _cut(text: str, citations: list[Citation], chunk: tuple[int, int]) -> list[Piece]:
    """Cut `text` where marks change, from where the chunk or the first citation begins to where the last of them ends.

    Citations with nothing but space between them are one piece.
    """
    cited = [(c.start, c.end) for c in citations]
    answers = [(c.marked.start, c.marked.end) for c in citations if c.marked is not None]
    start, end = min(chunk[0], citations[0].start), max(chunk[1], *(c.end for c in citations))
    gaps = [(e, s) for (_, e), (s, _) in pairwise(cited) if e < s and not text[e:s].strip()]
    edges = sorted({start, end, *chain(*cited, *answers)})
    pieces = [(text[a:b], _mark(a, answers, [*cited, *gaps])) for a, b in pairwise(edges)]
    return [("".join(t for t, _ in run), mark) for mark, run in groupby(pieces, lambda piece: piece[1])]


def _mark(place: int, answers: list[tuple[int, int]], cited: list[tuple[int, int]]) -> str | None:
    for mark, spans in ((ANSWER, answers), (CITED, cited)):
        if any(start <= place < end for start, end in spans):
            return mark
    return None


def _card(citations: list[Citation], locale: str) -> str:
    first = citations[0]
    place = _place(first.article_id, ", ".join(_range(c.start, c.end) for c in citations), locale)
    title = f"<strong>{_escaped(first.title)}</strong>"
    if _is_web(first.url):
        title = f'<a href="{_escaped(first.url)}" target="_blank" rel="noopener noreferrer">{title}</a>'
    date = f" <time>{_escaped(first.date)}</time>" if first.date else ""
    return f"<li>{title}{date}<br>{place}</li>"


def _place(article_id: str, ranges: str, locale: str) -> str:
    place = message("place", locale).format(article_id=_escaped(article_id), ranges=ranges)
    return f"<small>{place}</small>"


def _is_web(url: str) -> bool:
    """Tell whether `url` leads to a website; another kind ("javascript:") could run something when it is clicked."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _escaped(text: str) -> str:
    return html.escape(text).translate(_TEMPLATE_SIGNS)


def _range(start: int, end: int) -> str:
    return f"{start}–{end}"


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_PASSAGE else line[: _LONGEST_PASSAGE - 1].rstrip() + "…"
