"""The articles folder -> articles, sorted by id, and a report of every file that was left out. Knows no format inside.

Two stages, since parsing is the slow part: `scan` finds the files and hashes their bytes; `read_articles` parses those
whose hash it does not know yet. No file stops the others: what cannot be read is reported with its reason.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from index.formats import FORMATS, read_document
from index.language import detect_language
from index.records import Article, ArticlesError, Skipped

READER = 1
"""Raised when the same bytes would give another Article, so that articles read before are read again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """`max_bytes` is the largest file that is read, and the most characters it may unfold to: a book, not an article.

    (The novel "War and Peace" is 3.2 million characters.)
    """

    max_bytes: int = 5_000_000

    def __post_init__(self) -> None:
        """Refuse a size that no article has."""
        if self.max_bytes < 1:
            raise ValueError(f"max_bytes={self.max_bytes}: expected at least 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A file to read: its id (posix path below the folder, NFC), where it lies, and the hash of its bytes."""

    id: str
    path: Path
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """The files that may hold articles, sorted by id, and those that cannot."""

    files: tuple[SourceFile, ...]
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The articles, sorted by id, and what was left out.

    A duplicate is (the id that is not indexed, the id of the same text that is).
    """

    articles: tuple[Article, ...]
    skipped: tuple[Skipped, ...]
    duplicates: tuple[tuple[str, str], ...]


_DEFAULTS = ReadOptions()
_EXPECTED = "a .txt, .md, .html or .pdf file"
_HIDDEN = frozenset(("thumbs.db", "desktop.ini", "__macosx"))
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_REASONS_SHOWN = 3


def read_articles(
    folder: Path,
    options: ReadOptions = _DEFAULTS,
    known: Mapping[str, Article] = {},
) -> Reading:
    """Read every article below `folder`; one in `known` whose file still has the same bytes is taken as it is.

    `known` must come from the same `READER`. Of files with the same bytes or the same clean text the first by id is
    kept. Raises ArticlesError if the folder is missing or nothing in it can be read.
    """
    found = scan(folder, options)
    articles: list[Article] = []
    skipped = list(found.skipped)
    duplicates: list[tuple[str, str]] = []
    by_hash: dict[str, str] = {}
    by_text: dict[str, str] = {}
    for file in found.files:
        kept = by_hash.get(file.sha256)
        if kept is None:
            article = known.get(file.id)
            try:
                if article is None or article.sha256 != file.sha256:
                    article = read_article(file.path, file.id, options)
            except ArticlesError as error:
                skipped.append(Skipped(id=file.id, reason=str(error)))
                continue
            kept = by_hash[article.sha256] = by_text.setdefault(article.text, file.id)
            if kept == file.id:
                articles.append(article)
        if kept != file.id:
            duplicates.append((file.id, kept))
    skipped.sort(key=lambda skip: skip.id)
    if not articles:
        _refuse(folder, skipped)
    return Reading(articles=tuple(articles), skipped=tuple(skipped), duplicates=tuple(duplicates))


def read_article(path: Path, id: str, options: ReadOptions = _DEFAULTS) -> Article:
    """Read one file. Raises ArticlesError with the reason, in a few words, if it holds no article."""
    try:
        with path.open("rb") as file:
            data = file.read(options.max_bytes + 1)
    except OSError as error:
        raise ArticlesError(_unreadable(error)) from error
    if len(data) > options.max_bytes:  # it grew after it was found
        raise ArticlesError(_too_large(len(data), options))
    document = read_document(data, path.suffix, options.max_bytes)
    return Article(
        id=id,
        title=document.title or _title_from_name(id),
        date=document.date,
        url=document.url,
        lang=document.lang or detect_language(document.text),
        text=document.text,
        sha256=hashlib.sha256(data).hexdigest(),
    )


def scan(folder: Path, options: ReadOptions = _DEFAULTS) -> Scan:
    """Find and hash the files below `folder` without parsing them.

    Hidden files are passed over in silence. Links are followed to files inside the folder; links to folders are not,
    since what they hold is either read at its own place or lies outside. Raises ArticlesError if the folder is missing.
    """
    if not folder.is_dir():
        found = f"{folder} is a file, not a folder" if folder.exists() else f"No folder at {folder}"
        raise ArticlesError(
            f"{found}. Expected a folder of .txt, .md, .html or .pdf files. Create it, or name one with --articles DIR."
        )
    files: dict[str, SourceFile] = {}
    skipped = []
    for path, problem in _walk(folder):
        id = _id(path.relative_to(folder))
        try:
            problem = problem or _problem(path, options)
            if not problem and id in files:
                problem = "another file has the same name, spelled with other code points"
            if not problem:
                with path.open("rb") as file:
                    files[id] = SourceFile(id=id, path=path, sha256=hashlib.file_digest(file, "sha256").hexdigest())
        except OSError as error:
            problem = _unreadable(error)
        if problem:
            skipped.append(Skipped(id=id, reason=problem))
    return Scan(
        files=tuple(files[id] for id in sorted(files)), skipped=tuple(sorted(skipped, key=lambda skip: skip.id))
    )


def _walk(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield each visible file below `folder`, and each folder or link that cannot be followed, with the reason."""
    root = folder.resolve()
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        try:
            entries = sorted(current.iterdir())
        except OSError as error:
            if current is folder:
                raise ArticlesError(
                    f"The folder {folder} {_unreadable(error)}. Expected one that may be read. "
                    "Change its permissions, or name another with --articles DIR."
                ) from error
            yield current, _unreadable(error)
            continue
        for entry in entries:
            if entry.name.startswith((".", "~$")) or entry.name.lower() in _HIDDEN:
                continue
            if entry.is_symlink():
                yield entry, _link_problem(entry, root)
            elif entry.is_dir():
                waiting.append(entry)
            else:
                yield entry, ""


def _link_problem(link: Path, root: Path) -> str:
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError):  # RuntimeError: a loop, before Python 3.13
        return "a link that leads nowhere"
    if not target.is_relative_to(root):
        return "a link that leads out of the articles folder"
    return "a link to a folder; only links to files are followed" if target.is_dir() else ""


