"""Questions whose answers are known, from a file of JSON Lines; every line is checked. Knows nothing of answering.

    {"id": "q1", "question": "Who leads the lab?", "lang": "en", "kind": "who",
     "gold": [{"article_id": "lab.md", "sentence": "Kim leads it.", "span": "Kim", "context": "The lab is new."}]}

`gold` names every sentence that answers, each of them alone; an empty list means that no article does, and then `kind`
says in which way (`near_miss`, `off_topic`). A sentence that says it only together with the one directly before has
that one as `context` and no `span`. `asked_on` is the day that "last month" is reckoned from (2021-12-01; today, if
left out). Only `question` and `gold` must be there; other fields are passed over.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.language import detect_language
from index.records import Article, QuestionError

UNANSWERABLE = "unanswerable"
"""The kind of a question that has no answer and does not say in which way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gold:
    """A sentence that answers, to the letter; `span` is the answer within it, `context` the sentence before it."""

    article_id: str
    sentence: str
    span: str = ""
    context: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One line of the file. `source` names the file and the line, for messages."""

    id: str
    text: str
    lang: str
    kind: str
    gold: tuple[Gold, ...]
    source: str
    asked_on: datetime.date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a gold sentence stands: characters [start, end) of the article; it answers only if read from `since`."""

    article_id: str
    start: int
    end: int
    since: int


def read_questions(path: Path) -> list[Question]:
    """Read the questions of `path`. Raises QuestionError, with the number of the line, if one is malformed."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise QuestionError(
            f"The file {path} cannot be read ({error}). Expected UTF-8 text, one JSON object a line. Name another file."
        ) from error
    questions = [_question(line, f"{path}, line {number}") for number, line in enumerate(lines, 1) if line.strip()]
    if not questions:
        raise QuestionError(f"The file {path} holds no question. Expected one JSON object a line. Write some into it.")
    return questions


def places(question: Question, articles: Mapping[str, Article]) -> tuple[Place, ...]:
    """Return every place where a gold sentence of `question` stands in `articles`.

    Raises QuestionError if one stands nowhere.
    """
    found = []
    for gold in question.gold:
        if gold.article_id not in articles:
            raise _wrong(question.source, f"no article {gold.article_id!r} in the index", "the path of an article")
        text = articles[gold.article_id].text
        standing = [
            Place(article_id=gold.article_id, start=start, end=start + len(gold.sentence), since=since)
            for start in _occurrences(gold.sentence, text)
            if (since := _since(gold, text, start)) >= 0
        ]
        if not standing:
            after = f" after {gold.context!r}" if gold.context else ""
            raise _wrong(
                question.source, f"{gold.article_id} does not say {gold.sentence!r}{after}", "a sentence to the letter"
            )
        found += standing
    return tuple(found)


def _question(line: str, source: str) -> Question:
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        raise _wrong(source, f"not JSON ({error})", "one JSON object") from error
    if not isinstance(record, dict):
        raise _wrong(source, f"{line.strip()[:40]!r}", "a JSON object")
    text = _text(record, "question", source)
    if not text:
        raise _wrong(source, "no question", 'words in "question"')
    gold = record.get("gold")
    if not isinstance(gold, list):
        raise _wrong(source, "no list of gold sentences", '"gold": [] if no article answers')
    return Question(
        id=_text(record, "id", source) or source.rpartition(" ")[2],
        text=text,
        lang=_text(record, "lang", source) or detect_language(text),
        kind=_text(record, "kind", source) or ("" if gold else UNANSWERABLE),
        gold=tuple(_gold(item, source) for item in gold),
        source=source,
        asked_on=_day(_text(record, "asked_on", source), source),
    )


def _day(text: str, source: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text) if text else None
    except ValueError as error:
        raise _wrong(source, f'"asked_on" is {text!r}', "a day, like 2021-12-01") from error


def _gold(item: Any, source: str) -> Gold:
    if not isinstance(item, dict):
        raise _wrong(source, f"the gold {item!r}", '{"article_id": …, "sentence": …}')
    gold = Gold(**{name: _text(item, name, source) for name in ("article_id", "sentence", "span", "context")})
    if not gold.article_id or not gold.sentence:
        raise _wrong(source, "a gold without article_id or sentence", "both")
    if gold.span not in gold.sentence:
        raise _wrong(source, f"the span {gold.span!r} is not in its sentence", "a part of it to the letter")
    return gold


def _text(record: Mapping[str, Any], name: str, source: str) -> str:
    value = record.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _wrong(source, f"{name!r} is {json.dumps(value, ensure_ascii=False)[:40]}", "text")
    return value.strip()


def _occurrences(sentence: str, text: str) -> Iterator[int]:
    start = text.find(sentence)
    while start >= 0:
        yield start
        start = text.find(sentence, start + 1)


def _since(gold: Gold, text: str, start: int) -> int:
    """Return from where `gold`, which stands at `start`, must be read; -1 if its context is not before it."""
    before = text[:start].rstrip()
    if not before.endswith(gold.context):
        return -1
    return start if gold.span or not gold.context else len(before) - len(gold.context)


def _wrong(source: str, found: str, expected: str) -> QuestionError:
    return QuestionError(f"{source}: {found}. Expected {expected}. Mend the line.")
