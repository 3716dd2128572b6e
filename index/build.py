"""The pipeline: a folder of articles -> a published generation. Only what is new or changed is read and embedded.

    read -> compare by sha256 -> chunk, cut terms and embed what changed -> reuse the rows of the rest -> publish

An incremental build gives the same index as a full one: rows are in the order of (article id, start), BM25 is made anew
from stored terms, and vectors are copied as they are. Knows nothing of questions.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from index.articles import READER, ReadOptions, read_articles
from index.chunking import ChunkOptions, chunk_article
from index.encoder import BUNDLED, Encoder, SentenceTransformerEncoder, Vectors
from index.lexical import Terms
from index.records import Article, Chunk, NoIndexError, Skipped, StoreError
from index.store import Contents, EncoderStamp, Index, building, open_index, publish, read_manifest
from index.tokens import scheme, tokenize

Progress = Callable[[str, int, int], None]
"""Called with the stage ("read", "embed", "write"), how much of it is done and how much there is.

It may raise to stop the build; the previous index then stays as it is.
"""

_SLICE = 64  # chunks embedded between two calls of `Progress`
_RESERVED_TOKENS = 64  # of what the encoder reads, for the title and heading that go before the text
_LONGEST_TITLE = 60  # letters of a title or heading that are embedded; some 30 tokens each


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOptions:
    """How an index is made; saved with it, and an index made otherwise is made again."""

    read: ReadOptions = field(default_factory=ReadOptions)
    chunk: ChunkOptions = field(default_factory=ChunkOptions)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildReport:
    """What a build did. Articles are named by id; `duplicates` are (left out, the same as)."""

    generation: str
    published: bool
    remade_because: str
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    duplicates: tuple[tuple[str, str], ...]
    chunks: int
    embedded: int
    seconds: float


def build(
    articles: Path,
    store: Path,
    encoder: Encoder,
    options: BuildOptions | None = None,
    *,
    full: bool = False,
    progress: Progress | None = None,
) -> BuildReport:
    """Bring the index at `store` up to date with the folder `articles`.

    With `full`, everything is read and embedded again. Nothing is published if nothing changed. Raises ArticlesError if
    there is nothing to index, StoreError if the store cannot be written or another process builds there.
    """
    started = time.perf_counter()
    options = options or BuildOptions()
    progress = progress or _silent
    made_with = _made_with(options, encoder)
    with building(store):
        previous, reason = _previous(store, made_with, encoder, full)
        progress("read", 0, 1)
        reading = read_articles(articles, options.read, known=previous.articles if previous else {})
        progress("read", 1, 1)
        old = previous.manifest.articles if previous else {}
        fresh = [a for a in reading.articles if a.id not in old or old[a.id].sha256 != a.sha256]
        removed = tuple(sorted(set(old) - {a.id for a in reading.articles}))
        rows = _fresh_rows(fresh, encoder, _fitted(options.chunk, encoder), progress)
        published = previous is None or bool(fresh or removed)
        if published:
            progress("write", 0, 1)
            contents = _assemble(reading.articles, rows, previous, encoder, made_with)
            generation, chunks = publish(store, contents), len(contents.chunks)
        elif previous is not None:
            generation, chunks = previous.generation, len(previous.chunks)
    fresh_ids = {a.id for a in fresh}
    return BuildReport(
        generation=generation,
        published=published,
        remade_because=reason,
        added=tuple(a.id for a in fresh if a.id not in old),
        changed=tuple(a.id for a in fresh if a.id in old),
        removed=removed,
        unchanged=tuple(a.id for a in reading.articles if a.id not in fresh_ids),
        skipped=reading.skipped,
        duplicates=reading.duplicates,
        chunks=chunks,
        embedded=sum(len(r.chunks) for r in rows.values()),
        seconds=time.perf_counter() - started,
    )


def encoder_for(store: Path, name: str | None = None, device: str | None = None) -> Encoder:
    """Load the model `name`; without one, the model that the index at `store` was built with, or the bundled one."""
    if name is None:
        try:
            name = read_manifest(store).encoder.name
        except StoreError:
            name = BUNDLED
    return SentenceTransformerEncoder(name, device=device)


def embedded_text(article: Article, chunk: Chunk) -> str:
    """Return what the encoder reads for a chunk: the title and the heading it stands under, then its text."""
    context = [
        line[:_LONGEST_TITLE]
        for line in dict.fromkeys((article.title, chunk.heading))
        if line and line not in chunk.text
    ]
    return "\n".join([*context, chunk.text])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """The rows of one article: its chunks, the terms of each, and their vectors, shape (len(chunks), dim)."""

    chunks: Sequence[Chunk]
    terms: Sequence[Terms]
    vectors: Vectors


def _previous(store: Path, made_with: Mapping[str, Any], encoder: Encoder, full: bool) -> tuple[Index | None, str]:
    """Return the index whose rows can be used again, or None and why everything is made anew."""
    try:
        index = open_index(store)
    except NoIndexError:
        return None, "there was no index"
    except StoreError as error:
        return None, f"the index could not be used: {error}"
    if full:
        return None, "a full build was asked for"
    if index.manifest.encoder.fingerprint != encoder.fingerprint:
        old = index.manifest.encoder
        return None, (
            f"the model changed from {old.name} ({old.fingerprint[:8]}) to {encoder.name} ({encoder.fingerprint[:8]})"
        )
    if index.manifest.terms != scheme():
        return None, f"the terms changed from {index.manifest.terms} to {scheme()}"
    if index.manifest.options != made_with:
        return None, "the options changed"
    return index, ""


def _made_with(options: BuildOptions, encoder: Encoder) -> dict[str, Any]:
    record = {"reader": READER, "read": asdict(options.read), "chunk": asdict(_fitted(options.chunk, encoder))}
    return dict(json.loads(json.dumps(record)))  # as it will read back from the manifest


def _fitted(options: ChunkOptions, encoder: Encoder) -> ChunkOptions:
    """Return `options` with chunks no longer than the encoder reads, since it would cut them off without a word."""
    most = max(_RESERVED_TOKENS, encoder.max_tokens - _RESERVED_TOKENS)
    return ChunkOptions(max_tokens=min(options.max_tokens, most), full_tokens=min(options.full_tokens, most))


def _fresh_rows(
    articles: Sequence[Article], encoder: Encoder, options: ChunkOptions, progress: Progress
) -> dict[str, _Rows]:
    """Chunk, cut into terms and embed `articles`."""
    chunks = [chunk for article in articles for chunk in chunk_article(article, encoder.count_tokens, options)]
    by_id = {article.id: article for article in articles}
    texts = [embedded_text(by_id[chunk.article_id], chunk) for chunk in chunks]
    vectors = np.zeros((len(chunks), encoder.dim), np.float32)
    for start in range(0, len(chunks), _SLICE):
        progress("embed", start, len(chunks))
        vectors[start : start + _SLICE] = encoder.encode_documents(texts[start : start + _SLICE])
    progress("embed", len(chunks), len(chunks))
    rows, first = {}, 0
    for article in articles:
        end = first
        while end < len(chunks) and chunks[end].article_id == article.id:
            end += 1
        own = chunks[first:end]
        title = tokenize(article.title)
        terms = [Terms(group=0, title=tuple(title + tokenize(c.heading)), text=tuple(tokenize(c.text))) for c in own]
        rows[article.id] = _Rows(chunks=own, terms=terms, vectors=vectors[first:end])
        first = end
    return rows


def _assemble(
    articles: Sequence[Article],
    fresh: Mapping[str, _Rows],
    previous: Index | None,
    encoder: Encoder,
    made_with: Mapping[str, Any],
) -> Contents:
    rows = dict(fresh)
    if previous is not None:
        old_vectors, old_terms = previous.vectors(), previous.terms()
        for article in articles:
            if article.id not in rows:
                stamp = previous.manifest.articles[article.id]
                own = slice(stamp.first_row, stamp.end_row)
                rows[article.id] = _Rows(chunks=previous.chunks[own], terms=old_terms[own], vectors=old_vectors[own])
    ordered = [rows[article.id] for article in articles]
    return Contents(
        articles=articles,
        chunks=[chunk for r in ordered for chunk in r.chunks],
        terms=[
            Terms(group=number, title=terms.title, text=terms.text)
            for number, r in enumerate(ordered)
            for terms in r.terms
        ],
        vectors=np.concatenate([r.vectors for r in ordered]),
        options=made_with,
        encoder=EncoderStamp(name=encoder.name, fingerprint=encoder.fingerprint, dim=encoder.dim),
        terms_scheme=scheme(),
    )


def _silent(stage: str, done: int, total: int) -> None:
    """Report progress to nobody."""
