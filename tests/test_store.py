"""The store: what was published is read back or refused, whole, whatever happens to the files or the builder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy import ToyEncoder, disk_full_at, make_article, rewrite_manifest

from index.lexical import Terms
from index.records import Chunk, DamagedIndexError, NoIndexError, SchemaError, StoreError
from index.store import Contents, EncoderStamp, Index, building, current_pointer, open_index, publish

ROOT = Path(__file__).parent.parent
FILES = ["manifest.json", "articles.jsonl", "chunks.jsonl", "terms.jsonl", "vectors.faiss", "lexical"]


def contents(number: int = 0, articles: int = 3) -> Contents:
    """Return a generation in which every part says `number`: texts, terms, vectors and options."""
    made = [make_article(f"text {number} of {i}", id=f"{i}.txt", title=f"Title {i}") for i in range(articles)]
    angle = 0.1 + 0.01 * number
    return Contents(
        articles=made,
        chunks=[Chunk(article_id=a.id, start=0, end=len(a.text), heading=f"H{number}", text=a.text) for a in made],
        terms=[Terms(group=i, title=("title",), text=("text", f"g{number}", f"a{i}")) for i in range(articles)],
        vectors=np.tile(np.array([[np.cos(angle), np.sin(angle), 0, 0, 0]], np.float32), (articles, 1)),
        options={"number": number},
        encoder=EncoderStamp(name="toy", fingerprint="toy-1", dim=5),
        terms_scheme="terms-test",
    )


def published(store: Path, *numbers: int) -> Path:
    with building(store):
        for number in numbers:
            publish(store, contents(number))
    return store


def check_whole(index: Index) -> int:
    """Check that every part of `index` is of the same generation and return its number."""
    number = int(index.manifest.options["number"])
    assert {article.text.split()[1] for article in index.articles.values()} == {str(number)}
    assert {chunk.heading for chunk in index.chunks} == {f"H{number}"}
    assert {terms.text[1] for terms in index.terms()} == {f"g{number}"}
    assert np.array_equal(index.vectors(), contents(number).vectors)
    assert [hit.row for hit in index.search_lexical([f"g{number}"], 9)] == [0, 1, 2]
    return number


def test_round_trip(tmp_path: Path) -> None:
    """Everything that was published is read back equal."""
    given = contents(7)
    index = open_index(published(tmp_path / "new" / "store", 7))
    assert list(index.articles.values()) == given.articles
    assert index.chunks == given.chunks
    assert index.terms() == given.terms
    assert np.array_equal(index.vectors(), given.vectors)
    assert index.manifest.encoder == given.encoder
    assert index.manifest.options == {"number": 7}
    assert index.manifest.terms == "terms-test"
    assert [(s.first_row, s.end_row) for s in index.manifest.articles.values()] == [(0, 1), (1, 2), (2, 3)]
    assert index.generation == current_pointer(tmp_path / "new" / "store")[0] == "gen-000001"


def test_odd_characters_come_back(tmp_path: Path) -> None:
    """Line separators, quotes and astral characters in a text do not cut its record in two."""
    text = 'a\u2028b\u2029c\x85d\r"\\ 😀 네이버\n'
    given = contents()
    odd = replace(
        given,
        articles=[replace(given.articles[0], text=text, title="\u2028 '\"")],
        chunks=[Chunk(article_id="0.txt", start=0, end=len(text), heading="\x85", text=text)],
        terms=given.terms[:1],
        vectors=given.vectors[:1],
    )
    with building(tmp_path):
        publish(tmp_path, odd)
    index = open_index(tmp_path)
    assert list(index.articles.values()) == odd.articles
    assert index.chunks == odd.chunks


def test_no_rows(tmp_path: Path) -> None:
    """An article without a chunk is kept, and an index without rows can be asked."""
    empty = replace(contents(), chunks=[], terms=[], vectors=np.zeros((0, 5), np.float32))
    with building(tmp_path):
        publish(tmp_path, empty)
    index = open_index(tmp_path)
    query = np.eye(5, dtype=np.float32)[0]
    assert list(index.articles) == ["0.txt", "1.txt", "2.txt"]
    assert index.search_lexical(["text"], 5) == index.search_dense(query, 5) == []
    assert index.search_dense(query, 5, ["1.txt"]) == index.search_lexical(["text"], 5, ["1.txt"]) == []


def test_search_only_in_some_articles(tmp_path: Path) -> None:
    """With `only`, both searches find rows of these articles alone; with an empty `only`, none."""
    index = open_index(published(tmp_path, 1))
    query = np.eye(5, dtype=np.float32)[0]
    for only, rows in (({"2.txt", "0.txt"}, [0, 2]), (set[str](), []), (None, [0, 1, 2])):
        assert [hit.row for hit in index.search_lexical(["text"], 5, only)] == rows
        assert [hit.row for hit in index.search_dense(query, 5, only)] == rows
    assert index.cosines(query, [0, 2]) == pytest.approx([np.cos(0.11)] * 2)
    assert index.term_weights(["a0"])[0] > index.term_weights(["text"])[0]


def test_nothing_built_yet(tmp_path: Path) -> None:
    """A place without an index, or that is no folder, says so and what to run."""
    (tmp_path / "file").write_text("")
    for store in (tmp_path / "none", tmp_path, tmp_path / "file"):
        with pytest.raises(NoIndexError, match=r"^No index at .*\. Expected .*\. Run: article-qa build$"):
            open_index(store)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x04
    path.write_bytes(data)


DAMAGES: list[Callable[[Path], object]] = [
    flip,
    lambda path: path.write_bytes(path.read_bytes()[:-1]),
    lambda path: path.write_bytes(path.read_bytes() + b"\n"),
    lambda path: path.write_bytes(b""),
    lambda path: path.unlink(),
]


@pytest.mark.parametrize("damage", DAMAGES, ids=["flip", "cut", "longer", "empty", "gone"])
def test_every_damaged_file_is_noticed(tmp_path: Path, damage: Callable[[Path], object]) -> None:
    """Each file of a generation, damaged in turn, is named with the remedy, and restored it opens again."""
    store = published(tmp_path, 1)
    paths = [path for path in (store / "gen-000001").rglob("*") if path.is_file() and path.suffix != ".lock"]
    assert {path.relative_to(store / "gen-000001").parts[0] for path in paths} == set(FILES)
    for path in paths:
        whole = path.read_bytes()
        damage(path)
        assert not path.exists() or path.read_bytes() != whole
        with pytest.raises(DamagedIndexError, match=rf"{path.name} .*\. Expected .*\. Run: article-qa build --full"):
            open_index(store)
        path.write_bytes(whole)
    check_whole(open_index(store))


@pytest.mark.parametrize("bit", range(8))
def test_every_damaged_byte_of_the_pointer_is_noticed(tmp_path: Path, bit: int) -> None:
    """A flipped bit anywhere in CURRENT is never taken for another index, and the remedy is named."""
    store = published(tmp_path, 1, 2)
    pointer = store / "CURRENT"
    whole = pointer.read_bytes()
    for place in range(len(whole) - 1):  # all but the line break, which says nothing
        data = bytearray(whole)
        data[place] ^= 1 << bit
        pointer.write_bytes(data)
        with pytest.raises(DamagedIndexError, match=r"Expected .*\. Run: article-qa build --full"):
            open_index(store)
    pointer.write_bytes(whole)
    assert check_whole(open_index(store)) == 2


@pytest.mark.parametrize("content", ["", "gen-000001", "../../etc/passwd abc", "gen-1 abc", "a b c"])
def test_nonsense_in_the_pointer(tmp_path: Path, content: str) -> None:
    """A CURRENT that names no generation is damage, quoted, and asked for cheaply too."""
    store = published(tmp_path, 1)
    (store / "CURRENT").write_text(content)
    for ask in (open_index, current_pointer):
        with pytest.raises(DamagedIndexError, match=r"CURRENT says '.*'\. Expected the name"):
            ask(store)


def test_another_schema(tmp_path: Path) -> None:
    """An index of another version is refused with both schemas and the remedy, whatever else its manifest holds."""
    store = published(tmp_path, 1)
    rewrite_manifest(store, lambda record: record.update(schema=99, encoder="another", files=[]))
    with pytest.raises(SchemaError, match=r"has schema 99\. Expected 1, .* Run: article-qa build --full"):
        open_index(store)


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record.pop("encoder"),
        lambda record: record["encoder"].pop("dim"),
        lambda record: record.update(articles=[]),
        lambda record: record["files"].update(more={"sha256": "0", "bytes": 1}),
        lambda record: record.pop("schema"),
    ],
)
def test_manifest_lacks_something(tmp_path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """A manifest of this schema that lacks a field, or lists a file that is not there, is damage."""
    store = published(tmp_path, 1)
    rewrite_manifest(store, change)
    with pytest.raises(DamagedIndexError, match="Run: article-qa build --full"):
        open_index(store)


def test_two_generations_are_kept(tmp_path: Path) -> None:
    """Publishing keeps the generation before, removes older ones, and leaves nothing temporary."""
    store = published(tmp_path, 1, 2, 3, 4)
    assert sorted(path.name for path in store.iterdir() if path.name != "lock") == [
        "CURRENT",
        "gen-000003",
        "gen-000004",
    ]
    assert check_whole(open_index(store)) == 4


def test_leftovers_are_swept(tmp_path: Path) -> None:
    """What interrupted builds left (tmp-*, a generation newer than CURRENT) is removed and its number used again."""
    store = published(tmp_path, 1, 2)
    (store / "tmp-abc" / "gen-000003").mkdir(parents=True)
    shutil.copytree(store / "gen-000001", store / "gen-000003")
    shutil.copytree(store / "gen-000001", store / "gen-000017")
    (store / "notes.txt").write_text("the user's own")
    published(store, 3)
    names = {path.name for path in store.iterdir()} - {"lock"}
    assert names == {"CURRENT", "gen-000002", "gen-000003", "notes.txt"}
    assert check_whole(open_index(store)) == 3


def test_leftover_without_a_pointer(tmp_path: Path) -> None:
    """A generation that was never made current, in a store without CURRENT, is not opened and not in the way."""
    store = published(tmp_path, 1)
    (store / "CURRENT").unlink()
    with pytest.raises(NoIndexError, match="No index at"):
        open_index(store)
    published(store, 2)
    assert check_whole(open_index(store)) == 2


def test_one_builder_at_a_time(tmp_path: Path) -> None:
    """A second builder, in this process or another, is told to wait; after the first one another may begin."""
    code = "import sys, pathlib\nfrom index.store import building\nwith building(pathlib.Path(sys.argv[1])): pass"
    with building(tmp_path):
        with pytest.raises(StoreError, match=r"is being built by another process\. Expected one"), building(tmp_path):
            pass
        child = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert "is being built by another process" in child.stderr
    with building(tmp_path):
        pass


def test_a_store_that_cannot_be_made(tmp_path: Path) -> None:
    """A store below a file is refused with the way out."""
    (tmp_path / "file").write_text("")
    for store in (tmp_path / "file", tmp_path / "file" / "store"):
        with (
            pytest.raises(StoreError, match=r"cannot be written \(.*\)\. Expected .* name another with --store"),
            building(store),
        ):
            pass


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    """When the disk refuses, whichever file is being written, the error is a StoreError and the old index answers."""
    store = published(tmp_path, 1)
    made = contents(2, articles=1)
    vector = np.eye(1, 5_000, dtype=np.float32)
    for large in (
        replace(made, articles=[replace(made.articles[0], text="x" * 50_000)]),
        replace(made, vectors=vector, encoder=replace(made.encoder, dim=5_000)),
    ):
        with (
            pytest.raises(StoreError, match=r"could not be written to .*\(.*\)\. Expected room .* is untouched"),
            disk_full_at(12_000),
            building(store),
        ):
            publish(store, large)
        assert check_whole(open_index(store)) == 1
        assert {path.name for path in store.iterdir()} - {"lock"} == {"CURRENT", "gen-000001"}


def test_a_reader_outlives_its_files(tmp_path: Path) -> None:
    """An index that is open answers as before after its files were replaced and removed."""
    store = published(tmp_path, 1)
    index = open_index(store)
    query = np.eye(5, dtype=np.float32)[0]
    before = index.search_lexical(["text", "a1"], 5), index.search_dense(query, 5)
    published(store, 2, 3)
    assert not (store / "gen-000001").exists()
    assert (index.search_lexical(["text", "a1"], 5), index.search_dense(query, 5)) == before
    assert index.search_lexical(["g2"], 5) == index.search_lexical(["g3"], 5) == []
    assert [hit.row for hit in index.search_lexical(["g1"], 5, ["2.txt"])] == [2]
    assert index.chunks[0].text == "text 1 of 0"


def test_readers_see_whole_generations(tmp_path: Path) -> None:
    """While 20 generations are published, four readers see only whole ones, never an older one after a newer."""
    store = published(tmp_path, 0)
    stop = threading.Event()

    def read() -> list[int]:
        seen = [0]
        while not stop.is_set() or seen[-1] != 20:
            index = open_index(store)
            # the terms are the builder's: they are read from files that may be gone by now
            number = int(index.manifest.options["number"])
            assert {article.text.split()[1] for article in index.articles.values()} == {str(number)}
            assert {chunk.heading for chunk in index.chunks} == {f"H{number}"}
            assert np.array_equal(index.vectors(), contents(number).vectors)
            assert [hit.row for hit in index.search_lexical([f"g{number}"], 9)] == [0, 1, 2]
            seen.append(number)
        return seen

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read) for _ in range(4)]
        try:
            for number in range(1, 21):
                published(store, number)
        finally:
            stop.set()
        for reader in readers:
            seen = reader.result(timeout=60)
            assert seen == sorted(seen)
    assert check_whole(open_index(store)) == 20


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a system with named pipes")
def test_replaced_while_being_opened(tmp_path: Path) -> None:
    """A generation that is replaced and removed while it is being opened, twice in a row, gives the newest one."""
    store = published(tmp_path, 1)

    def slow_file() -> Path:
        """Put a pipe in the place of a file, so that reading it takes until the pipe is closed."""
        path = store / current_pointer(store)[0] / "chunks.jsonl"
        path.unlink()
        os.mkfifo(path)
        return path

    def reader_waits(path: Path) -> int:
        """Wait until the pipe is being read and return its other end."""
        for _ in range(1000):
            with suppress(OSError):  # there is no reader yet
                return os.open(path, os.O_WRONLY | os.O_NONBLOCK)
            time.sleep(0.01)
        raise TimeoutError(f"nobody reads {path}")

    with ThreadPoolExecutor(1) as pool:
        path = slow_file()
        opening = pool.submit(open_index, store)
        for number in (2, 4):
            pipe = reader_waits(path)
            published(store, number, number + 1)
            path = slow_file() if number == 2 else path
            os.close(pipe)
        assert check_whole(opening.result(timeout=30)) == 5


def test_toy_store_is_searchable(store: Path, toy: ToyEncoder) -> None:
    """In the store that the other tests share, the dense side finds the article that speaks of the lab."""
    index = open_index(store)
    hit = index.search_dense(toy.encode_queries(["lab river"])[0], 1)[0]
    assert index.chunks[hit.row].article_id == "lab.md"
