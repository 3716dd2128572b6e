"""The trained folder in the form that ships: half precision, model card, checksums.

Trap: transformers 5 computes in the precision that `config.json` names, and half precision crawls on a CPU. So the file
holds half precision (half the megabytes, vectors equal to three digits) and the config asks for single.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from string import Template

from safetensors.torch import load_file, save_file

from training.evaluate import BENCHMARK, evaluate

MOST_MEGABYTES = 70
CARD = Path(__file__).with_name("card.md")


def checksums(folder: Path) -> str:
    """`sha256sum -c` lines for every file of the folder but the list itself."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != "SHA256SUMS")
    digest = (hashlib.sha256(p.read_bytes()).hexdigest() for p in files)
    names = (p.relative_to(folder).as_posix() for p in files)
    return "".join(f"{d}  {n}\n" for d, n in zip(digest, names, strict=True))


def export(trained: Path, out: Path, data: Path, facts: dict[str, str]) -> None:
    """Write `out` from `trained`, measure it from there, and write its card with the figures."""
    shutil.copytree(trained, out, dirs_exist_ok=True)
    weights = load_file(out / "model.safetensors")
    half = {name: w.half() for name, w in weights.items() if "position_ids" not in name}
    save_file(half, out / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((out / "config.json").read_text(encoding="utf-8"))
    config["dtype"] = "float32"
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    tokenizer = json.loads((out / "tokenizer.json").read_text(encoding="utf-8"))
    tokenizer["truncation"] = tokenizer["padding"] = None  # training's limits are nobody else's
    text = json.dumps(tokenizer, ensure_ascii=False)
    (out / "tokenizer.json").write_text(text, encoding="utf-8")
    evaluate(out, data)
    results = out.with_name(out.name + ".json")
    command = [sys.executable, str(BENCHMARK), str(results), "--data", str(data)]
    table = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    card = Template(CARD.read_text(encoding="utf-8")).substitute(facts, table=table.strip())
    (out / "README.md").write_text(card, encoding="utf-8")
    (out / "SHA256SUMS").write_text(checksums(out), encoding="utf-8")
    size = sum(p.stat().st_size for p in out.rglob("*") if p.is_file()) / 1e6
    if size > MOST_MEGABYTES:
        raise RuntimeError(f"{out} has {size:.0f} MB; expected at most {MOST_MEGABYTES}")
