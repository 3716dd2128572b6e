"""What may import what, and what must not be loaded before it is needed."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = (
    *("torch", "transformers", "sentence_transformers", "gradio", "faiss", "tantivy", "kiwipiepy", "trafilatura"),
    *("ir_measures", "matplotlib", "openai"),  # and may not be installed
)
ROOMS = ("index", "qa", "app", "tests", "toy", "benchmarks", "training")
MAY_IMPORT = {"index": {"index"}, "qa": {"index", "qa"}, "app": {"index", "qa", "app"}}


def imported(path: Path) -> set[str]:
    """Return the rooms of ours that the file imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute here"
            names.add(node.module or "")
    return {name.partition(".")[0] for name in names} & set(ROOMS)


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_imports_point_one_way(room: str) -> None:
    """index <- qa <- app: nothing imports a room further on, not even inside a function."""
    paths = sorted((ROOT / room).rglob("*.py")) or [ROOT / f"{room}.py"]
    assert {path.relative_to(ROOT).as_posix(): imported(path) - MAY_IMPORT[room] for path in paths} == {
        path.relative_to(ROOT).as_posix(): set[str]() for path in paths
    }


def test_records_import_nothing_of_ours() -> None:
    """The records at the bottom import no room at all."""
    assert imported(ROOT / "index" / "records.py") == set()


def test_nothing_heavy_is_loaded_by_importing() -> None:
    """Importing every module of index and qa loads no model library, engine or window.

    But for qa.network, which is torch through and through: qa.reader imports it when a reader is loaded.
    """
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for room in ("index", "qa")
        for path in sorted((ROOT / room).glob("*.py"))
        if path.stem not in ("__main__", "network")
    ]
    code = f"import sys\nimport {', '.join(modules)}\nprint(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    child = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (child.stdout, child.stderr) == ("\n", "")
