"""Records: frozen, keyword-only, and one tree of errors."""

from __future__ import annotations

import dataclasses
import inspect

import pytest

from index import records
from index.records import ArticleQAError, Span, StoreError


def test_span_is_a_slice() -> None:
    """A span counts code points, so a character outside the basic plane is one."""
    assert Span(start=1, end=3).of("😀가나다") == "가나"


@pytest.mark.parametrize("name", ["Span", "Article", "Chunk", "Hit", "Skipped"])
def test_records_are_frozen(name: str) -> None:
    """A record is frozen, slotted and takes keywords only."""
    record = getattr(records, name)
    names = [field.name for field in dataclasses.fields(record)]
    made = record(**dict.fromkeys(names, 0))
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign"):
        setattr(made, names[0], 1)
    with pytest.raises(TypeError, match="positional argument"):
        record(*[0] * len(names))
    assert not hasattr(made, "__dict__")


def test_error_tree_is_as_drawn() -> None:
    """Every error of the module has its place in the drawing of the tree, and each store error is a StoreError."""
    classes = [cls for _, cls in inspect.getmembers(records, inspect.isclass) if issubclass(cls, Exception)]
    drawing = ArticleQAError.__doc__ or ""
    assert all(cls.__name__ in drawing and issubclass(cls, ArticleQAError) for cls in classes)
    stores = {cls.__name__ for cls in classes if issubclass(cls, StoreError)}
    assert stores == {"StoreError", "NoIndexError", "SchemaError", "DamagedIndexError"}
