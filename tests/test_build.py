"""The build: what is new is embedded, the rest is reused, and nothing that goes wrong harms the index that is there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from toy import ARTICLES, ToyEncoder, make_article, rewrite_manifest, write_articles

from index.articles import ReadOptions
from index.build import BuildOptions, build, embedded_text, encoder_for
from index.chunking import ChunkOptions
from index.encoder import BUNDLED, SentenceTransformerEncoder
from index.records import ArticlesError, Chunk, EncoderError, StoreError
from index.store import Index, building, open_index

ROOT = Path(__file__).parent.parent


def check_same(one: Index, other: Index) -> None:
    """Check that two indexes hold the same and find the same."""
    assert one.articles == other.articles
    assert list(one.articles) == list(other.articles)
    assert one.chunks == other.chunks
    assert one.terms() == other.terms()
    assert np.array_equal(one.vectors(), other.vectors())
    assert one.manifest.articles == other.manifest.articles
    assert one.manifest.options == other.manifest.options
    assert one.manifest.encoder == other.manifest.encoder
    assert one.manifest.terms == other.manifest.terms
    query = ToyEncoder().encode_queries(["river bank"])[0]
    only = list(one.articles)[1:]
    for some in (None, only):
        assert one.search_lexical(["river", "bank", "two"], 99, some) == other.search_lexical(
            ["river", "bank", "two"], 99, some
        )
        assert one.search_dense(query, 99, some) == other.search_dense(query, 99, some)


def check_sound(built: Index) -> None:
    """Check that chunks are slices, in order, and that rows of vectors and stamps belong to them."""
    assert built.chunks == sorted(built.chunks, key=lambda chunk: (chunk.article_id, chunk.start))
    for chunk in built.chunks:
        assert built.articles[chunk.article_id].text[chunk.start : chunk.end] == chunk.text
    texts = [embedded_text(built.articles[chunk.article_id], chunk) for chunk in built.chunks]
    assert np.array_equal(built.vectors(), ToyEncoder().encode_documents(texts))
    numbers = list(built.articles)
    assert [terms.group for terms in built.terms()] == [numbers.index(chunk.article_id) for chunk in built.chunks]
    for article_id, stamp in built.manifest.articles.items():
        assert {chunk.article_id for chunk in built.chunks[stamp.first_row : stamp.end_row]} <= {article_id}
        assert stamp.sha256 == built.articles[article_id].sha256


def test_first_build(articles: Path, tmp_path: Path, toy: ToyEncoder) -> None:
    """A first build reports every article as added, in order, with the reason why all was made."""
    report = build(articles, tmp_path / "store", toy)
    assert report.published
    assert report.generation == "gen-000001"
    assert report.remade_because == "there was no index"
    assert report.added == ("deep/bank.txt", "korea.txt", "lab.md")
    assert report.changed == report.removed == report.unchanged == ()
    assert (report.skipped, report.duplicates) == ((), ())
    assert report.chunks == report.embedded == len(toy.embedded) == 3
    assert report.seconds > 0
    built = open_index(tmp_path / "store")
    check_sound(built)
    assert built.articles["lab.md"].title == "The lab"
    assert built.articles["lab.md"].date == "2021-11-01"
    assert [hit.row for hit in built.search_lexical(["연구소"], 5)] == [1]


def test_nothing_changed(store: Path, articles: Path, toy: ToyEncoder) -> None:
    """When nothing changed, nothing is embedded or published, whatever the clock of the files says."""
    os.utime(articles / "lab.md", (1, 1))
    before = {path: path.stat().st_mtime_ns for path in store.rglob("*") if path.is_file() and path.name != "lock"}
    report = build(articles, store, toy)
    assert not report.published
    assert report.unchanged == ("deep/bank.txt", "korea.txt", "lab.md")
    assert (report.generation, report.chunks, report.embedded, toy.embedded) == ("gen-000001", 3, 0, [])
    assert report.remade_because == ""
    after = {path: path.stat().st_mtime_ns for path in store.rglob("*") if path.is_file() and path.name != "lock"}
    assert {path for path in after if before.get(path) != after[path] and path.suffix != ".lock"} == set()


def test_only_changes_are_embedded(store: Path, articles: Path, toy: ToyEncoder) -> None:
    """Added, changed and removed articles are told apart, and only the first two are embedded."""
    (articles / "korea.txt").unlink()
    write_articles(articles, {"lab.md": "The lab has moved to the bank.\n", "new.txt": "A new river.\n"})
    report = build(articles, store, toy)
    assert report.published
    assert report.added == ("new.txt",)
    assert report.changed == ("lab.md",)
    assert report.removed == ("korea.txt",)
    assert report.unchanged == ("deep/bank.txt",)
    assert toy.embedded == ["The lab has moved to the bank.", "A new river."]
    built = open_index(store)
    check_sound(built)
    assert built.search_lexical(["연구소"], 5) == []


def test_what_is_left_out(tmp_path: Path, toy: ToyEncoder) -> None:
    """Files that cannot be read are named with a reason, copies with the article that is kept; the rest is built."""
    folder = write_articles(
        tmp_path / "articles",
        {"a.txt": "A river.", "b.txt": "A river.", "empty.txt": "", "binary.txt": b"\x00\x01\x02" * 99, "c.doc": "C"},
    )
    report = build(folder, tmp_path / "store", toy)
    assert report.added == ("a.txt",)
    assert report.duplicates == (("b.txt", "a.txt"),)
    assert [skip.id for skip in report.skipped] == ["binary.txt", "c.doc", "empty.txt"]
    assert all(skip.reason for skip in report.skipped)
    (folder / "a.txt").unlink()
    report = build(folder, tmp_path / "store", toy)
    assert (report.added, report.removed, report.duplicates) == (("b.txt",), ("a.txt",), ())


def test_article_without_a_chunk(tmp_path: Path, toy: ToyEncoder) -> None:
    """An article that is all punctuation or has no text of its own does not stop the build or the next one."""
    folder = write_articles(tmp_path / "articles", {"dots.txt": "…", "a.txt": "A river.", "z.md": "# Only a heading\n"})
    first = build(folder, tmp_path / "store", toy)
    again = build(folder, tmp_path / "store", toy)
    assert not again.published
    assert again.chunks == first.chunks
    check_sound(open_index(tmp_path / "store"))


def test_full_embeds_everything(store: Path, articles: Path, toy: ToyEncoder) -> None:
    """A full build embeds all, says that it was asked for, and gives the same index."""
    before = open_index(store)
    report = build(articles, store, toy, full=True)
    assert report.published
    assert report.remade_because == "a full build was asked for"
    assert report.embedded == len(toy.embedded) == 3
    check_same(open_index(store), before)


TEXTS = [
    "The river has two banks.",
    "# Heading\nA lab by the river. It is new.\n\n## Next\nThe bank lends.",
    "One two three. " * 60,
    "---\ntitle: Titled\ndate: 2021-01-01\nlang: en\n---\nThe lab of two.",
    "Intro.\nRelated articles\n- The lab\n- The bank\n",
]
EDITS = st.lists(
    st.dictionaries(
        st.sampled_from(["a.txt", "b.md", "c/d.txt", "e.md"]), st.sampled_from([*TEXTS, ""]), min_size=1, max_size=4
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(EDITS)
def test_incremental_is_full(tmp_path_factory: pytest.TempPathFactory, edits: list[dict[str, str]]) -> None:
    """After any edits (an empty text removes the file), building on gives the index that building anew gives."""
    work = tmp_path_factory.mktemp("incremental")
    folder = write_articles(work / "articles", {"keep.txt": "The keeper of the lab.", "a.txt": TEXTS[0]})
    options = BuildOptions(chunk=ChunkOptions(max_tokens=20, full_tokens=10))
    build(folder, work / "store", ToyEncoder(), options)
    for edit in edits:
        write_articles(folder, edit)
        for name, text in edit.items():
            if not text:
                (folder / name).unlink()
        build(folder, work / "store", ToyEncoder(), options)
    build(folder, work / "anew", ToyEncoder(), options)
    check_same(open_index(work / "store"), open_index(work / "anew"))
    check_sound(open_index(work / "store"))


def test_another_model_remakes_everything(store: Path, articles: Path) -> None:
    """With another model all is embedded again, and the reason names both."""
    other = ToyEncoder(name="other", fingerprint="other-1")
    report = build(articles, store, other)
    assert report.remade_because == "the model changed from toy (toy-1) to other (other-1)"
    assert report.embedded == len(other.embedded) == 3
    assert open_index(store).manifest.encoder.fingerprint == "other-1"


@pytest.mark.parametrize(
    "options",
    [
        BuildOptions(chunk=ChunkOptions(max_tokens=50, full_tokens=25)),
        BuildOptions(read=ReadOptions(max_bytes=4_000_000)),
    ],
)
def test_other_options_remake_everything(store: Path, articles: Path, toy: ToyEncoder, options: BuildOptions) -> None:
    """With other options all is made again, with that reason; with the same ones again, nothing is."""
    assert build(articles, store, toy, options).remade_because == "the options changed"
    assert len(toy.embedded) == 3
    assert not build(articles, store, toy, options).published


def test_other_terms_remake_everything(store: Path, articles: Path, toy: ToyEncoder) -> None:
    """When terms were cut in another way all is made again, with that reason."""
    rewrite_manifest(store, lambda record: record.update(terms="terms-0/older"))
    report = build(articles, store, toy)
    assert report.remade_because.startswith("the terms changed from terms-0/older to terms-")
    assert report.embedded == 3
    assert not build(articles, store, toy).published


def test_another_schema_is_remade(store: Path, articles: Path, toy: ToyEncoder) -> None:
    """An index of another version of the program is built anew, with both schemas in the reason."""
    rewrite_manifest(store, lambda record: record.update(schema=99))
    report = build(articles, store, toy)
    assert report.remade_because.startswith("the index could not be used: ")
    assert "has schema 99. Expected 1" in report.remade_because
    check_sound(open_index(store))


@pytest.mark.parametrize("file", ["CURRENT", "gen-000001/manifest.json", "gen-000001/chunks.jsonl"])
def test_a_damaged_index_is_remade(store: Path, articles: Path, toy: ToyEncoder, file: str) -> None:
    """A damaged index is built anew, with the damage as the reason."""
    (store / file).write_bytes(b"nonsense \xff")
    report = build(articles, store, toy)
    assert report.remade_because.startswith("the index could not be used: ")
    assert Path(file).name in report.remade_because
    assert report.embedded == 3
    check_sound(open_index(store))


def test_long_chunks_are_fitted_to_the_model(tmp_path: Path) -> None:
    """Chunks are no longer than the model reads beside their title."""
    folder = write_articles(tmp_path / "articles", {"a.txt": "word " * 1000})
    build(folder, tmp_path / "store", ToyEncoder(max_tokens=128))
    assert max(len(chunk.text.split()) for chunk in open_index(tmp_path / "store").chunks) == 64


def test_nothing_to_index(store: Path, articles: Path, toy: ToyEncoder) -> None:
    """Without a readable article the build says what it expected, and the index stays."""
    for name in ARTICLES:
        (articles / name).unlink()
    with pytest.raises(ArticlesError, match=r"Expected .*--articles"):
        build(articles, store, toy)
    with pytest.raises(ArticlesError, match=r"Expected .*--articles"):
        build(articles / "nowhere", store, toy)
    assert len(open_index(store).articles) == 3


def test_a_failing_encoder_harms_nothing(store: Path, articles: Path) -> None:
    """When the encoder fails half-way, its error comes through, the old index answers and the next build finishes."""
    before = open_index(store)

    def fail(texts: Sequence[str]) -> None:
        if len(failing.embedded) >= 256:
            raise RuntimeError("out of memory")

    failing = ToyEncoder(before=fail)
    write_articles(articles, {f"more/{i}.txt": f"River {i}.\n" for i in range(300)})
    with pytest.raises(RuntimeError, match="out of memory"):
        build(articles, store, failing)
    assert len(failing.embedded) == 256
    check_same(open_index(store), before)
    assert build(articles, store, ToyEncoder()).embedded == 300


@pytest.mark.parametrize("stage", ["read", "embed", "write"])
def test_progress_may_stop_the_build(store: Path, articles: Path, toy: ToyEncoder, stage: str) -> None:
    """When `progress` raises at any stage, the old index stays, nothing is left over and the store is free."""
    before = open_index(store)
    write_articles(articles, {"new.txt": "A new river."})

    def stop(at: str, done: int, total: int) -> None:
        if at == stage:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        build(articles, store, toy, progress=stop)
    check_same(open_index(store), before)
    assert {path.name for path in store.iterdir()} - {"lock"} == {"CURRENT", "gen-000001"}
    assert build(articles, store, toy).added == ("new.txt",)


def test_progress_counts_up(articles: Path, tmp_path: Path, toy: ToyEncoder) -> None:
    """Each stage is reported in order, embedding from 0 to its total."""
    calls: list[tuple[str, int, int]] = []
    write_articles(articles, {f"more/{i}.txt": f"River {i}.\n" for i in range(300)})
    build(articles, tmp_path / "store", toy, progress=lambda *call: calls.append(call))
    assert calls == [
        ("read", 0, 1),
        ("read", 1, 1),
        *(("embed", done, 303) for done in (0, 64, 128, 192, 256, 303)),
        ("write", 0, 1),
    ]


def test_one_builder_at_a_time(store: Path, articles: Path, toy: ToyEncoder) -> None:
    """A build does not begin while another holds the store."""
    with building(store), pytest.raises(StoreError, match="is being built by another process"):
        build(articles, store, toy)


# Forks a build at a line that it reads and reaps it at the next. It has not run FAISS itself (a fork after that hangs),
# and its articles are in English, so that no build has to load Kiwi.
KILLED = """
import os, sys, time
from pathlib import Path
import faiss, tantivy
from index.build import build
from toy import ToyEncoder
articles, store = Path(sys.argv[1]), Path(sys.argv[2])
for line in sys.stdin:
    if (child := os.fork()) == 0:
        os.write(1, b"begun %d\\n" % os.getpid())
        progress = lambda stage, done, total: done or os.write(1, stage.encode() + b"\\n")
        build(articles, store, ToyEncoder(before=lambda texts: time.sleep(0.05)), progress=progress)
        os.write(1, b"end\\n")
        os._exit(0)
    sys.stdin.readline()
    status = os.waitpid(child, 0)[1]
    os.write(1, b"over %d\\n" % os.waitstatus_to_exitcode(status))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system with fork")
