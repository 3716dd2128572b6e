"""The model in training: text to vectors, optimisers, checkpoints. It knows nothing of losses or data files.

Traps. Dense Adam over 60k embedding rows costs a third of a step while a batch touches a few hundred of them: the rows
have sparse gradients and SparseAdam. bf16 autocast is three times quicker only where the CPU has AVX512-BF16 or AMX;
with AVX2 alone it is twenty times *slower*, so it is an option, never a default on a CPU.
"""

from __future__ import annotations

import math
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from sentence_transformers import SentenceTransformer
from torch import Tensor, nn


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What steers a run; saved with what it made."""

    minutes: float
    lr_rows: float
    lr_body: float
    seed: int = 0
    device: str = "cpu"
    bf16: bool = False
    threads: int = 1
    workers: int = 1
    """Processes that train together, each with its own threads (see `together`)."""
    warm_up: float = 0.03
    tokens: int = 4096
    """Padded pieces in a batch: what memory and time really depend on."""
    save_every: float = 300.0


class Student:
    """A BERT encoder with mean pooling whose English rows stay as they are."""

    def __init__(self, folder: Path | str, options: Options, frozen_rows: int) -> None:
        self.options = options
        self.frozen_rows = frozen_rows
        self.device = torch.device(options.device)
        self.source = SentenceTransformer(str(folder), device="cpu")
        self.model = bert(self.source)
        embeddings = self.model.embeddings
        embeddings.word_embeddings = nn.Embedding.from_pretrained(  # type: ignore[no-untyped-call]
            embeddings.word_embeddings.weight.data, freeze=False, sparse=True
        )
        self.model.to(self.device)
        self.rows = embeddings.word_embeddings.weight

    def embed(self, texts: Sequence[str], limit: int) -> Tensor:
        """Unit vectors, one a text, of its first `limit` pieces."""
        return embed(self.model, self.source.tokenizer, texts, limit, self.options)

    def save(self, folder: Path) -> None:
        """A plain sentence-transformers folder."""
        self.source.save_pretrained(str(folder), create_model_card=False)


def bert(source: SentenceTransformer) -> Any:
    """The transformer inside, in single precision and without dropout (distilling wants none)."""
    inside: Any = source[0]
    return inside.auto_model.float().eval()


def embed(model: Any, tokenizer: Any, texts: Sequence[str], limit: int, options: Options) -> Tensor:
    """Mean of the last hidden states over the real pieces, normalised; in text order.

    Texts run through the model in stretches of like length: padding to the longest would double the work.
    """
    pieces: list[list[int]] = tokenizer(list(texts), truncation=True, max_length=limit)["input_ids"]
    device = torch.device(options.device)
    order = sorted(range(len(pieces)), key=lambda i: len(pieces[i]))
    vectors: list[Tensor] = []
    for part in _stretches(order, [len(p) for p in pieces], options.tokens // 2):
        width = len(pieces[part[-1]])
        ids = torch.tensor([pieces[i] + [0] * (width - len(pieces[i])) for i in part], device=device)
        lengths = torch.tensor([len(pieces[i]) for i in part], device=device)
        mask = torch.arange(width, device=device)[None] < lengths[:, None]
        with torch.autocast(device.type, dtype=torch.bfloat16) if options.bf16 else nullcontext():
            hidden = model(input_ids=ids, attention_mask=mask.long()).last_hidden_state.float()
        vectors.append((hidden * mask[..., None]).sum(1) / lengths[:, None])
    back = torch.tensor(order, device=device).argsort()
    return F.normalize(torch.cat(vectors)[back], dim=-1)


def _stretches(order: Sequence[int], lengths: Sequence[int], tokens: int) -> list[list[int]]:
    """Cut `order`, sorted by length, so that each part padded to its longest fits `tokens`."""
    found: list[list[int]] = [[]]
    for i in order:
        if found[-1] and (len(found[-1]) + 1) * lengths[i] > tokens:
            found.append([])
        found[-1].append(i)
    return found


def batches(texts: Sequence[str], order: Sequence[int], tokens: int, most: int, rng: random.Random) -> list[list[int]]:
    """Cut `order` into batches of like length: within stretches, so that who meets whom still changes.

    A batch holds as many texts as fit `tokens`, at two letters a piece, and at most `most`.
    """
    lengths = [3 + len(text) // 2 for text in texts]
    found: list[list[int]] = []
    for s in range(0, len(order), 24 * most):
        part = sorted(order[s : s + 24 * most], key=lambda i: lengths[i])
        for stretch in _stretches(part, lengths, tokens):
            found += [stretch[i : i + most] for i in range(0, len(stretch), most)]
    found = [batch for batch in found if len(batch) > 1]
    rng.shuffle(found)
    return found


class Run:
    """Optimisers, schedule and checkpoints of one training run of so many minutes.

    Progress is the share of `minutes` spent, kept over a restart. The number of steps therefore depends on the machine:
    say in the card how many there were.
    """

    def __init__(self, student: Student, folder: Path) -> None:
        self.student, self.options, self.folder = student, student.options, folder
        body = [p for p in student.model.parameters() if p is not student.rows]
        decayed = [p for p in body if p.ndim > 1]
        rest = [p for p in body if p.ndim <= 1]
        groups = [{"params": decayed, "weight_decay": 0.01}, {"params": rest, "weight_decay": 0.0}]
        self.body = torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.98))
        self.sparse = torch.optim.SparseAdam([student.rows], lr=1e-9, betas=(0.9, 0.98))
        self.parameters = body
        self.step = 0
        self.spent = 0.0
        self._since = self._saved = time.monotonic()
        self.checkpoint = folder / "checkpoint.pt"
        if self.checkpoint.exists():
            self._restore()

    @property
    def progress(self) -> float:
        """0 at the start, 1 when the time is spent."""
        spent = self.spent + time.monotonic() - self._since
        return min(1.0, spent / (60 * self.options.minutes))

    def train(self, next_loss: Callable[[int], Tensor]) -> None:
        """Step until the time is spent; `next_loss(step)` gives the loss of that step."""
        losses: deque[float] = deque(maxlen=100)
        started = time.monotonic()
        while (done := self.progress) < 1:
            warm = min(1.0, done / self.options.warm_up) if self.options.warm_up else 1.0
            scale = warm * max(0.01, 0.5 * (1 + math.cos(math.pi * done)))
            for group in self.body.param_groups:
                group["lr"] = self.options.lr_body * scale
            self.sparse.param_groups[0]["lr"] = max(1e-9, self.options.lr_rows * scale)
            loss = next_loss(self.step)
            loss.backward()  # type: ignore[no-untyped-call]
            self._update()
            self.step += 1
            losses.append(loss.item())
            if self.step % 20 == 0:
                pace = (time.monotonic() - started) / 20
                started = time.monotonic()
                print(
                    f"step {self.step} done {done:.3f} loss {sum(losses) / len(losses):.3f} {pace:.2f} s/step",
                    flush=True,
                )
            if time.monotonic() - self._saved > self.options.save_every:
                self.save()
        self.save()

    def _update(self) -> None:
        grad = self.student.rows.grad
        if grad is not None:  # English rows keep their place
            grad = grad.coalesce()
            keep = (grad.indices()[0] >= self.student.frozen_rows)[:, None]
            self.student.rows.grad = torch.sparse_coo_tensor(
                grad.indices(), grad.values() * keep, grad.shape, check_invariants=False
            )
        nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.body.step()
        self.sparse.step()  # type: ignore[no-untyped-call]
        self.body.zero_grad()
        self.sparse.zero_grad()

    def save(self) -> None:
        """Everything a restart needs, whole or not at all."""
        self.spent += time.monotonic() - self._since
        self._since = self._saved = time.monotonic()
        self.folder.mkdir(parents=True, exist_ok=True)
        state = {
            "model": self.student.model.state_dict(),
            "body": self.body.state_dict(),
            "sparse": self.sparse.state_dict(),
            "step": self.step,
            "spent": self.spent,
            "options": asdict(self.options),
        }
        part = self.checkpoint.with_suffix(".part")
        torch.save(state, part)
        part.replace(self.checkpoint)

    def _restore(self) -> None:
        state = torch.load(self.checkpoint, map_location=self.student.device)
        self.student.model.load_state_dict(state["model"])
        self.body.load_state_dict(state["body"])
        self.sparse.load_state_dict(state["sparse"])
        self.step, self.spent = state["step"], state["spent"]
