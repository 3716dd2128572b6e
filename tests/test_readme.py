"""What the README promises is what the program does: its transcript, its Python, its options, its files."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language: str, number: int = 1) -> str:
    return str(re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)[number - 1])


def without_figures(text: str) -> str:
    """Leave out what another machine may print otherwise: seconds, and the last digits of a support."""
    return re.sub(r"(support \d\.)\d+", r"\1#", re.sub(r"\d+\.\d s", "# s", text))


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    store = tmp_path_factory.mktemp("readme") / "store"
    return {**os.environ, "PYTHONPATH": str(ROOT), "ARTICLE_QA_STORE": str(store)}


def run(command: list[str], env: dict[str, str], typed: str = "") -> str:
    done = subprocess.run(
        command, cwd=ROOT, env=env, input=typed, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_transcript_is_what_the_commands_print(env: dict[str, str]) -> None:
    """Every `$` line of the README, run in order on the repository's articles, prints what stands under it.

    In the conversation what stands behind a `?` is typed.
    """
    entries = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block("console"), re.MULTILINE)
    assert len(entries) >= 4
    for command, expected in entries:
        assert command.startswith("article-qa ")
        program = f"{shlex.quote(sys.executable)} -m qa "
        printed = run(["sh", "-c", command.replace("article-qa ", program)], env).replace(
            env["ARTICLE_QA_STORE"], ".store"
        )
        assert without_figures(printed) == without_figures(expected)
    command, *lines = block("console", 2).splitlines(keepends=True)
    assert command == "$ article-qa ask --interactive\n"
    typed = "".join(line.removeprefix("? ") for line in lines if line.startswith("? "))
    printed = run([sys.executable, "-m", "qa", "ask", "--interactive"], env, typed)
    assert without_figures(printed) == without_figures("".join(line for line in lines if not line.startswith("? ")))


def test_the_python_of_the_readme_runs(env: dict[str, str]) -> None:
    """The example prints an answer, its support and a citation (after the transcript, which builds the index)."""
    run([sys.executable, "-m", "qa", "build"], env)
    printed = run([sys.executable, "-c", block("python")], env).splitlines()
    assert len(printed) >= 2
    assert re.search(r"\.md \d+ \d+$", printed[1])


def test_every_option_is_told_and_every_told_option_exists() -> None:
    """The README and `--help` name the same options."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    helped = set()
    for command in ("build", "ask", "verify", "eval", "check", "serve"):
        helped |= set(re.findall(r"--[a-z][a-z-]+", run([sys.executable, "-m", "qa", command, "--help"], env)))
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