def test_killed_builds(tmp_path: Path) -> None:
    """Killed at any of 24 moments, a build leaves the old index or the new one, whole, and the next build finishes."""
    names = [f"{i:02}.md" for i in range(40)]

    def write(version: int) -> None:
        front = "---\nlang: en\n---\n"
        write_articles(articles, {name: f"{front}Version {version} of river {name}.\n" for name in names})

    def version() -> int:
        opened = open_index(store)
        check_sound(opened)
        (number,) = {article.text.split()[1] for article in opened.articles.values()}
        assert [hit.row for hit in opened.search_lexical([number], 99)] == list(range(40))
        return int(number)

    articles, store = tmp_path / "articles", tmp_path / "store"
    write(1000)
    build(articles, store, ToyEncoder())
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(articles), str(store)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    assert child.stdin is not None
    assert child.stdout is not None

    def until(word: str) -> list[str]:
        while (line := child.stdout.readline().split() if child.stdout else []) and line[0] != word:
            pass
        return line

    with child:
        lengths = {}
        write(1001)
        child.stdin.write("\n")
        pid = until("begun")
        begun = time.monotonic()
        until("write")
        lengths["begun"] = time.monotonic() - begun
        begun = time.monotonic()
        until("end")
        lengths["write"] = time.monotonic() - begun
        child.stdin.write("\n")
        assert until("over") == ["over", "0"]
        outcomes = []
        previous = 1001
        for moment in range(24):
            write(previous + 1)
            child.stdin.write("\n")
            pid = until("begun")
            stage = "write" if moment % 3 else "begun"  # most of the harm can be done while files are written
            if stage == "write":
                until("write")
            time.sleep(lengths[stage] * moment / 24)
            os.kill(int(pid[1]), signal.SIGKILL)
            child.stdin.write("\n")
            status = until("over")[1]
            found = version()
            assert found in (previous, previous + 1)
            outcomes.append(status == "-9" and found == previous)
            if moment % 3 == 0:
                build(articles, store, ToyEncoder())
                found = version()
                assert found == previous + 1
            previous = found
        child.stdin.close()
    build(articles, store, ToyEncoder())
    assert sum(outcomes) >= 8  # else the kills came too late to prove anything
    assert len([path for path in store.iterdir() if path.name.startswith(("tmp-", "gen-"))]) <= 2


