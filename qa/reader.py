"""The bundled reader: a question and the sentences of a passage -> how likely each answers, and where in it.

Its weights lie in `qa/model/` and need no network; word embeddings and tokenizer are those of the bundled encoder in
`index/model/`, whatever model the index was built with. torch and transformers take seconds to import, so nothing is
imported before the first reader is loaded.
"""

from __future__ import annotations

import hashlib
import json
import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from index.loading import reason, usable
from index.records import EncoderError, Span
from qa.window import WINDOW_TOKENS, Tokens, Window, tokens_of

FOLDER = Path(__file__).parent / "model"
ENCODER_FOLDER = Path(__file__).parent.parent / "index" / "model"

_WORDS = "embeddings.word_embeddings.weight"
_DAMAGED = (
    "The reader in {name} cannot be loaded ({reason}). Expected reader.json and model.safetensors as they were "
    "installed. Install article-qa again."
)
_LONGEST_SPAN = 24  # tokens
_BATCH_TOKENS = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the reader says of one sentence.

    `log_odds` is the natural logarithm of how much likelier it answers than that nothing of its window does. If it
    answers, `span` is where in the sentence the answer stands, in its characters, and `certainty` (0 to 1) how likely
    just there.
    """

    log_odds: float
    span: Span
    certainty: float


class Reader(Protocol):
    """What judges sentences; the bundled network, and in tests what can be computed by hand."""

    def read(self, windows: Sequence[Window]) -> list[list[Reading]]:
        """Return what is said of each sentence of each window, in their order."""

    def fits(self, window: Window) -> bool:
        """Tell whether all sentences of `window` can be read at once."""


class NetworkReader:
    """A `Reader` over the network. Safe to use from many threads."""

    def __init__(self, network: Any, tokenizer: Any) -> None:
        self._network, self._tokenizer = network.eval(), tokenizer
        self._lock = threading.Lock()  # the tokenizer raises "Already borrowed" when two threads use it

    def read(self, windows: Sequence[Window]) -> list[list[Reading]]:
        """Return what is said of each sentence of each window, in their order."""
        import torch

        with self._lock:
            laid_out = [tokens_of(window, self._tokenizer) for window in windows]
        order = sorted(range(len(windows)), key=lambda i: len(laid_out[i].ids))
        found: list[list[Reading]] = [[] for _ in windows]
        with torch.inference_mode():
            for batch in _batches(order, [len(tokens.ids) for tokens in laid_out]):
                scores = self._network([laid_out[i] for i in batch])
                odds = (scores.sentences - scores.none[:, None]).tolist()
                starts, ends = scores.starts.tolist(), scores.ends.tolist()
                for row, i in enumerate(batch):
                    found[i] = [
                        _reading(odds[row][number], laid_out[i], number, starts[row], ends[row])
                        for number in range(laid_out[i].count)
                    ]
        return found

    def fits(self, window: Window) -> bool:
        """Tell whether all sentences of `window` can be read at once."""
        with self._lock:
            return len(tokens_of(window, self._tokenizer).ids) < WINDOW_TOKENS  # a longer one is cut to as many


def bundled_reader(device: str | None = None) -> NetworkReader:
    """Return the reader that ships with the package; it is loaded once to each `device`, see `load_reader`."""
    return _bundled(usable(device))


@cache
def _bundled(device: str) -> NetworkReader:
    return load_reader(FOLDER, ENCODER_FOLDER, device)


def load_reader(folder: Path, encoder_folder: Path, device: str | None = None) -> NetworkReader:
    """Load the reader in `folder` over the word embeddings and the tokenizer of the encoder in `encoder_folder`.

    `device` is torch's ("cpu", "cuda"); None takes an accelerator if there is one. Raises EncoderError if the device
    cannot be used, if files are missing or damaged, or if it was trained on another encoder.
    """
    device = usable(device)
    try:
        made_for = json.loads((folder / "reader.json").read_text(encoding="utf-8"))["encoder_sha256"]
        embeddings = encoder_folder / "model.safetensors"
        found = hashlib.sha256(embeddings.read_bytes()).hexdigest()
    except (OSError, ValueError, KeyError) as error:
        raise EncoderError(_DAMAGED.format(name=folder.name, reason=error)) from error
    if found != made_for:
        raise EncoderError(
            f"The reader in {folder.name} was trained on the encoder {made_for[:12]}, and {encoder_folder.name} holds "
            f"{found[:12]}. Expected the encoder that it borrows word embeddings from. Install article-qa again."
        )
    from safetensors.torch import load_file
    from torch import float32
    from transformers import AutoConfig, AutoModel, AutoTokenizer

    from qa.network import ReaderNetwork

    body: Any = AutoModel.from_config(  # type: ignore[no-untyped-call]
        AutoConfig.from_pretrained(str(encoder_folder)), add_pooling_layer=False
    )
    network = ReaderNetwork(body)
    try:
        weights = load_file(str(folder / "model.safetensors"))
        weights[f"body.{_WORDS}"] = load_file(str(embeddings))[_WORDS]
        network.load_state_dict({key: value.to(float32) for key, value in weights.items()})
    except Exception as error:  # a damaged file raises anything: SafetensorError, RuntimeError, KeyError
        raise EncoderError(_DAMAGED.format(name=folder.name, reason=reason(error))) from error
    return NetworkReader(network.to(device), AutoTokenizer.from_pretrained(str(encoder_folder)))


def _batches(order: Sequence[int], lengths: Sequence[int]) -> list[list[int]]:
    batches: list[list[int]] = [[]]
    for i in order:
        if batches[-1] and (len(batches[-1]) + 1) * lengths[i] > _BATCH_TOKENS:
            batches.append([])
        batches[-1].append(i)
    return [batch for batch in batches if batch]


def _reading(log_odds: float, tokens: Tokens, number: int, starts: Sequence[float], ends: Sequence[float]) -> Reading:
    """Add to `log_odds` the likeliest span of sentence `number`: the start and end whose logits add up to most."""
    places = [t for t, sentence in enumerate(tokens.sentence) if sentence == number + 1]
    if not places:
        return Reading(log_odds=log_odds, span=Span(start=0, end=0), certainty=0.0)
    logit, first, last = max(
        (starts[first] + ends[last], first, last)
        for i, first in enumerate(places)
        for last in places[i : i + _LONGEST_SPAN]
    )
    total = _log_sum([starts[t] for t in places]) + _log_sum([ends[t] for t in places])
    return Reading(
        log_odds=log_odds,
        span=Span(start=tokens.offsets[first][0], end=tokens.offsets[last][1]),
        certainty=math.exp(logit - total),
    )


def _log_sum(logits: Sequence[float]) -> float:
    most = max(logits)
    return most + math.log(sum(math.exp(logit - most) for logit in logits))
