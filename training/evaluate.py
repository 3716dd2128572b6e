"""The table of `benchmarks/encoder.py` for a folder, kept as `<folder>.json` beside it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

BENCHMARK = Path(__file__).resolve().parent.parent / "benchmarks" / "encoder.py"


def evaluate(model: Path, data: Path) -> dict[str, Any]:
    """Measure once and keep it; the benchmark is run as its users run it."""
    kept = model.with_name(model.name + ".json")
    if not kept.exists():
        command = [sys.executable, str(BENCHMARK), str(model), "--data", str(data), "--json"]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        kept.write_text(done.stdout, encoding="utf-8")
    found: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
    return found
