"""The encoder over the bundled model: unit rows, both languages, one fingerprint a model, and errors in words."""

from __future__ import annotations

import doctest
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import toy
from toy import ToyEncoder

import index.encoder
from index.encoder import BUNDLED, Encoder, SentenceTransformerEncoder
from index.records import EncoderError

MODEL = Path(index.encoder.__file__).parent / "model"
PAIRS = [
    ("네이버는 베트남에 두 번째 연구소를 열었다.", "Naver opened its second lab in Vietnam."),
    ("비가 와서 경기가 취소되었다.", "The game was cancelled because of rain."),
    ("이 대학은 1477년에 세워졌다.", "The university was founded in 1477."),
]


def copy_of_model(folder: Path) -> Path:
    """Return a copy of the bundled model whose small files may be edited; the large ones are links."""
    for path in MODEL.rglob("*"):
        target = folder / path.relative_to(MODEL)
        if path.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        elif path.suffix == ".safetensors":
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(path)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    return folder


def edit(path: Path, change: Callable[[Any], object]) -> None:
    record = json.loads(path.read_text(encoding="utf-8"))
    change(record)
    path.write_text(json.dumps(record), encoding="utf-8")


def test_the_toy_is_computed_by_hand() -> None:
    """The example in the docstring of the toy encoder is true."""
    assert doctest.testmod(toy) == doctest.TestResults(failed=0, attempted=1)


def test_both_encoders_keep_the_protocol(bundled: SentenceTransformerEncoder) -> None:
    """The toy and the real encoder answer the same calls with the same shapes."""
    encoders: list[Encoder] = [bundled, ToyEncoder()]
    for encoder in encoders:
        for encode in (encoder.encode_documents, encoder.encode_queries):
            vectors = encode(["The lab", "네이버의 연구소", ""])
            assert vectors.shape == (3, encoder.dim)
            assert vectors.dtype == np.float32
            assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)
            assert encode([]).shape == (0, encoder.dim)
            assert encode([]).dtype == np.float32
        assert encoder.count_tokens([]) == []
        assert encoder.count_tokens(["", "lab"]) == [0, 1]


def test_name_and_limits(bundled: SentenceTransformerEncoder) -> None:
    """The default is the bundled model, and what it reads leaves room for its two special tokens."""
    assert bundled.name == BUNDLED
    assert bundled.max_tokens == 254


def test_tokens_are_counted_beyond_the_limit(bundled: SentenceTransformerEncoder) -> None:
    """Counting does not stop where the model stops reading."""
    assert bundled.count_tokens(["lab " * 1000]) == [1000]


def test_what_fits_is_read_to_its_end(bundled: SentenceTransformerEncoder) -> None:
    """A text of `max_tokens` tokens is read whole, and what goes beyond is not."""
    full = "lab " * (bundled.max_tokens - 1)
    at_limit = bundled.encode_documents([full + "river", full + "bank"])
    beyond = bundled.encode_documents([full + "lab river", full + "lab bank"])
    assert not np.allclose(at_limit[0], at_limit[1], atol=1e-4)
    assert np.allclose(beyond[0], beyond[1], atol=1e-5)


def test_translations_are_near(bundled: SentenceTransformerEncoder) -> None:
    """A Korean sentence is nearer to its English translation than to the other sentences, and the other way round."""
    korean = bundled.encode_documents([pair[0] for pair in PAIRS])
    english = bundled.encode_queries([pair[1] for pair in PAIRS])
    cosines = english @ korean.T
    assert list(cosines.argmax(axis=0)) == list(cosines.argmax(axis=1)) == [0, 1, 2]


def test_company_does_not_matter(bundled: SentenceTransformerEncoder) -> None:
    """A text has the same vector whichever texts are encoded with it, but for rounding."""
    texts = ["lab", "The lab stands by the river. " * 9, *(text for pair in PAIRS for text in pair)]
    together = bundled.encode_documents(texts)
    alone = np.concatenate([bundled.encode_documents([text]) for text in texts[:8]])
    assert np.allclose(together[:8], alone, atol=1e-5)


