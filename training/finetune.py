"""Questions onto the passages that answer them, while distillation goes on beside it.

A question and its passage are no translations of each other, so this is contrast only: the right passage against the
others of the batch (chosen to mislead, see `mine`) and against the last few thousand passages seen, whose vectors are
kept without gradient; at this pace they are hardly stale, and they hold nearly every passage there is. A passage costs
ten times what a question does, so each is asked for several times at once: by people, in Korean and English, and by
its own sentences.

Trap: one article gives several passages, and the others are often right answers too. They are never counted as wrong.
"""

from __future__ import annotations

import json
import multiprocessing
import random
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from training.distil import Distillation
from training.mine import misleading
from training.student import Options, Run, Student
from training.texts import letters, read_jsonl
from training.together import Centre

QUERY_LIMIT, PASSAGE_LIMIT = 40, 160
TEMPERATURE = 0.05
BACK = 0.5
MEMORY = 4_096
BATCH, COMPANY, QUERIES = 24, 3, 4


def companies(work: Path) -> list[list[int]]:
    """For each document, the documents of its group whose passages mislead its questions; mined once."""
    path = work / "companies.json"
    if not path.exists():
        records = list(read_jsonl(work / "documents.jsonl"))
        found: list[list[int]] = [[] for _ in records]
        for group in sorted({r["group"] for r in records}):
            members = [i for i, r in enumerate(records) if r["group"] == group]
            hard = misleading(
                [" ".join(records[i]["asked"] or records[i]["made"]) for i in members],
                [records[i]["passage"] for i in members],
                [records[i]["article"] for i in members],
            )
            for i, others in zip(members, hard, strict=True):
                found[i] = [members[j] for j in others]
        path.write_text(json.dumps(found), encoding="utf-8")
    read: list[list[int]] = json.loads(path.read_text(encoding="utf-8"))
    return read


class Contrast:
    """Batches and losses over the documents; endless."""

    def __init__(self, student: Student, work: Path, rng: random.Random) -> None:
        self.student, self.rng = student, rng
        records = list(read_jsonl(work / "documents.jsonl"))
        self.times = [r["times"] for r in records]
        self.passage = [r["passage"] for r in records]
        self.asked, self.made = ([r[kind] for r in records] for kind in ("asked", "made"))
        keys: dict[str, int] = {}
        self.article = [keys.setdefault(letters(r["article"])[:200], len(keys)) for r in records]
        self.groups: dict[str, list[int]] = {}
        for i, r in enumerate(records):
            self.groups.setdefault(r["group"], []).append(i)
        self.company = companies(work)
        self.memory: deque[tuple[int, Tensor]] = deque(maxlen=MEMORY)
        self.queue: list[list[int]] = []

    def _batches(self, members: list[int]) -> list[list[int]]:
        """Every document `times` an epoch, each with some of its misleading company."""
        left = {i: self.times[i] for i in members}
        order = [i for i in members for _ in range(self.times[i])]
        self.rng.shuffle(order)
        found: list[list[int]] = []
        batch: dict[int, None] = {}
        for i in order:
            if not left[i] or i in batch:
                continue
            company = [j for j in self.company[i] if left[j] and j not in batch][:COMPANY]
            for j in (i, *company):
                batch[j] = None
                left[j] -= 1
            if len(batch) >= BATCH:
                found.append(list(batch))
                batch = {}
        return found

    def _queries(self, i: int) -> list[str]:
        """Some of the questions people asked, then some made by rule, at most `QUERIES`."""
        asked = self.rng.sample(self.asked[i], min(QUERIES - 1, len(self.asked[i])))
        return asked + self.rng.sample(self.made[i], min(QUERIES - len(asked), len(self.made[i])))

    def loss(self) -> Tensor:
        """Loss of the next batch, all of one group."""
        if not self.queue:
            self.queue = [b for members in self.groups.values() for b in self._batches(members)]
            self.rng.shuffle(self.queue)
        index = self.queue.pop()
        queries = [(row, q) for row, i in enumerate(index) for q in self._queries(i)]
        asked = self.student.embed([q for _, q in queries], QUERY_LIMIT)
        told = self.student.embed([self.passage[i] for i in index], PASSAGE_LIMIT)
        owner = torch.tensor([row for row, _ in queries], device=told.device)
        article = torch.tensor([self.article[i] for i in index], device=told.device)
        sibling = article[owner][:, None] == article[None]
        sibling[torch.arange(len(queries)), owner] = False
        near = (asked @ told.T / TEMPERATURE).masked_fill(sibling, -torch.inf)
        if self.memory:
            seen = torch.tensor([a for a, _ in self.memory], device=told.device)
            far = asked @ torch.stack([v for _, v in self.memory]).T / TEMPERATURE
            near = torch.cat([near, far.masked_fill(article[owner][:, None] == seen[None], -torch.inf)], 1)
        self.memory.extend(zip(article.tolist(), told.detach(), strict=True))
        back = told[owner] @ asked.T / TEMPERATURE
        same = article[owner][:, None] == article[owner][None]
        back = back.masked_fill(same.fill_diagonal_(False), -torch.inf)
        labels = torch.arange(len(queries), device=told.device)
        return F.cross_entropy(near, owner) + BACK * F.cross_entropy(back, labels)


def _work(worker: int, start: str, teacher: str, frozen_rows: int, work: Path, options: Options) -> None:
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    student = Student(start, options, frozen_rows)
    run = Run(student, work / f"finetune-run-{worker}")
    rng = random.Random(f"{options.seed} {worker} {run.step}")  # a restart meets fresh batches
    contrast = Contrast(student, work, rng)
    bitext = Distillation(student, teacher, work, rng, cache=f"targets-{worker}.f2")
    centre = Centre(work / "centre.f4", student.model) if options.workers > 1 else None

    def next_loss(_: int) -> Tensor:
        if centre and centre.due():
            centre.visit()
        return contrast.loss() + bitext.loss()

    run.train(next_loss)
    if centre:
        centre.visit()
    student.save(work / f"finetuned-{worker}")


def finetune(start: Path | str, teacher: Path | str, frozen_rows: int, work: Path, options: Options) -> None:
    """Train `start` for so many minutes; the result is the folder `work`/finetuned."""
    out = work / "finetuned"
    if out.exists():
        return
    companies(work)
    spawn: Any = multiprocessing.get_context("spawn")
    arguments = (str(start), str(teacher), frozen_rows, work, options)
    workers = [spawn.Process(target=_work, args=(i, *arguments)) for i in range(options.workers)]
    for process in workers:
        process.start()
    for process in workers:
        process.join()
    if any(process.exitcode for process in workers):
        raise RuntimeError(f"a worker failed; see its log, then start again to go on from {work}")
    student = Student(start, replace(options, device="cpu"), frozen_rows)
    if options.workers > 1:
        centre = Centre(work / "centre.f4", student.model)
        centre.base = centre.shared
        centre.take()
    else:
        student = Student(work / "finetuned-0", replace(options, device="cpu"), frozen_rows)
    student.save(out)