def _problem(path: Path, options: ReadOptions) -> str:
    """Return why `path` is not worth opening, or the empty string."""
    if not path.is_file():
        return "not a regular file"  # a pipe would block for ever
    if path.suffix.lower() not in FORMATS:
        return f"not {_EXPECTED}"
    size = path.stat().st_size
    return _too_large(size, options) if size > options.max_bytes else ""


def _id(relative: Path) -> str:
    """Return the posix path in NFC. A name that is not UTF-8 (unpacked from a Korean zip file) is read as CP949."""
    path = "/".join(map(_readable, relative.parts))
    return unicodedata.normalize("NFC", _UNPRINTABLE.sub("\ufffd", path))


def _readable(name: str) -> str:
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(name).decode("cp949", "replace")
    return name


def _title_from_name(id: str) -> str:
    stem = Path(id).stem
    return " ".join(re.split(r"[\s_-]+", stem)).strip() or stem


def _too_large(size: int, options: ReadOptions) -> str:
    return f"{size:,} bytes, over the limit of {options.max_bytes:,}"


def _unreadable(error: OSError) -> str:
    return f"cannot be read: {(error.strerror or type(error).__name__).lower()}"


def _refuse(folder: Path, skipped: list[Skipped]) -> NoReturn:
    if not skipped:
        found = f"The folder {folder} has no files"
    else:
        shown = "; ".join(f"{skip.id}: {skip.reason}" for skip in skipped[:_REASONS_SHOWN])
        more = f"; and {len(skipped) - _REASONS_SHOWN} more" if len(skipped) > _REASONS_SHOWN else ""
        found = f"Nothing in the folder {folder} could be read ({shown}{more})"
    raise ArticlesError(
        f"{found}. Expected at least one {_EXPECTED[2:]}. Add one, or name a folder with --articles DIR."
    )
