"""A reranker: a real cross-encoder, small enough to be computed by hand, from its folder to the order of passages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from math import exp
from pathlib import Path

import pytest
from commands import run
from hub import Hub
from models import LIKED, write_cross_encoder
from toy import ToyEncoder, ToyReader, write_articles

from index.build import build
from index.encoder import SentenceTransformerEncoder
from index.records import EncoderError, Span
from index.store import open_index
from qa import Answerer, ask
from qa.crossencoder import RERANKED, CrossEncoderReranker, reranked
from qa.reader import Reading
from qa.records import Passage
from qa.retrieve import retrieve
from qa.window import Window

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_cross_encoder(tmp_path_factory.mktemp("reranker") / "model")


@pytest.fixture(scope="module")
def reranker(folder: Path) -> CrossEncoderReranker:
    return CrossEncoderReranker(str(folder), device="cpu")


class Constant:
    """A reranker that scores all texts the same."""

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        return [0.5] * len(texts)


class HanoiReader:
    """A reader for which a sentence answers that says Hanoi."""

    def read(self, windows: Sequence[Window]) -> list[list[Reading]]:
        return [[self._reading(sentence) for sentence in window.sentences] for window in windows]

    def fits(self, window: Window) -> bool:
        return True

    def _reading(self, sentence: str) -> Reading:
        return Reading(log_odds=6.0 if "Hanoi" in sentence else -6.0, span=Span(start=0, end=0), certainty=0.0)


def test_the_more_of_what_it_likes_the_higher(reranker: CrossEncoderReranker) -> None:
    """Texts keep their place in the result, whatever is scored beside them; the question is read, too."""
    texts = ["the lab", "in hanoi", "hanoi hanoi", "the lab in hanoi by the river " * 9]
    scores = reranker.score("where", texts)
    assert sorted(texts, key=lambda text: scores[texts.index(text)]) == [texts[0], texts[3], texts[1], texts[2]]
    assert [reranker.score("where", [text])[0] for text in texts] == pytest.approx(scores, abs=1e-4)
    assert reranker.score("hanoi", texts[:1])[0] > scores[0]
    assert reranker.score("where", []) == []


def test_good_and_better_are_told_apart(reranker: CrossEncoderReranker) -> None:
    """Both would be 1.0 after the sigmoid that sentence-transformers applies to one score by default."""
    good, better = reranker.score("where", ["in hanoi", "hanoi hanoi"])
    assert 1 / (1 + exp(-good)) == 1.0
    assert good < better


def test_a_model_saved_as_modules_scores_alike(reranker: CrossEncoderReranker, tmp_path: Path) -> None:
    """sentence-transformers writes modules.json today; most cross-encoders of the hub have none."""
    modules = CrossEncoderReranker(str(write_cross_encoder(tmp_path / "model", as_modules=True)), device="cpu")
    assert (tmp_path / "model" / "modules.json").is_file()
    assert modules.score("where", ["in hanoi"]) == pytest.approx(reranker.score("where", ["in hanoi"]))


def test_of_a_long_pair_the_longer_text_loses_its_end(reranker: CrossEncoderReranker) -> None:
    """What follows 512 tokens is not read, though this model could; a long question leaves the passage whole."""
    near, far = "word " * 400 + LIKED, "word " * 600 + LIKED
    assert reranker.score("where", [near])[0] > reranker.score("where", [far])[0] == 0.0
    assert reranker.score("word " * 2000, [LIKED])[0] > 0.0


def test_threads_agree(reranker: CrossEncoderReranker) -> None:
    """Eight threads get what one gets."""
    texts = [f"{'hanoi ' * i} lab" for i in range(8)]
    alone = [reranker.score("where", [text]) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda text: reranker.score("where", [text]), texts * 8)) == alone * 8


# Retrieval puts `hanoi.md` last: it has no number. The cross-encoder likes nothing but it.
FILES = {f"{i}.md": f"---\ndate: 202{i}-01-01\n---\nThe lab number {i} is a lab.\n" for i in range(7)} | {
    "hanoi.md": "---\ndate: 2019-01-01\n---\nThe bank of the lab by the river is in Hanoi.\n"
}
QUESTION = "Which lab has the number 3?"


@pytest.fixture
def labs(tmp_path: Path) -> Path:
    """Return a store of eight articles of a passage each."""
    build(write_articles(tmp_path / "articles", FILES), tmp_path / "store", ToyEncoder())
    return tmp_path / "store"


def places(passages: Sequence[Passage]) -> list[str]:
    return [passage.chunk.article_id for passage in passages]


def test_only_the_order_changes(labs: Path, reranker: CrossEncoderReranker) -> None:
    """The score that is evidence stays that of retrieval; what it scores alike keeps its place."""
    index = open_index(labs)
    found = retrieve(QUESTION, index, ToyEncoder())
    assert places(found)[-1] == "hanoi.md"
    ordered = reranked(QUESTION, found, index.articles, reranker)
    assert places(ordered) == ["hanoi.md", *places(found)[:-1]]
    assert {p.chunk.article_id: p.score for p in ordered} == {p.chunk.article_id: p.score for p in found}
    assert [p.rerank_score is not None and p.rerank_score > 0 for p in ordered] == [True] + [False] * 7
    assert places(reranked(QUESTION, found, index.articles, Constant())) == places(found)
    assert reranked(QUESTION, [], index.articles, reranker) == []


def test_what_is_beyond_reach_stays_behind(labs: Path, reranker: CrossEncoderReranker) -> None:
    """Passages after the first `RERANKED` are not scored."""
    index = open_index(labs)
    found = retrieve(QUESTION, index, ToyEncoder())
    many = [*found[:-1]] * 3
    ordered = reranked(QUESTION, [*many[:RERANKED], found[-1]], index.articles, reranker)
    assert places(ordered)[-1] == "hanoi.md"
    assert ordered[-1].rerank_score is None
    assert places(reranked(QUESTION, [*many[: RERANKED - 1], found[-1]], index.articles, reranker))[0] == "hanoi.md"


def test_the_answer_comes_from_the_passages_it_puts_first(labs: Path, folder: Path) -> None:
    """Passages are searched beyond `k`, and five are read: without a reranker the last of eight is not."""
    plain = Answerer(labs, encoder=ToyEncoder(), reader=HanoiReader(), threshold=0.0).ask(QUESTION, k=5)
    assert "hanoi.md" not in places(plain.passages)
    assert plain.citations[0].article_id != "hanoi.md"
    answerer = Answerer(labs, encoder=ToyEncoder(), reader=HanoiReader(), reranker=str(folder), threshold=0.0)
    answer = answerer.ask(QUESTION, k=5)
    assert len(answer.passages) == 5
    assert places(answer.passages)[0] == answer.citations[0].article_id == "hanoi.md"
    assert answer.support > plain.support
    assert sorted(places(answerer.ask(QUESTION, k=100).passages)) == sorted(FILES)


def test_the_newest_still_come_first(labs: Path, reranker: CrossEncoderReranker) -> None:
    """A question for the latest is answered in the order of dates, with a reranker as without."""
    plain = Answerer(labs, encoder=ToyEncoder(), reader=ToyReader(), threshold=0.0)
    ordered = Answerer(labs, encoder=ToyEncoder(), reader=ToyReader(), reranker=reranker, threshold=0.0)
    question = "What is the latest news of the lab?"
    assert plain.ask(question).dates is not None
    assert places(ordered.ask(question).passages)[:7] == [f"{i}.md" for i in range(6, -1, -1)]
    assert ordered.ask(question).citations == plain.ask(question).citations


def test_ask_takes_it_by_name_or_from_the_environment(
    tmp_path: Path, bundled: SentenceTransformerEncoder, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`ask(question, reranker=…)`, `$ARTICLE_QA_RERANKER`, or none."""
    monkeypatch.delenv("ARTICLE_QA_RERANKER", raising=False)
    store = tmp_path / "store"
    build(write_articles(tmp_path / "articles", FILES), store, bundled)
    assert places(ask(QUESTION, store).passages)[0] == "3.md"
    assert places(ask(QUESTION, store, reranker=str(folder)).passages)[0] == "hanoi.md"
    monkeypatch.setenv("ARTICLE_QA_RERANKER", str(folder))
    assert places(ask(QUESTION, store).passages)[0] == "hanoi.md"


