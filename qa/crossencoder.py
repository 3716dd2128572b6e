"""Passages in the order of a cross-encoder of the user's choice, which reads each of them together with the question.

Any CrossEncoder of sentence-transformers with one score a pair, by folder or by its name on the Hugging Face hub. Only
the order changes: `Passage.score` stays that of `qa.retrieve`, since it is evidence for an answer (`qa.evidence`) on
the scale that the support model was fitted on, and every cross-encoder has a scale of its own.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from index.build import embedded_text
from index.loading import is_folder, load, reason, usable
from index.records import Article, EncoderError
from qa.records import Passage

RERANKER_VARIABLE = "ARTICLE_QA_RERANKER"

RERANKED = 20
"""Passages that are scored, each by a pass of the model. Of TyDi's questions over Korean passages (en->ko, ko->ko) .90
have their article among the first 20, .76 and .79 among the first 5 (as many as are read), .94 among the first 50."""

_BATCH = 32  # pairs
_MOST_TOKENS = 512  # of question and passage; a chunk with its title has some 200
_WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin")
_ANOTHER = (
    "Expected a CrossEncoder with one score a pair, such as BAAI/bge-reranker-v2-m3. "
    "Name another one with --reranker, or leave it out."
)


class Reranker(Protocol):
    """What scores passages; a cross-encoder, and in tests what can be computed by hand."""

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return how well each of `texts` answers `question`, on any scale: higher is better."""


class CrossEncoderReranker:
    """A `Reranker` over sentence-transformers. Safe to use from many threads."""

    def __init__(self, name: str, *, device: str | None = None) -> None:
        """Load the cross-encoder `name`, a folder or a name on the Hugging Face hub.

        `device` is torch's ("cpu", "cuda"); None takes an accelerator if there is one. Raises EncoderError if the model
        cannot be loaded or does not give one score a pair.
        """
        device = usable(device)
        self._lock = threading.Lock()  # a tokenizer raises "Already borrowed" when it is to pad otherwise meanwhile
        try:
            self._model = load("CrossEncoder", name, device, cached=_WEIGHTS)
            _check(name, self._model)
            if (self._model.max_seq_length or math.inf) > _MOST_TOKENS:
                self._model.max_seq_length = _MOST_TOKENS
            tried = self.score("Where?", ["Here.", "Neither here nor there."])  # fails without a token for padding
        except EncoderError:
            raise
        except Exception as error:
            raise EncoderError(_load_failure(name, error)) from error
        if not all(map(math.isfinite, tried)):
            raise EncoderError(f"The reranker {name!r} scores a pair {tried[0]}: its weights are damaged. {_ANOTHER}")

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return how well each of `texts` answers `question`, as logits; of a pair too long the longer text is cut."""
        from torch.nn import Identity

        if not texts:
            return []
        pairs = [(question, text) for text in texts]
        with self._lock:
            # No sigmoid, which makes equal ones of good passages and better ones.
            scores = self._model.predict(pairs, batch_size=_BATCH, activation_fn=Identity(), show_progress_bar=False)
        return [float(score) for score in scores]


def reranked(
    question: str, passages: Sequence[Passage], articles: Mapping[str, Article], reranker: Reranker
) -> list[Passage]:
    """Return `passages`, the first `RERANKED` of them best first as `reranker` scores them; equal ones as they were."""
    first, rest = passages[:RERANKED], passages[RERANKED:]
    texts = [embedded_text(articles[passage.chunk.article_id], passage.chunk) for passage in first]
    scores = reranker.score(question, texts)
    order = sorted(range(len(first)), key=lambda i: -scores[i])
    return [*(replace(first[i], rerank_score=scores[i]) for i in order), *rest]


def _check(name: str, model: Any) -> None:
    """Refuse what is no reranker. sentence-transformers gives any other model a head of random weights."""
    from sentence_transformers.base.modules import Transformer

    for module in model:
        if isinstance(module, Transformer) and module.transformer_task == "sequence-classification":
            kinds = module.config.architectures or ["unknown"]
            if not any("ForSequenceClassification" in kind for kind in kinds):
                raise EncoderError(f"The model {name!r} ({', '.join(kinds)}) does not score pairs. {_ANOTHER}")
    if model.num_labels != 1:
        raise EncoderError(f"The model {name!r} gives {model.num_labels} scores a pair. {_ANOTHER}")


def _load_failure(name: str, error: Exception) -> str:
    if is_folder(name):
        return (
            f"The folder {name!r} holds no reranker that can be used ({reason(error)}). Expected a CrossEncoder of "
            "sentence-transformers (config.json, weights, tokenizer). Name another folder with --reranker, or leave it "
            "out."
        )
    return (
        f"No reranker {name!r}: it is not a folder here, and the Hugging Face hub did not give it ({reason(error)}). "
        "Expected a folder, or a hub name such as BAAI/bge-reranker-v2-m3 with a network connection. "
        "Leave --reranker out, or name a folder, which needs no network."
    )
