"""Texts -> unit vectors. The bundled model by default; any sentence-transformers model by name or folder.

Knows nothing of articles or of the index.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from index.loading import is_folder, load, reason, usable
from index.records import EncoderError

BUNDLED = "bundled"
"""The name of the model that lies in `index/model/` and needs no network."""

Vectors = NDArray[np.float32]

_BUNDLED_FOLDER = Path(__file__).parent / "model"
_BATCH = 32
_TINY = 1e-12  # keeps a token whose vector is zero from being divided by it
_TOKENIZER_PARTS = (
    "normalizer",
    "pre_tokenizer",
    "post_processor",
    "model",
    "added_tokens",
)  # not padding, which varies


class Encoder(Protocol):
    """What the index asks of an embedding model."""

    @property
    def name(self) -> str:
        """The name by which the model is loaded again."""

    @property
    def fingerprint(self) -> str:
        """A digest that differs whenever the vectors of the same text would."""

    @property
    def dim(self) -> int:
        """The number of dimensions of a vector."""

    @property
    def max_tokens(self) -> int:
        """The longest text that is read whole, in tokens, special ones not counted."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the number of tokens of each text, special ones not counted."""

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Return the unit vectors of passages: float32, shape (len(texts), dim)."""

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return the unit vectors of questions: float32, shape (len(texts), dim)."""

    def encode_tokens(self, texts: Sequence[str]) -> list[Vectors]:
        """Return the unit vectors of the tokens of each text, special ones left out: float32, shape (tokens, dim)."""


class SentenceTransformerEncoder:
    """An `Encoder` over sentence-transformers; prompts of E5, BGE, Qwen and others apply as their model cards say."""

    def __init__(self, name: str = BUNDLED, *, device: str | None = None) -> None:
        """Load the model `name`: "bundled", a folder, or a name on the Hugging Face hub.

        `device` is torch's ("cpu", "cuda"); None takes an accelerator if there is one. Raises EncoderError if the model
        cannot be loaded.
        """
        self.name = name if name == BUNDLED or not is_folder(name) else str(Path(name).expanduser().resolve())
        self._model = _load(self.name, usable(device))
        if not isinstance(self._model.max_seq_length, int):  # None or infinity: a table of word vectors
            raise EncoderError(
                f"The model {name!r} has no longest text and counts no tokens. Expected a transformer, such as "
                "intfloat/multilingual-e5-small. Name another model with --model, or leave it out for the bundled one."
            )
        self.dim = int(self._model.get_embedding_dimension())
        tokenizer = self._model.tokenizer
        self.max_tokens = self._model.max_seq_length - int(tokenizer.num_special_tokens_to_add(pair=False))
        self.fingerprint = _fingerprint(self._model)
        self._lock = threading.Lock()  # a tokenizer of Hugging Face raises "Already borrowed" when two threads use it

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the number of tokens of each text, special ones not counted."""
        if not texts:
            return []
        with self._lock:
            encoded = self._model.tokenizer(list(texts), add_special_tokens=False, truncation=False, verbose=False)
        return [len(ids) for ids in encoded["input_ids"]]

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Return the unit vectors of passages: float32, shape (len(texts), dim)."""
        return self._encode(self._model.encode_document, texts)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return the unit vectors of questions: float32, shape (len(texts), dim)."""
        return self._encode(self._model.encode_query, texts)

    def encode_tokens(self, texts: Sequence[str]) -> list[Vectors]:
        """Return the unit vectors of the tokens of each text, special ones left out: float32, shape (tokens, dim)."""
        if not texts:
            return []
        with self._lock:
            encoded = self._model.tokenizer(
                list(texts), truncation=True, max_length=self._model.max_seq_length, return_special_tokens_mask=True
            )
            outputs = self._model.encode(
                list(texts), batch_size=_BATCH, output_value="token_embeddings", show_progress_bar=False
            )
        vectors = []
        for output, special in zip(outputs, encoded["special_tokens_mask"], strict=True):
            tokens = output.float().cpu().numpy()[[not is_special for is_special in special]]
            vectors.append(tokens / np.maximum(np.linalg.norm(tokens, axis=1, keepdims=True), _TINY))
        return vectors

    def _encode(self, encode: Any, texts: Sequence[str]) -> Vectors:
        if not texts:  # sentence-transformers returns shape (0,)
            return np.zeros((0, self.dim), np.float32)
        with self._lock:
            vectors = encode(list(texts), batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False)
        return np.ascontiguousarray(vectors, dtype=np.float32)


def _load(name: str, device: str) -> Any:
    if name == BUNDLED and not (_BUNDLED_FOLDER / "modules.json").is_file():
        raise EncoderError(
            "The bundled model is missing from the package (index/model). Expected its weights beside the code. "
            "Install article-qa again, or name another model with --model."
        )
    source = str(_BUNDLED_FOLDER) if name == BUNDLED else name
    try:
        return load("SentenceTransformer", source, device, cached=["modules.json"])
    except Exception as error:
        raise EncoderError(_load_failure(name, is_folder(source), error)) from error


def _load_failure(name: str, is_local: bool, error: Exception) -> str:
    if is_local:
        return (
            f"The folder {name!r} holds no model that can be loaded ({reason(error)}). Expected a "
            "sentence-transformers model (modules.json, weights, tokenizer). Name another folder, or leave --model out "
            "for the bundled one."
        )
    return (
        f"No model {name!r}: it is not a folder here, and the Hugging Face hub did not give it ({reason(error)}). "
        'Expected "bundled", a folder, or a hub name such as intfloat/multilingual-e5-small with a network connection. '
        "Leave --model out for the bundled one, which needs no network."
    )


def _fingerprint(model: Any) -> str:
    """Digest all that decides a vector: weights, tokenizer, modules (pooling, lengths) and prompts.

    Of what was loaded rather than of files or hub names, so that a copy of a model is the same model.
    """
    digest = hashlib.sha256()
    for key, value in sorted(model.state_dict().items()):
        digest.update(key.encode())
        digest.update(value.detach().cpu().contiguous().numpy().data)
    tokenizer = getattr(model.tokenizer, "backend_tokenizer", None)
    if tokenizer is None:  # one written in Python, which has no single description
        digest.update(repr(sorted(model.tokenizer.get_vocab().items())).encode())
    else:
        parts = json.loads(tokenizer.to_str())
        digest.update(json.dumps({key: parts[key] for key in _TOKENIZER_PARTS}, sort_keys=True).encode())
    digest.update(repr((str(model), model.prompts, model.max_seq_length, model.truncate_dim)).encode())
    return digest.hexdigest()
