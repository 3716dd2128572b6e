"""The command line: output and exit codes. `started` is a real process, `run` the same command within this one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from commands import run

ROOT = Path(__file__).parent.parent
ENGINEERS = {
    "article_id": "z-holdings-engineers.md",
    "sentence": "Z Holdings, created by the merger of Line and Yahoo Japan, plans to add about 5,000 AI engineers.",
}


def started(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "qa", *arguments]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `articles/` and the `.store/` that `article-qa build` made of them."""
    home = tmp_path_factory.mktemp("home")
    (home / "articles").mkdir()
    for name in ("vietnam-two-universities.md", "z-holdings-engineers.md"):
        (home / "articles" / name).write_bytes((ROOT / "articles" / name).read_bytes())
    (home / "articles" / "empty.txt").touch()
    built = started("build", cwd=home)
    assert built.returncode == 0, built.stderr
    assert "added     2" in built.stdout
    assert "skipped   empty.txt: " in built.stdout
    assert built.stderr == ""
    return home


def test_help_loads_neither_torch_nor_gradio(tmp_path: Path) -> None:
    """`--help` answers at once: nothing heavy is imported for it."""
    code = (
        "import sys; from qa.cli import app\n"
        "try: app(['ask', '--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'gradio', 'faiss', 'transformers', 'kiwipiepy', 'tantivy'} & sys.modules.keys()\n"
        "print('heavy:', heavy)"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60, check=True)
    assert "--questions" in done.stdout
    assert "heavy: set()" in done.stdout


def test_ask_prints_the_answer_and_where_it_stands(home: Path) -> None:
    """The sentence, its article and its characters; with `--no-dates` whatever dates the question names."""
    question = "How many AI engineers will Z Holdings add, according to articles from 2019?"
    done = run("ask", question, "--no-dates", cwd=home)
    assert done.returncode == 0, done.stderr
    assert "about 5,000 AI engineers" in done.stdout
    assert "z-holdings-engineers.md:" in done.stdout


def test_many_questions_give_one_object_a_line(home: Path) -> None:
    """`--questions FILE --json` answers in order, every quote sliced from its article, abstentions among them."""
    (home / "questions.txt").write_text(
        "네이버의 두 번째 베트남 연구소는 어디에 있나요?\n\n김치찌개는 어떻게 끓이나요?\n", encoding="utf-8"
    )
    done = run("ask", "--questions", "questions.txt", "--json", cwd=home)
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert "PTIT" in first["text"]
    assert first["citations"][0]["article_id"] == "vietnam-two-universities.md"
    assert second["abstained"]
    assert second["citations"] == []
    assert done.returncode == 0


def test_eval_measures_what_is_asked_of_an_index_brought_up_to_date(home: Path, tmp_path: Path) -> None:
    """Figures as JSON with the misses, and the plot; the index is built where it is missing, and said to be."""
    lines = (
        {
            "question": "How many AI engineers will Z Holdings add?",
            "lang": "en",
            "kind": "how_much",
            "gold": [ENGINEERS],
        },
        {"question": "김치찌개는 어떻게 끓이나요?", "lang": "ko", "kind": "off_topic", "gold": []},
    )
    (tmp_path / "q.jsonl").write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    places = ("--articles", str(home / "articles"), "--store", "new")
    done = run("eval", "q.jsonl", *places, "--json", "--misses", "--plot", "risk.svg", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert [(g["name"], g["questions"], g["said_right"]) for g in figures["pairs"]] == [("en->en", 1, 1.0)]
    assert figures["pairs"][0]["ranking"]["recall@1"] == 1.0
    assert figures["abstention"][-1] == {"name": "all", "unanswerable": 1, "recall": 1.0, "precision": 1.0}
    assert figures["misses"] == []
    assert (tmp_path / "risk.svg").stat().st_size > 1000
    assert done.stderr.startswith("new/gen-000001: built (")


def test_dates_of_a_question_are_told_with_the_option_that_takes_them_off(home: Path) -> None:
    """The filter stands under the answer, here that there is none."""
    done = run("ask", "How many AI engineers will Z Holdings add, according to articles from 2019?", cwd=home)
    assert done.stdout.splitlines()[1:2] == [
        "  Only articles from 2019-01-01 to 2019-12-31 (“articles from 2019”); take it off with --no-dates"
    ]


def test_environment_variables_name_the_folders(home: Path, tmp_path: Path) -> None:
    """`ARTICLE_QA_STORE` and `ARTICLE_QA_ARTICLES` stand for the options."""
    done = run("check", cwd=tmp_path, ARTICLE_QA_STORE=str(home / ".store"), ARTICLE_QA_ARTICLES=str(home / "articles"))
    assert done.returncode == 0, done.stderr
    assert "sound" in done.stdout
    assert "has not changed since" in done.stdout


def test_check_tells_what_changed_since_the_build(home: Path, tmp_path: Path) -> None:
    """An index older than its folder is sound but out of date: exit code 3 and the command that mends it."""
    (tmp_path / "new.txt").write_text("새 기사가 하나 들어왔다.", encoding="utf-8")
    done = run("check", "--articles", str(tmp_path), "--store", str(home / ".store"), cwd=home)
    assert done.returncode == 3
    assert "added    new.txt" in done.stdout
    assert "removed  z-holdings-engineers.md" in done.stdout
    assert "Run: article-qa build" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ask", "Who?", "--store", "none"), "No index at none. Expected one built"),
        (("ask",), "No question given. Expected one in quotation marks"),
        (("ask", "--questions", "none.txt"), "The file none.txt cannot be read"),
        (("check", "--store", "none"), "No index at none."),
        (("eval", "none.jsonl"), "The file none.jsonl cannot be read"),
    ],
)
def test_an_error_is_one_line_and_exit_code_1(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    """found -> expected -> remedy on stderr, no traceback."""
    done = run(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"article-qa: {message}")
    assert done.stderr.count("\n") == 1


def test_wrong_usage_is_exit_code_2(tmp_path: Path) -> None:
    """An option that does not exist is a usage error."""
    assert started("ask", "--nonsense", cwd=tmp_path).returncode == 2


def test_a_missing_articles_folder_is_told_before_anything_is_written(tmp_path: Path) -> None:
    """`build` in an empty folder says what it expected, and leaves no store behind that would be mistaken for one."""
    done = run("build", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("article-qa: No folder")
    assert not (tmp_path / ".store" / "CURRENT").exists()
