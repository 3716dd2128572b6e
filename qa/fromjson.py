"""A JSON object -> the record that it was made of, each field checked. Knows no record in particular."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from typing import Any, TypeVar

from index.records import AnswerError

T = TypeVar("T")
FieldReader = Callable[[Any], Any]
"""Makes the value of a field of what stands in its place in JSON."""

_TYPES: dict[str, tuple[type, ...]] = {"str": (str,), "int": (int,), "float": (int, float), "bool": (bool,)}


def record_from_json(kind: type[T], written: Any, readers: Mapping[str, FieldReader] = {}) -> T:
    """Return `written` as a `kind`, a dataclass, each field as its reader makes it, or else as it is.

    A field that has a default may be missing, and keys that are no fields are passed over. Raises AnswerError.
    """
    if not isinstance(written, dict):
        raise _unreadable(kind, f"is {written!r:.80}", "a JSON object")
    values = {}
    for wanted in fields(kind):  # type: ignore[arg-type]  # it is a dataclass
        name, types = wanted.name, _TYPES.get(str(wanted.type), (object,))
        if name not in written:
            if wanted.default is MISSING:
                raise _unreadable(kind, f"has no {name!r}", f"{name!r} of type {wanted.type}")
            continue
        value = written[name]
        if not isinstance(value, types) or (isinstance(value, bool) and int in types):
            raise _unreadable(kind, f"has {name!r}: {value!r:.80}", f"one of type {wanted.type}")
        values[name] = readers[name](value) if name in readers else value
    return kind(**values)


def each(reader: FieldReader) -> FieldReader:
    """Return a reader of lists, each item of which `reader` reads."""

    def read(written: Any) -> tuple[Any, ...]:
        if not isinstance(written, list):
            raise AnswerError(f"Found {written!r:.80} in an answer. Expected a list. {_REMEDY}")
        return tuple(map(reader, written))

    return read


def optional(reader: FieldReader) -> FieldReader:
    """Return a reader of null, which is None, and of what `reader` reads."""
    return lambda written: None if written is None else reader(written)


_REMEDY = "Make the answer again with: article-qa ask --json"


def _unreadable(kind: type, found: str, expected: str) -> AnswerError:
    return AnswerError(f"The {kind.__name__.lower()} {found}. Expected {expected}. {_REMEDY}")
