"""Models by their names: from the hub into the cache, on from where that was broken off, and then without the hub."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hub import Hub
from models import write_cross_encoder, write_encoder

from index.encoder import SentenceTransformerEncoder
from qa.crossencoder import CrossEncoderReranker

ROOT = Path(__file__).parent.parent
CHILD = """
import sys
from index.encoder import SentenceTransformerEncoder
from index.records import EncoderError
from qa.crossencoder import CrossEncoderReranker
for line in sys.stdin:
    kind, name = line.split()
    try:
        if kind == "encoder":
            print(SentenceTransformerEncoder(name, device="cpu").fingerprint, flush=True)
        else:
            print(CrossEncoderReranker(name, device="cpu").score("where", ["in hanoi"]), flush=True)
    except EncoderError as error:
        print(error, flush=True)
"""

Load = Callable[[str, str], str]


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with Hub() as hub:
        yield hub


@pytest.fixture(scope="module")
def load(hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Load]:
    """Return what loads a model in a process of its own, the same for all tests, and returns what that printed.

    That is the fingerprint of an encoder, the scores of a reranker, or the error.
    """
    with subprocess.Popen(
        [sys.executable, "-c", CHILD],
        cwd=ROOT,
        env=hub.environment(tmp_path_factory.mktemp("home")),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as child:

        def load(kind: str, name: str) -> str:
            assert child.stdin is not None
            assert child.stdout is not None
            print(kind, name, file=child.stdin, flush=True)
            return child.stdout.readline().removesuffix("\n")

        yield load
        child.communicate()


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return where a model of each kind lies."""
    folder = tmp_path_factory.mktemp("models")
    return {"encoder": write_encoder(folder / "encoder"), "reranker": write_cross_encoder(folder / "reranker")}


@pytest.fixture(scope="module")
def loaded(folders: dict[str, Path]) -> dict[str, str]:
    """Return what is printed of the model of each kind once it is loaded, as it is from its folder."""
    reranker = CrossEncoderReranker(str(folders["reranker"]), device="cpu")
    return {
        "encoder": SentenceTransformerEncoder(str(folders["encoder"]), device="cpu").fingerprint,
        "reranker": str(reranker.score("where", ["in hanoi"])),
    }


@pytest.fixture(autouse=True)
def _nothing_asked(hub: Hub) -> None:
    hub.requests.clear()
    hub.broken.clear()


def test_the_hub_is_not_asked_for_the_bundled_model(hub: Hub, load: Load, bundled: SentenceTransformerEncoder) -> None:
    """It lies beside the code."""
    assert load("encoder", "bundled") == bundled.fingerprint
    assert hub.requests == []


@pytest.mark.parametrize("kind", ["encoder", "reranker"])
def test_what_is_whole_in_the_cache_is_not_asked_for(
    hub: Hub, load: Load, folders: dict[str, Path], loaded: dict[str, str], kind: str
) -> None:
    """The first load asks for nothing but the model and gets each file once; the second asks for nothing."""
    hub.models[f"whole/{kind}"] = folders[kind]
    assert load(kind, f"whole/{kind}") == loaded[kind]
    assert all(f"whole/{kind}" in request for request in hub.requests)
    sent = hub.sent()
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= set(sent)
    assert len(sent) == len(set(sent))
    assert load(kind, f"whole/{kind}") == loaded[kind]
    assert hub.requests == []


@pytest.mark.parametrize(
    ("kind", "file"),
    [
        ("encoder", "model.safetensors"),
        ("encoder", "1_Pooling/config.json"),
        ("reranker", "model.safetensors"),
        ("reranker", "tokenizer.json"),
    ],
)
def test_a_download_that_was_broken_off_goes_on(
    hub: Hub, load: Load, folders: dict[str, Path], loaded: dict[str, str], kind: str, file: str
) -> None:
    """It is an error in a line while the hub is away, and the next load with the hub gets what is missing.

    Of a reranker without the files of its tokenizer transformers makes one that knows no word, and no error.
    """
    name = f"broken/{kind}-{Path(file).stem}"
    hub.models[name] = folders[kind]
    hub.broken[file] = False
    assert f"{name!r}: it is not a folder here, and the Hugging Face hub did not give it" in load(kind, name)
    before = hub.sent()
    assert before.count(file) > 1
    with hub.away():
        assert f"{name!r}: it is not a folder here, and the Hugging Face hub did not give it" in load(kind, name)
    hub.broken.clear()
    assert load(kind, name) == loaded[kind]
    sent = hub.sent()
    assert file in sent
    assert set(sent).isdisjoint(set(before) - {file})
    assert load(kind, name) == loaded[kind]
    assert hub.requests == []


@pytest.mark.parametrize(
    ("kind", "name", "completed"),
    [
        ("encoder", "small", "sentence-transformers/small"),
        ("reranker", "small", "cross-encoder/small"),
        ("reranker", "distilbert-base-uncased", "distilbert-base-uncased"),
    ],
)
def test_a_bare_name(
    hub: Hub, load: Load, folders: dict[str, Path], loaded: dict[str, str], kind: str, name: str, completed: str
) -> None:
    """It is completed as sentence-transformers does it, which leaves the names of some old models bare."""
    hub.models[completed] = folders[kind]
    assert load(kind, name) == loaded[kind]
    assert "model.safetensors" in hub.sent()
    assert load(kind, name) == loaded[kind]
    assert hub.requests == []


def test_a_transformer_without_modules_is_not_asked_for_twice(hub: Hub, load: Load, folders: dict[str, Path]) -> None:
    """Whether modules.json is in the cache or known to be nowhere: it is whole."""
    hub.models["plain/bert"] = folders["reranker"]
    first = load("encoder", "plain/bert")
    assert "model.safetensors" in hub.sent()
    assert load("encoder", "plain/bert") == first
    assert hub.requests == []


@pytest.mark.parametrize(("kind", "found"), [("encoder", "No model"), ("reranker", "No reranker")])
def test_a_name_that_the_hub_does_not_have(hub: Hub, load: Load, kind: str, found: str) -> None:
    """The hub is asked once, says so, and nothing is tried again."""
    assert load(kind, "nobody/no-such-model").startswith(f"{found} 'nobody/no-such-model': it is not a folder here")
    asked = [request for request in hub.requests if "no-such-model" in request]
    assert asked == ["GET /api/models/nobody/no-such-model"]
