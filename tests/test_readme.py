"""What the README promises is what the program does: its transcript, its Python, its options, its files."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from commands import run

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language: str, number: int = 1) -> str:
    return str(re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)[number - 1])


def without_figures(text: str) -> str:
    """Leave out what another machine may print otherwise: seconds, and the last digits of a support."""
    return re.sub(r"(support \d\.)\d+", r"\1#", re.sub(r"\d+\.\d s", "# s", text))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("readme") / "store")


def printed_by(line: str, store: str, stdin: str = "") -> str:
    """Run the `article-qa` commands of a line, each on what the one before it printed."""
    for command in line.split(" | "):
        name, *arguments = shlex.split(command)
        assert name == "article-qa"
        done = run(*arguments, cwd=ROOT, stdin=stdin, ARTICLE_QA_STORE=store)
        assert done.returncode == 0, done.stderr
        stdin = done.stdout
    return stdin.replace(store, ".store")


def test_the_transcript_is_what_the_commands_print(store: str) -> None:
    """Every `$` line of the README, run in order on the repository's articles, prints what stands under it.

    In the conversation what stands behind a `?` is typed.
    """
    entries = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block("console"), re.MULTILINE)
    assert len(entries) >= 4
    for command, expected in entries:
        assert without_figures(printed_by(command, store)) == without_figures(expected)
    command, *lines = block("console", 2).splitlines(keepends=True)
    typed = "".join(line.removeprefix("? ") for line in lines if line.startswith("? "))
    printed = printed_by(command.removeprefix("$ ").strip(), store, typed)
    assert without_figures(printed) == without_figures("".join(line for line in lines if not line.startswith("? ")))


def test_the_python_of_the_readme_runs(store: str) -> None:
    """The example, in a process of its own, prints an answer, its support and a citation."""
    printed_by("article-qa build", store)
    env = {**os.environ, "PYTHONPATH": str(ROOT), "ARTICLE_QA_STORE": store}
    done = subprocess.run(
        [sys.executable, "-c", block("python")], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    printed = done.stdout.splitlines()
    assert len(printed) >= 2
    assert re.search(r"\.md \d+ \d+$", printed[1])


def test_every_option_is_told_and_every_told_option_exists() -> None:
    """The README and `--help` name the same options."""
    helped = set()
    for command in ("build", "ask", "verify", "eval", "check", "serve"):
        printed = run(command, "--help", cwd=ROOT, COLUMNS="200").stdout
        helped |= set(re.findall(r"--[a-z][a-z-]+", printed))
    told = set(re.findall(r"`(?:article-qa [a-z]+ )?(--[a-z][a-z-]+)", README))
    assert told == helped - {"--help"}


def test_every_file_that_is_named_exists() -> None:
    """Paths in the README are paths in the repository."""
    named = set(
        re.findall(r"`((?:index|qa|tests|benchmarks|training|articles)/[\w./-]*|app\.py|constraints\.txt)`", README)
    )
    assert len(named) > 15
    for name in named:
        assert (ROOT / name).exists(), name
