"""An encoder that can be computed by hand, and helpers to write articles and indexes for it.

>>> print(ToyEncoder().encode_queries(["lab, lab, lab, river, river, river, river"]).round(2))
[[0.6 0.8 0.  0.  0. ]]
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index.encoder import Vectors
from index.records import Article, Span
from index.store import current_pointer
from qa.reader import Reading
from qa.window import Window

WORDS = ("lab", "river", "bank", "연구")
"""One dimension counts each of these in a text; the last dimension is 1 where none of them is there."""

ARTICLES = {
    "lab.md": "---\ntitle: The lab\ndate: 2021-11-01\nlang: en\n---\nThe lab stands by the river. It is in Hanoi.\n",
    "korea.txt": "네이버는 베트남에 연구소를 세웠다.\n두 번째 연구소는 하노이에 있다.\n",
    "deep/bank.txt": "The bank lends money. The river has a bank too.\n",
}
"""Files of the folder that the fixture `articles` makes."""


class ToyEncoder:
    """Counts of known words, brought to length 1. A token is a word between white space."""

    def __init__(
        self,
        *,
        name: str = "toy",
        fingerprint: str = "toy-1",
        max_tokens: int = 1000,
        before: Callable[[Sequence[str]], None] | None = None,
    ) -> None:
        """Keep what is given; `before` is called with the texts of each `encode_documents` and may raise or sleep."""
        self.name = name
        self.fingerprint = fingerprint
        self.dim = len(WORDS) + 1
        self.max_tokens = max_tokens
        self.embedded: list[str] = []
        self._before = before

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the number of words of each text."""
        return [len(text.split()) for text in texts]

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of passages and remember the texts in `embedded`."""
        if self._before is not None:
            self._before(texts)
        self.embedded += texts
        return self._vectors(texts)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of questions."""
        return self._vectors(texts)

    def encode_tokens(self, texts: Sequence[str]) -> list[Vectors]:
        """Return a vector for each word of each text."""
        return [self._vectors(text.split()) for text in texts]

    def _vectors(self, texts: Sequence[str]) -> Vectors:
        counts = np.zeros((len(texts), self.dim), np.float32)
        for row, text in enumerate(texts):
            counts[row, :-1] = [text.lower().count(word) for word in WORDS]
            counts[row, -1] = not counts[row].any()
        return np.asarray(counts / np.linalg.norm(counts, axis=1, keepdims=True), np.float32)


class ToyReader:
    """Log-odds are -1 and 2 more for each known word that question and sentence share; the span is the last of them."""

    def __init__(self, *, sureness: float = 1.0, most: int = 100) -> None:
        """Multiply all log-odds by `sureness`; at most `most` sentences fit a window."""
        self._sureness, self._most = sureness, most
        self.windows: list[Window] = []

    def read(self, windows: Sequence[Window]) -> list[list[Reading]]:
        """Return what is said of each sentence of each window; they are kept in `windows`."""
        self.windows += windows
        return [[self._reading(window.question, sentence) for sentence in window.sentences] for window in windows]

    def fits(self, window: Window) -> bool:
        """Tell whether `window` has at most as many sentences as are read at once."""
        return len(window.sentences) <= self._most

    def _reading(self, question: str, sentence: str) -> Reading:
        shared = [word for word in WORDS if word in question.lower() and word in sentence.lower()]
        start = sentence.lower().index(shared[-1]) if shared else 0
        span = Span(start=start, end=start + len(shared[-1]) if shared else 0)
        return Reading(log_odds=self._sureness * (2.0 * len(shared) - 1.0), span=span, certainty=float(bool(shared)))


def write_articles(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write `files`, by their posix paths below `folder`, and return `folder`."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def make_article(text: str, *, id: str = "a.txt", title: str = "") -> Article:
    """Return an article in English with `text`."""
    return Article(id=id, title=title, date="", url="", lang="en", text=text, sha256="0" * 64)


def rewrite_manifest(store: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the current manifest as another version of the program would have written it, checksum included."""
    path = store / current_pointer(store)[0] / "manifest.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    change(record)
    path.write_text(json.dumps(record), encoding="utf-8")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    (store / "CURRENT").write_text(f"{path.parent.name} {digest}\n", encoding="utf-8")


@contextmanager
def disk_full_at(size: int) -> Iterator[None]:
    """Let no file grow beyond `size` bytes meanwhile: a write that would fails as it does on a full disk."""
    resource = pytest.importorskip("resource", reason="limits of file sizes are set by a Unix call")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