def test_the_command_line_takes_it(tmp_path: Path, bundled: SentenceTransformerEncoder, folder: Path) -> None:
    """`--reranker` of `ask`, and the variable for `eval`, whose ranking tells whether it pays."""
    build(write_articles(tmp_path / "articles", FILES), tmp_path / ".store", bundled)
    done = run("ask", QUESTION, "--json", "--reranker", str(folder), cwd=tmp_path)
    assert json.loads(done.stdout)["passages"][0]["article_id"] == "hanoi.md"
    gold = [{"article_id": "3.md", "sentence": "The lab number 3 is a lab."}]
    (tmp_path / "q.jsonl").write_text(json.dumps({"question": QUESTION, "lang": "en", "kind": "which", "gold": gold}))
    recalled = []
    for environment in ({}, {"ARTICLE_QA_RERANKER": str(folder)}):
        done = run("eval", "q.jsonl", "--json", cwd=tmp_path, **environment)
        assert done.returncode == 0, done.stderr
        recalled.append(json.loads(done.stdout)["answerable"]["ranking"]["recall@1"])
    assert recalled == [1.0, 0.0]


@pytest.mark.parametrize("labels", [2, 3])
def test_a_classifier_is_refused(tmp_path: Path, labels: int) -> None:
    """More than one score a pair (entailment, contradiction, …) puts nothing in order."""
    with pytest.raises(EncoderError, match=rf"gives {labels} scores a pair\. Expected a CrossEncoder .*--reranker"):
        CrossEncoderReranker(str(write_cross_encoder(tmp_path / "model", labels=labels)), device="cpu")


