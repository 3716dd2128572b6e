"""Kept answers -> what in them does not agree with the articles. Re-reads the folder itself and knows no index.

A citation holds if the file still has its digest and the article its quote at its place. Whether the quote answers the
question is another matter (`qa.support`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from index.articles import ReadOptions, read_article, scan
from index.decoding import decode
from index.records import AnswerError, Article, ArticlesError
from qa.records import Answer, Citation, quotes

_READ = ReadOptions()
_ASK_AGAIN = "Ask again after: article-qa build"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """How many answers and citations were checked, and a line for all that is wrong: found -> expected -> remedy."""

    answers: int
    citations: int
    problems: tuple[str, ...]


def verify(answers: Sequence[Answer], articles: Path, options: ReadOptions = _READ) -> Verification:
    """Check `answers` against the files below the folder `articles`. Raises ArticlesError if it is missing."""
    look_up = shelf(articles, options)
    problems = []
    for number, answer in enumerate(answers, 1):
        problems += [f"answer {number}: {problem}" for problem in _of_answer(answer)]
        for place, citation in enumerate(answer.citations, 1):
            where = f"answer {number}, citation {place} ({citation.article_id!r}:{citation.start}-{citation.end})"
            problems += [f"{where}: {problem}" for problem in _of_citation(citation, look_up)]
    cited = sum(len(answer.citations) for answer in answers)
    return Verification(answers=len(answers), citations=cited, problems=tuple(problems))


def read_answers(data: bytes) -> list[Answer]:
    """Return the answers in `data`: one JSON object, a list of them, or one a line. Raises AnswerError."""
    try:
        text = decode(data)
    except ArticlesError as error:
        raise AnswerError(f"The answers are {error}. Expected JSON. Save some with: article-qa ask --json") from error
    try:
        written = json.loads(text)
    except (ValueError, RecursionError):
        answers = [_on_line(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    else:
        answers = [Answer.from_json(one) for one in (written if isinstance(written, list) else [written])]
    if not answers:
        raise AnswerError("There is no answer. Expected at least one as JSON. Save some with: article-qa ask --json")
    return answers


def _on_line(number: int, line: str) -> Answer:
    try:
        written = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise AnswerError(
            f"Line {number} is not JSON ({error}). Expected an answer. Save it with: article-qa ask --json"
        ) from error
    try:
        return Answer.from_json(written)
    except AnswerError as error:
        raise AnswerError(f"Line {number}: {error}") from error


def _of_answer(answer: Answer) -> Iterator[str]:
    if answer.abstained and answer.citations:
        yield f"says that the articles do not say, and cites. Expected one or the other. {_ASK_AGAIN}"
    if not answer.abstained and not answer.citations:
        yield f"cites nothing. Expected a citation, or an abstention. {_ASK_AGAIN}"
    elif not answer.abstained and answer.method == "extractive" and answer.text != quotes(answer.citations):
        yield f"its text is {answer.text!r:.80}. Expected its quotes, word for word. {_ASK_AGAIN}"


def _of_citation(citation: Citation, look_up: Callable[[str], Article]) -> Iterator[str]:
    try:
        article = look_up(citation.article_id)
    except ArticlesError as error:
        digest = f"sha256 {citation.sha256[:12]!r}"
        yield f"{error}. Expected a file with {digest}. Put it back, or name its folder with --articles DIR"
    else:
        yield from mismatches(citation, article)


def mismatches(citation: Citation, article: Article) -> Iterator[str]:
    """Yield what of `citation` is not so in `article`, as its file is now: its digest, its place, the quote there.

    If the file is the one that was cited, title, date and address are checked, too.
    """
    there = article.text[max(citation.start, 0) : max(citation.end, 0)]
    is_same_file = article.sha256 == citation.sha256
    if not is_same_file:
        digest = f"sha256 {citation.sha256[:12]!r}"
        yield f"the file has changed: its sha256 is {article.sha256[:12]!r}. Expected {digest}. {_ASK_AGAIN}"
    marked = citation.marked
    if marked is not None and not citation.start <= marked.start < marked.end <= citation.end:
        place = f"{citation.start}-{citation.end}"
        yield f"the answer is marked at {marked.start}-{marked.end}. Expected a place within {place}. {_ASK_AGAIN}"
    if not 0 <= citation.start < citation.end <= len(article.text):
        yield f"the article has {len(article.text)} characters. Expected a place among them. {_ASK_AGAIN}"
    elif there != citation.quote:
        yield f"the article says {there!r:.80} there. Expected the quote {citation.quote!r:.80}. {_ASK_AGAIN}"
    elif is_same_file:
        for name in ("title", "date", "url"):
            found, expected = getattr(article, name), getattr(citation, name)
            if found != expected:
                yield f"the {name} of the article is {found!r:.80}. Expected {expected!r:.80}. {_ASK_AGAIN}"


def shelf(folder: Path, options: ReadOptions = _READ) -> Callable[[str], Article]:
    """Return what reads an article by its id, once; only files that `scan` finds, so none outside the folder."""
    found = scan(folder, options)
    paths = {file.id: file.path for file in found.files}
    reasons = {skipped.id: skipped.reason for skipped in found.skipped}

    @cache
    def look_up(id: str) -> Article:
        if id not in paths:
            raise ArticlesError(f"cannot be read: {reasons[id]}" if id in reasons else f"no such article in {folder}")
        return read_article(paths[id], id, options)

    return look_up