def test_encoder_for_a_store(store: Path, tmp_path: Path) -> None:
    """Without a name, the model of the index is loaded, and the bundled one where there is no index."""
    with pytest.raises(EncoderError, match="No model 'toy'"):
        encoder_for(store, device="cpu")
    with pytest.raises(EncoderError, match=r"No model '\./other'"):
        encoder_for(store, "./other", device="cpu")
    assert encoder_for(tmp_path / "none", device="cpu").name == BUNDLED


@pytest.mark.parametrize(
    ("title", "heading", "text", "expected"),
    [
        ("Title", "Heading", "Text.", "Title\nHeading\nText."),
        ("Same", "Same", "Text.", "Same\nText."),
        ("Title", "", "Text.", "Title\nText."),
        ("Title", "Heading", "# Heading\nOf the Title.", "# Heading\nOf the Title."),
        ("t" * 500, "h" * 500, "Text.", "t" * 60 + "\n" + "h" * 60 + "\nText."),
    ],
)
def test_what_the_encoder_reads(title: str, heading: str, text: str, expected: str) -> None:
    """Title and heading go before the text, once each, not if it has them anyway, and never longer than it."""
    chunk = Chunk(article_id="a.txt", start=0, end=len(text), heading=heading, text=text)
    assert embedded_text(make_article(text, title=title), chunk) == expected


def test_our_own_articles(bundled: SentenceTransformerEncoder, tmp_path: Path) -> None:
    """The articles that come with the program are built with the bundled model, and every chunk finds itself."""
    report = build(ROOT / "articles", tmp_path / "store", bundled)
    assert len(report.added) >= 8
    assert (report.skipped, report.duplicates) == ((), ())
    built = open_index(tmp_path / "store")
    texts = [embedded_text(built.articles[chunk.article_id], chunk) for chunk in built.chunks]
    assert max(bundled.count_tokens(texts)) <= bundled.max_tokens
    queries = bundled.encode_documents(texts)
    assert [built.search_dense(query, 1)[0].row for query in queries] == list(range(len(texts)))
    assert {article.lang for article in built.articles.values()} >= {"ko", "en"}
    assert not build(ROOT / "articles", tmp_path / "store", bundled).published
