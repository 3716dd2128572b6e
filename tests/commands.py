"""The command line within this process: what a command prints and its exit code, without the 10 s that a new process
takes to load what a question needs. `test_cli.py` starts real processes, too.
"""

from __future__ import annotations

import io
import os
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from qa.cli import main


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a command left behind; the names are those of subprocess.CompletedProcess."""

    returncode: int
    stdout: str
    stderr: str


def run(*arguments: str, cwd: Path, stdin: str = "", **environment: str) -> Done:
    """Run `article-qa ARGUMENTS` in the folder `cwd`."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    typed = io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8")
    with (
        chdir(cwd), patch.dict(os.environ, environment), patch.object(sys, "argv", ["article-qa", *arguments]),
        patch.object(sys, "stdin", typed), redirect_stdout(out), redirect_stderr(err),
    ):  # fmt: skip
        try:
            main()
        except SystemExit as exit_:
            code = int(exit_.code or 0)
    return Done(returncode=code, stdout=out.getvalue(), stderr=err.getvalue())
