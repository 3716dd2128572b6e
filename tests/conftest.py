"""Fixtures that several test modules share. What is slow to make is made once a session."""

from __future__ import annotations

from pathlib import Path

import pytest
from toy import ARTICLES, ToyEncoder, write_articles

from index.build import build
from index.encoder import SentenceTransformerEncoder


@pytest.fixture
def toy() -> ToyEncoder:
    """Return an encoder that can be computed by hand."""
    return ToyEncoder()


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    """Return a folder of three small articles."""
    return write_articles(tmp_path / "articles", ARTICLES)


@pytest.fixture
def store(tmp_path: Path, articles: Path, toy: ToyEncoder) -> Path:
    """Return a store built from `articles` with the toy encoder."""
    build(articles, tmp_path / "store", toy)
    toy.embedded.clear()
    return tmp_path / "store"


@pytest.fixture(scope="session")
def bundled() -> SentenceTransformerEncoder:
    """Return the encoder that comes with the program."""
    return SentenceTransformerEncoder(device="cpu")
