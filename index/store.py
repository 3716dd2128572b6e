"""One generation of the index on disk: written aside, published by one rename, checked before it is read.

    .store/
      CURRENT              the generation that readers open, and the sha256 of its manifest
      lock                 held by the one process that builds
      gen-000007/
        manifest.json      what it was made of and with, and the sha256 and size of every other file
        articles.jsonl     one `Article` a line
        chunks.jsonl       one chunk a line: article, start, end, heading (its text is a slice of the article)
        terms.jsonl        one row's terms a line, so that BM25 is rebuilt without reading a text again
        vectors.faiss      one unit vector a row
        lexical/           the BM25 index

Row number, line number and vector number are the same thing. Rows are in the order of (article id, start), so the same
articles give the same index whichever way they came in. Knows nothing of how rows are made (`index.build`).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from index.bridge import BRIDGED, TRANSLATED, Bridge
from index.encoder import Vectors
from index.lexical import Asked, Concept, LexicalIndex, Terms
from index.records import Article, Chunk, DamagedIndexError, Hit, NoIndexError, SchemaError, StoreError
from index.vectors import FlatVectors

SCHEMA = 1
"""Raised when the files or their meaning change; an index of another schema is refused and has to be built again."""

_CURRENT = "CURRENT"
_GENERATION = "gen-{:06d}"
_NAME = re.compile(r"gen-\d{6,}")
_KEPT = 2  # the current generation and the one before it, which a reader may be opening at this moment


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderStamp:
    """Which embedding model made the vectors."""

    name: str
    fingerprint: str
    dim: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleStamp:
    """The state of an article that was indexed, and its rows `[first_row, end_row)`."""

    sha256: str
    first_row: int
    end_row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStamp:
    """The state of a file of the generation."""

    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a generation was made of and with."""

    schema: int
    options: Mapping[str, Any]
    encoder: EncoderStamp
    terms: str
    articles: Mapping[str, ArticleStamp]
    files: Mapping[str, FileStamp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """All that goes into a generation, row by row: `vectors` is float32 unit rows of shape (len(chunks), dim)."""

    articles: Sequence[Article]
    chunks: Sequence[Chunk]
    terms: Sequence[Terms]
    vectors: Vectors
    options: Mapping[str, Any]
    encoder: EncoderStamp
    terms_scheme: str


class Index:
    """One opened generation. Immutable, and safe to search from many threads."""

    def __init__(self, folder: Path, manifest_sha256: str) -> None:
        """Open the generation in `folder` and check each of its files, the manifest first.

        Raises SchemaError or DamagedIndexError.
        """
        self.generation = folder.name
        self.pointer = (folder.name, manifest_sha256)
        self.folder = folder
        self.manifest = _read_manifest(folder, manifest_sha256)
        _check_files(folder, self.manifest)
        try:
            self.articles: dict[str, Article] = {
                record["id"]: Article(**record) for record in _read_lines(folder / "articles.jsonl")
            }
            self.chunks: list[Chunk] = [
                Chunk(text=self.articles[record["article_id"]].text[record["start"] : record["end"]], **record)
                for record in _read_lines(folder / "chunks.jsonl")
            ]
            if not os.access(folder / "lexical", os.W_OK):
                raise StoreError(
                    f"The folder {folder / 'lexical'} cannot be written. Expected that it can: tantivy keeps a lock "
                    "there while it reads. Change its permissions, or copy the store."
                )
            self._lexical = LexicalIndex(folder / "lexical")
            self._vectors = FlatVectors(folder / "vectors.faiss")
        except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
            raise _damaged(folder, f"cannot be read ({error})") from error
        self._numbers = {article_id: number for number, article_id in enumerate(self.articles)}
        self._bridged = {
            language: frozenset(article.id for article in self.articles.values() if article.lang == language)
            for language in BRIDGED
        }
        self._bridge_lock = threading.Lock()
        self._concepts: dict[bool, Callable[[str], tuple[Concept, ...]]] = {}

    def foreign(self, language: str) -> frozenset[str]:
        """Return the ids of the articles in another language that are bridged from `language`: see `concepts`."""
        return frozenset[str]().union(*(ids for other, ids in self._bridged.items() if other != language))

    def concepts(self, question: str, language: str) -> tuple[Concept, ...]:
        """Return what `question` asks for, in its order, with the ways in which Korean or English say the same.

        `language` is its own. The first call makes the bridge into this index (0.1 s for 30,000 terms, 2 s for
        300,000).
        """
        with self._bridge_lock:
            if not self._concepts:
                bridge = Bridge(self._lexical.vocabulary())
                for is_translated, one in ((True, bridge), (False, bridge.without_lexicon())):
                    self._concepts[is_translated] = lru_cache(maxsize=64)(one.concepts)  # a question asks repeatedly
        return self._concepts[language in TRANSLATED](question)

    def search_lexical(self, asked: Sequence[Asked], k: int, only: Iterable[str] | None = None) -> list[Hit]:
        """Return the `k` best rows by BM25 (see `LexicalIndex.search`); with `only`, of these articles."""
        groups = None if only is None else sorted(self._numbers[article_id] for article_id in only)
        return self._lexical.search(asked, k, groups)

    def search_dense(self, query: Vectors, k: int, only: Iterable[str] | None = None) -> list[Hit]:
        """Return the `k` rows nearest to `query`, a unit vector of shape (dim,); with `only`, of these articles."""
        stamps = self.manifest.articles
        ranges = (
            None
            if only is None
            else [range(stamps[article_id].first_row, stamps[article_id].end_row) for article_id in sorted(only)]
        )
        return self._vectors.search(query, k, ranges)

    def cosines(self, query: Vectors, rows: Sequence[int]) -> list[float]:
        """Return the cosine between `query`, a unit vector of shape (dim,), and each of `rows`."""
        return self._vectors.scores(query, rows)

    def term_weights(self, asked: Sequence[Asked]) -> list[float]:
        """Return how much each of what is `asked` tells, by how few rows hold it (see `LexicalIndex.weights`)."""
        return self._lexical.weights(asked)

    def vectors(self) -> Vectors:
        """Return the vectors of all rows: float32, shape (len(chunks), dim)."""
        return self._vectors.vectors()

    def terms(self) -> list[Terms]:
        """Return the terms of all rows, read from disk."""
        return [
            Terms(group=record["group"], title=tuple(record["title"]), text=tuple(record["text"]))
            for record in _read_lines(self.folder / "terms.jsonl")
        ]


def current_pointer(store: Path) -> tuple[str, str]:
    """Return the name of the generation that readers should open, and the sha256 of its manifest.

    Cheap enough to ask before every question (compare `Index.pointer`). Raises NoIndexError if there is none,
    StoreError if it cannot be told.
    """
    try:
        words = (store / _CURRENT).read_text(encoding="utf-8", errors="replace").split()
    except (FileNotFoundError, NotADirectoryError):
        raise NoIndexError(
            f"No index at {store}. Expected one built from a folder of articles. Run: article-qa build"
        ) from None
    except OSError as error:
        raise StoreError(
            f"The store {store} cannot be read ({error}). Expected a folder made by article-qa. "
            "Check its permissions, or name another with --store."
        ) from error
    if len(words) != 2 or not _NAME.fullmatch(words[0]):
        raise DamagedIndexError(
            f"{store / _CURRENT} says {' '.join(words)[:80]!r}. Expected the name of a generation and a checksum. "
            "Run: article-qa build --full"
        )
    return words[0], words[1]


def open_index(store: Path) -> Index:
    """Open the index that was published last. Raises NoIndexError, SchemaError, DamagedIndexError or StoreError."""
    pointer = current_pointer(store)
    while True:
        try:
            return Index(store / pointer[0], pointer[1])
        except DamagedIndexError:
            newer = current_pointer(store)  # a builder may have published and pruned while we were opening
            if newer == pointer:
                raise
            pointer = newer


def read_manifest(store: Path) -> Manifest:
    """Return the manifest of the current generation, checked; its other files are not looked at."""
    name, digest = current_pointer(store)
    return _read_manifest(store / name, digest)


@contextmanager
def building(store: Path) -> Iterator[None]:
    """Hold the store's lock while an index is built; first remove what interrupted builds left.

    Raises StoreError if another process holds it.
    """
    from filelock import FileLock, Timeout

    try:
        store.mkdir(parents=True, exist_ok=True)
        lock = FileLock(store / "lock", timeout=0)
        lock.acquire()
    except Timeout:
        raise StoreError(
            f"The store {store} is being built by another process. Expected one builder at a time. Wait for it to end."
        ) from None
    except OSError as error:
        raise StoreError(
            f"The store {store} cannot be written ({error}). Expected a folder that can be. "
            "Check its permissions, or name another with --store."
        ) from error
    try:
        _sweep(store)
        yield
    finally:
        lock.release()


def publish(store: Path, contents: Contents) -> str:
    """Write `contents` as a new generation, make it the current one and return its name.

    Call it within `building(store)`. Whenever it is interrupted, the previous generation stays current and whole:
    files are written aside and flushed to disk, the folder is renamed, and only then CURRENT is replaced. Raises
    StoreError if the disk refuses.
    """
    number = 1 + max((_number(path) for path in store.glob("gen-*")), default=0)
    name = _GENERATION.format(number)
    try:
        with tempfile.TemporaryDirectory(prefix="tmp-", dir=store, ignore_cleanup_errors=True) as temporary:
            folder = Path(temporary) / name
            folder.mkdir()
            _write(folder, contents)
            manifest = _stamp(folder / "manifest.json").sha256
            _flush_tree(folder)
            folder.rename(store / name)
            _flush(store)
            pointer = Path(temporary) / _CURRENT
            pointer.write_text(f"{name} {manifest}\n", encoding="utf-8")
            _flush(pointer)
            pointer.replace(store / _CURRENT)
            _flush(store)
    except OSError as error:
        raise StoreError(
            f"The index could not be written to {store} ({error}). Expected room and permission to write. "
            "The previous index, if any, is untouched; free some room and build again."
        ) from error
    _prune(store)
    return name


def _prune(store: Path) -> None:
    """Remove all but the generations that a reader may be opening."""
    for old in sorted(store.glob("gen-*"), key=_number)[:-_KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def _sweep(store: Path) -> None:
    """Remove what builds that were interrupted left behind."""
    for path in store.glob("tmp-*"):
        shutil.rmtree(path, ignore_errors=True)
    try:
        current = _number(store / current_pointer(store)[0])
    except StoreError:
        return
    for path in store.glob("gen-*"):
        if _number(path) > current:
            shutil.rmtree(path, ignore_errors=True)
    _prune(store)


def _number(path: Path) -> int:
    digits = path.name.removeprefix("gen-")
    return int(digits) if digits.isdigit() else 0


def _write(folder: Path, contents: Contents) -> None:
    _write_lines(folder / "articles.jsonl", (asdict(article) for article in contents.articles))
    _write_lines(
        folder / "chunks.jsonl",
        ({"article_id": c.article_id, "start": c.start, "end": c.end, "heading": c.heading} for c in contents.chunks),
    )
    _write_lines(folder / "terms.jsonl", (asdict(terms) for terms in contents.terms))
    FlatVectors.write(folder / "vectors.faiss", contents.vectors)
    (folder / "lexical").mkdir()
    LexicalIndex.write(folder / "lexical", contents.terms)
    for lock in (folder / "lexical").glob(".*.lock"):
        lock.unlink()
    stamps: dict[str, ArticleStamp] = {}
    first = 0
    for article in contents.articles:
        end = first
        while end < len(contents.chunks) and contents.chunks[end].article_id == article.id:
            end += 1
        stamps[article.id] = ArticleStamp(sha256=article.sha256, first_row=first, end_row=end)
        first = end
    manifest = Manifest(
        schema=SCHEMA,
        options=contents.options,
        encoder=contents.encoder,
        terms=contents.terms_scheme,
        articles=stamps,
        files={path.relative_to(folder).as_posix(): _stamp(path) for path in _files(folder)},
    )
    text = json.dumps(asdict(manifest), ensure_ascii=False, indent=1)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")


def _read_manifest(folder: Path, sha256: str) -> Manifest:
    path = folder / "manifest.json"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _damaged(path, f"cannot be read ({error.strerror or error})") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise _damaged(path, "has another checksum")
    try:
        record = json.loads(data)
        schema = record["schema"]
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(path, f"cannot be read ({error})") from error
    if schema != SCHEMA:
        raise SchemaError(
            f"The index {folder} has schema {schema}. Expected {SCHEMA}, the one of this version. "
            "Run: article-qa build --full"
        )
    try:
        return Manifest(
            schema=schema,
            options=record["options"],
            encoder=EncoderStamp(**record["encoder"]),
            terms=record["terms"],
            articles={key: ArticleStamp(**stamp) for key, stamp in record["articles"].items()},
            files={key: FileStamp(**stamp) for key, stamp in record["files"].items()},
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise _damaged(path, f"lacks a field ({error})") from error


def _check_files(folder: Path, manifest: Manifest) -> None:
    """Compare every file with its checksum: FAISS and tantivy load most single-bit errors without a word."""
    for name, expected in manifest.files.items():
        path = folder / name
        try:
            found = _stamp(path)
        except OSError as error:
            raise _damaged(path, f"cannot be read ({error.strerror or error})") from error
        if found != expected:
            raise _damaged(path, f"has sha256 {found.sha256[:12]}… and {found.bytes} bytes")


def _damaged(path: Path, what: str) -> DamagedIndexError:
    return DamagedIndexError(f"{path} {what}. Expected the file that the build wrote. Run: article-qa build --full")


def _stamp(path: Path) -> FileStamp:
    with path.open("rb") as file:
        return FileStamp(sha256=hashlib.file_digest(file, "sha256").hexdigest(), bytes=path.stat().st_size)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _write_lines(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for record in records:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


def _read_lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="\n") as file:
        for line in file:
            yield json.loads(line)


def _flush_tree(folder: Path) -> None:
    for path in _files(folder):
        _flush(path)
    for path in [folder, *(p for p in folder.rglob("*") if p.is_dir())]:
        _flush(path)


def _flush(path: Path) -> None:
    """Force a file or a folder's entries to disk; Windows cannot do folders and need not."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
