"""Several workers on one machine train one model: each adds what it learned to a shared centre, and goes on from there.

Two threads in one process wait for each other at every layer, so a neighbour on one core stalls both. Two processes of
one thread each don't: every `EVERY` seconds a worker adds its change since its last visit to the centre and takes the
sum. Nobody waits. (A worker's change is weighted by `SHARE`: added whole, two workers would overshoot.)
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

EVERY = 60.0
SHARE = 0.75


class Centre:
    """The shared weights, one flat file under a lock."""

    def __init__(self, path: Path, model: Any) -> None:
        self.parameters = list(model.parameters())
        self.lock = path.with_suffix(".lock")
        own = self._flat()
        with self._locked():
            if not path.exists():
                own.tofile(path)
        self.shared = np.memmap(path, dtype=np.float32, mode="r+", shape=own.shape)
        self.base = own
        self.visited = time.monotonic()

    def _flat(self) -> Any:
        with torch.no_grad():
            return torch.cat([p.reshape(-1) for p in self.parameters]).cpu().numpy()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self.lock.open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def due(self) -> bool:
        """Time for a visit."""
        return time.monotonic() - self.visited > EVERY

    def visit(self) -> None:
        """Give what was learned since the last visit, take everything."""
        change = self._flat() - self.base
        with self._locked():
            self.shared += SHARE * change
            self.base = np.array(self.shared)
        self.take()

    def take(self) -> None:
        """Set the model to the weights last read from the centre."""
        start = 0
        with torch.no_grad():
            for p in self.parameters:
                part = self.base[start : start + p.numel()].reshape(p.shape)
                p.copy_(torch.from_numpy(part))
                start += p.numel()
        self.visited = time.monotonic()