def test_an_embedding_model_is_refused() -> None:
    """sentence-transformers would load it with a head of random weights."""
    with pytest.raises(EncoderError, match=r"\(BertModel\) does not score pairs\. Expected a CrossEncoder"):
        CrossEncoderReranker(str(ROOT / "index" / "model"), device="cpu")


def test_damaged_files_are_told(tmp_path: Path) -> None:
    """Weights that are no numbers, half a file, no words, and a folder that holds no model."""
    with pytest.raises(EncoderError, match=r"scores a pair nan: its weights are damaged\. Expected"):
        CrossEncoderReranker(str(write_cross_encoder(tmp_path / "nan", scale=float("nan"))), device="cpu")
    weights = write_cross_encoder(tmp_path / "half") / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    (write_cross_encoder(tmp_path / "wordless") / "tokenizer.json").unlink()
    (tmp_path / "empty").mkdir()
    for name in ("half", "wordless", "empty"):
        with pytest.raises(EncoderError, match=rf"{name}' holds no reranker that can be used \(.+\)\. Expected"):
            CrossEncoderReranker(str(tmp_path / name), device="cpu")


def test_the_device_is_used(folder: Path) -> None:
    """On torch's device that holds no numbers nothing can be scored; one that does not exist is named."""
    with pytest.raises(EncoderError, match="meta"):
        CrossEncoderReranker(str(folder), device="meta")
    with pytest.raises(EncoderError, match=r"The device 'abacus' cannot be used .* --device"):
        CrossEncoderReranker(str(folder), device="abacus")


CHILD = """
import sys
from qa.crossencoder import CrossEncoderReranker
print(CrossEncoderReranker(sys.argv.pop(1), device="cpu").score("where", ["in hanoi"]), flush=True)
sys.stdin.readline()
from app import main
main()
"""


def test_the_hub_is_asked_for_hub_names_only(folder: Path, tmp_path: Path) -> None:
    """A folder is loaded without a request. What the hub does not give ends the page in one line before it builds."""
    write_articles(tmp_path / "articles", FILES)
    with (
        Hub() as hub,
        subprocess.Popen(
            [sys.executable, "-c", CHILD, str(folder), "--port", "0", "--reranker", "nobody/no-such-model"],
            cwd=tmp_path,
            env={**hub.environment(tmp_path / "home"), "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as child,
    ):
        assert child.stdout is not None
        assert child.stdout.readline().startswith("[")
        assert hub.requests == []
        printed, error = child.communicate("\n", timeout=60)
    assert (child.returncode, printed) == (1, "")
    assert error.startswith("article-qa: No reranker 'nobody/no-such-model': it is not a folder here, and the Hugging")
    assert "Leave --reranker out" in error
    assert error.count("\n") == 1
    assert "GET /api/models/nobody/no-such-model" in hub.requests
    assert not (tmp_path / ".store" / "CURRENT").exists()


def test_serve_hands_it_to_the_page(tmp_path: Path) -> None:
    """`article-qa serve` becomes `python -m app` with the options that it was given (here one that prints them)."""
    (tmp_path / "app.py").write_text("import sys; print(sys.argv[1:])")
    command = [sys.executable, "-m", "qa", "serve", "--reranker", "some/model", "--device", "cpu"]
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert "'--reranker', 'some/model', '--device', 'cpu'" in done.stdout


@pytest.mark.parametrize("name", ["./missing", "no/such/folder"])
def test_a_missing_folder_is_one_line(store: Path, name: str) -> None:
    """found -> expected -> remedy, and exit code 1."""
    done = run("ask", "Where?", "--store", str(store), "--reranker", name, cwd=store)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"article-qa: No reranker '{name}': it is not a folder here")
    assert done.stderr.count("\n") == 1
