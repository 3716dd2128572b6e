"""Reading text files and knowing when two texts are the same.

It knows nothing of models. The one thing that matters here is the leak check: a training text that also stands in
`eval/` makes every figure worthless, and it seldom stands there letter for letter.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MIN_LETTERS = 10
"""Shorter texts ("네, 맞아요.") are common property: finding one in eval/ is no leak."""

MIN_SENTENCE_LETTERS = 20
"""A sentence inside a passage must be this long to betray that two passages share a source."""


def read_jsonl(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a JSON Lines file."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def write_jsonl(path: Path, records: list[dict[str, Any]]) -> None:
    """Write records one a line, whole file or nothing (a half-written file would be taken for done)."""
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(r, ensure_ascii=False) + "\n" for r in records)
    part.replace(path)


def clean(text: str) -> str:
    """NFC (decomposed Hangul would match nothing) and single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def letters(text: str) -> str:
    """What two copies of a text share whatever the spacing, punctuation and case: `A b!` -> `ab`."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFC", text)).lower()


def sentences(text: str) -> list[str]:
    """Rough sentences, for leak checks and for training cuts only (offsets are not kept)."""
    return [s for s in re.split(r"(?<=[.!?。])\s+|\n+", text) if s.strip()]


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


class Held:
    """Everything in `eval/`, to ask whether a text stands there.

    `tydi_ko_passages` is the exception: most of it is TyDi's training passages, put there as distractors. Those are
    known by the caller (`also`), and only the passages that answer an evaluation question are held out.
    """

    def __init__(self, folder: Path) -> None:
        self.texts: set[str] = set()
        self.parts: set[str] = set()
        for path in sorted(folder.iterdir()):
            if path.name == "tydi_ko_passages.jsonl":
                continue
            for text in self._read(path):
                self.texts.add(letters(text))
                self.parts.update(letters(s) for s in sentences(text))

    @staticmethod
    def _read(path: Path) -> Iterator[str]:
        if path.suffix == ".jsonl":
            for record in read_jsonl(path):
                yield from _strings(record)
        else:
            for line in path.read_text(encoding="utf-8").splitlines():
                yield from line.split("\t")

    def has(self, text: str) -> bool:
        """The whole text stands in eval/, as a text or as a sentence of one."""
        key = letters(text)
        return len(key) >= MIN_LETTERS and (key in self.texts or key in self.parts)

    def shares(self, passage: str) -> bool:
        """The passage, or one long sentence of it, stands in eval/."""
        if self.has(passage):
            return True
        keys = (letters(s) for s in sentences(passage))
        return any(len(k) >= MIN_SENTENCE_LETTERS and k in self.parts for k in keys)
