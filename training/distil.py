"""Korean sentences onto the frozen English teacher's vectors of their translations.

Three parts of the loss: the cosine to the target; the contrast against targets of other sentences (the batch's own and
thousands drawn from the bank of all targets known so far, which cost one matrix product because the teacher is frozen);
and English texts held to the teacher's vectors, or the body forgets the language it began with.

Trap: two pairs often share an English side, or nearly ("Delete it." / "Remove it."). A bank target closer than
`SAME` to the right one is no wrong answer and is masked.
"""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from sentence_transformers import SentenceTransformer
from torch import Tensor

from training.student import Options, Run, Student, batches, bert, embed
from training.texts import read_jsonl

LIMIT = 128
TEMPERATURE = 0.05
BANK = 6_144
SAME = 0.9
CONTRAST, ENGLISH = 0.5, 4.0
ENGLISH_EVERY, ENGLISH_SHARE = 4, 2


class Teacher:
    """The English model's vectors, computed when first asked for and kept on disk."""

    def __init__(self, folder: Path | str, texts: list[str], cache: Path, options: Options) -> None:
        source = SentenceTransformer(str(folder), device="cpu")
        self.model = bert(source).to(options.device)
        self.options = options
        self.tokenizer, self.texts = source.tokenizer, texts
        shape = (len(texts), int(self.model.config.hidden_size))
        fresh = not cache.exists()
        self.vectors = np.memmap(cache, dtype=np.float16, mode="w+" if fresh else "r+", shape=shape)
        self.known: list[int] = np.flatnonzero(np.abs(self.vectors[:, :8]).sum(1)).tolist()
        self.has = set(self.known)

    def target(self, index: list[int]) -> Tensor:
        """Vectors of these texts."""
        if missing := [i for i in index if i not in self.has]:
            with torch.no_grad():
                asked = [self.texts[i] for i in missing]
                new = embed(self.model, self.tokenizer, asked, LIMIT, self.options)
            self.vectors[missing] = new.cpu().numpy()
            self.known += missing
            self.has.update(missing)
        return torch.from_numpy(self.vectors[index].astype(np.float32)).to(self.options.device)

    def bank(self, rng: random.Random) -> Tensor:
        """Some of the vectors known so far, to be wrong answers."""
        return self.target(rng.choices(self.known, k=min(BANK, len(self.known))))


class Distillation:
    """Batches and losses over the weighted bitext; endless."""

    def __init__(
        self,
        student: Student,
        teacher_dir: Path | str,
        work: Path,
        rng: random.Random,
        cache: str = "targets.f2",
    ) -> None:
        self.student, self.options = student, student.options
        records = list(read_jsonl(work / "bitext.jsonl"))
        self.times = [r["times"] for r in records]
        self.korean, self.english = ([r[side] for r in records] for side in ("ko", "en"))
        self.teacher = Teacher(teacher_dir, self.english, work / cache, self.options)
        self.rng = rng
        self.queue: list[list[int]] = []
        self.calls = 0

    def _next(self) -> list[int]:
        if not self.queue:
            order = [i for i, times in enumerate(self.times) for _ in range(times)]
            self.rng.shuffle(order)
            self.queue = batches(self.korean, order, self.options.tokens, 128, self.rng)
        return list(dict.fromkeys(self.queue.pop()))

    def loss(self) -> Tensor:
        """Loss of the next batch."""
        index = self._next()
        target = self.teacher.target(index)
        vectors = self.student.embed([self.korean[i] for i in index], LIMIT)
        others = self.teacher.bank(self.rng)
        same = target @ others.T > SAME
        to_bank = (vectors @ others.T / TEMPERATURE).masked_fill(same, -torch.inf)
        logits = vectors @ target.T / TEMPERATURE
        labels = torch.arange(len(index), device=logits.device)
        twin = (target @ target.T > SAME).fill_diagonal_(False)
        logits = logits.masked_fill(twin, -torch.inf)
        contrast = F.cross_entropy(torch.cat([logits, to_bank], 1), labels)
        contrast = contrast + F.cross_entropy(logits.T, labels)
        loss = 2 * (1 - (vectors * target).sum(1)).mean() + CONTRAST * contrast
        if self.calls % ENGLISH_EVERY == 0:
            part = self.rng.sample(range(len(index)), max(1, len(index) // ENGLISH_SHARE))
            kept = self.student.embed([self.english[index[i]] for i in part], LIMIT)
            loss = loss + ENGLISH * (1 - (kept * target[part]).sum(1)).mean()
        self.calls += 1
        return loss


def distil(start: Path | str, teacher: Path | str, frozen_rows: int, work: Path, options: Options) -> None:
    """Train `start` for so many minutes; the result is the folder `work`/distilled."""
    out = work / "distilled"
    if out.exists():
        return
    torch.manual_seed(options.seed)
    student = Student(start, options, frozen_rows)
    run = Run(student, work / "distil-run")
    rng = random.Random(f"{options.seed} {run.step}")  # a restart goes on with fresh batches
    task = Distillation(student, teacher, work, rng)
    run.train(lambda _: task.loss())
    student.save(out)