def test_threads_agree(bundled: SentenceTransformerEncoder) -> None:
    """Eight threads that encode and count get what one gets."""
    texts = [text for pair in PAIRS for text in pair]
    alone = [bundled.encode_queries([text]) for text in texts]
    counts = [bundled.count_tokens([text]) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        many = list(pool.map(lambda text: bundled.encode_queries([text]), texts * 4))
        counted = list(pool.map(lambda text: bundled.count_tokens([text]), texts * 4))
    assert all(np.array_equal(a, b) for a, b in zip(many, alone * 4, strict=True))
    assert counted == counts * 4


def test_a_copy_is_the_same_model(bundled: SentenceTransformerEncoder, tmp_path: Path) -> None:
    """A copy in another folder has the fingerprint and the vectors of the original."""
    copy = SentenceTransformerEncoder(str(copy_of_model(tmp_path / "model")), device="cpu")
    assert copy.fingerprint == bundled.fingerprint
    assert np.array_equal(copy.encode_queries(["lab"]), bundled.encode_queries(["lab"]))


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("config_sentence_transformers.json", lambda record: record["prompts"].update(query="query: ")),
        ("1_Pooling/config.json", lambda record: record.update(pooling_mode="cls")),
        ("tokenizer_config.json", lambda record: record.update(model_max_length=128)),
        ("tokenizer.json", lambda record: record["normalizer"]["normalizers"][0].update(strip_accents=False)),
    ],
    ids=["prompt", "pooling", "length", "normalizer"],
)
def test_another_model_has_another_fingerprint(
    bundled: SentenceTransformerEncoder, tmp_path: Path, file: str, change: Callable[[Any], object]
) -> None:
    """The same weights with another prompt, pooling, length or normalizer are another model."""
    folder = copy_of_model(tmp_path / "model")
    edit(folder / file, change)
    assert SentenceTransformerEncoder(str(folder), device="cpu").fingerprint != bundled.fingerprint


def test_other_weights_have_another_fingerprint(bundled: SentenceTransformerEncoder, tmp_path: Path) -> None:
    """One changed weight makes another model."""
    folder = copy_of_model(tmp_path / "model")
    weights = folder / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-2] ^= 1
    weights.unlink()
    weights.write_bytes(data)
    assert SentenceTransformerEncoder(str(folder), device="cpu").fingerprint != bundled.fingerprint


@pytest.mark.parametrize("damage", ["empty", "no weights", "half the weights", "no tokenizer", "modules"])
def test_a_folder_without_a_model(tmp_path: Path, damage: str) -> None:
    """An empty or damaged folder is named with what a model needs and the way out."""
    folder = tmp_path / "model"
    folder.mkdir()
    if damage != "empty":
        copy_of_model(folder)
    weights = folder / "model.safetensors"
    if damage == "no weights":
        weights.unlink()
    elif damage == "half the weights":
        weights.unlink()
        weights.write_bytes((MODEL / "model.safetensors").read_bytes()[:1_000_000])
    elif damage == "no tokenizer":
        (folder / "tokenizer.json").unlink()
    elif damage == "modules":
        (folder / "modules.json").write_text("[1]")
    with pytest.raises(EncoderError, match=r"model' holds no model that can be loaded \(.+\)\. Expected .* Name ano"):
        SentenceTransformerEncoder(str(folder), device="cpu")


def test_a_model_without_a_limit(tmp_path: Path) -> None:
    """A table of word vectors, which reads texts of any length, is refused with what would do."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer

    table = StaticEmbedding(Tokenizer.from_file(str(MODEL / "tokenizer.json")), embedding_dim=8)
    SentenceTransformer(modules=[table], device="cpu").save(str(tmp_path / "model"))
    with pytest.raises(EncoderError, match=r"has no longest text and counts no tokens\. Expected a transformer"):
        SentenceTransformerEncoder(str(tmp_path / "model"), device="cpu")


def test_a_device_that_torch_does_not_have() -> None:
    """It is the device that is named, not the model."""
    with pytest.raises(EncoderError, match=r"The device 'abacus' cannot be used \(.+\)\. Expected .* with --device"):
        SentenceTransformerEncoder(device="abacus")


@pytest.mark.parametrize("name", ["/no/such/folder", "./missing", "no/such/folder"])
def test_a_missing_folder(name: str) -> None:
    """A path where nothing is fails at once, named, with what could be given instead."""
    started = time.monotonic()
    with pytest.raises(EncoderError, match=f"No model '{name}': it is not a folder here.* Leave --model out"):
        SentenceTransformerEncoder(name, device="cpu")
    assert time.monotonic() - started < 5


def test_every_token_of_a_text_has_a_unit_vector(bundled: SentenceTransformerEncoder) -> None:
    """As many rows as tokens are counted, special ones left out; none for an empty text; long texts are cut."""
    texts = ["네이버 연구소", "Naver's lab in Hanoi", "", "lab " * 1000]
    vectors = bundled.encode_tokens(texts)
    assert [len(v) for v in vectors] == [min(n, bundled.max_tokens) for n in bundled.count_tokens(texts)]
    assert all(v.dtype == np.float32 and v.shape[1] == bundled.dim for v in vectors)
    assert np.allclose([np.linalg.norm(row) for v in vectors for row in v], 1.0, atol=1e-5)
    assert bundled.encode_tokens([]) == []
