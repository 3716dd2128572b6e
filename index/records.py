"""The records that pass between the rooms, and the errors. Imports nothing of ours.

The one law of this package: text is never retyped. Everything that is shown to a reader is a slice of
`Article.text`, found by its offsets, so a program can check every quotation:

    article.text[chunk.start:chunk.end] == chunk.text
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Characters `[start, end)` of a text, in Python string indices (code points)."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """Return the slice of `text` that this span covers."""
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One file of the articles folder, as clean text.

    `id` is the posix path below the folder (NFC). `text` is NFC with `\\n` line ends; all offsets count its code
    points. `date` is ISO 8601 (`2021-11-01`) or empty, `url` may be empty, `lang` is an ISO 639-1 code (`ko`) or
    `und`. `sha256` is the hex digest of the file's bytes, not of `text`.
    """

    id: str
    title: str
    date: str
    url: str
    lang: str
    text: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A span of an article that is embedded and retrieved as one row. `heading` is the nearest heading above it."""

    article_id: str
    start: int
    end: int
    heading: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One row found by a search; a higher score is better, everywhere."""

    row: int
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A file that was not read: its posix path below the folder and the reason, in words for the reader."""

    id: str
    reason: str


class ArticleQAError(Exception):
    """Any error a user can cause or mend. Worded *found -> expected -> remedy*, on one line.

    ArticleQAError
    ├── AnswerError        what should be an answer that was kept as JSON is not one
    ├── ArticlesError      the articles folder is missing, empty or has nothing readable
    ├── EncoderError       a model cannot be loaded, or is not the embedding model the index was built with
    ├── StoreError         the store cannot be used
    │   ├── NoIndexError       nothing was built there yet
    │   ├── SchemaError        built by another version of this program
    │   └── DamagedIndexError  a file is missing or its checksum differs
    ├── LLMError           a language model was asked for, but is not set up as it has to be
    └── QuestionError      the question or its filters make no sense (empty, dates reversed, no such article)
    """


class AnswerError(ArticleQAError):
    """What should be an answer that was kept as JSON is not one."""


class ArticlesError(ArticleQAError):
    """The articles folder is missing, empty or has nothing readable in it."""


class EncoderError(ArticleQAError):
    """A model (encoder, reader, reranker) cannot be loaded, or is not the embedding model the index was built with."""


class StoreError(ArticleQAError):
    """The store cannot be used."""


class NoIndexError(StoreError):
    """No index was built at this place yet."""


class SchemaError(StoreError):
    """The index was written by another version of this program."""


class DamagedIndexError(StoreError):
    """A file of the index is missing or its checksum differs."""


class LLMError(ArticleQAError):
    """A language model was asked for, but is not set up as it has to be."""


class QuestionError(ArticleQAError):
    """The question, or a filter given with it, makes no sense."""
