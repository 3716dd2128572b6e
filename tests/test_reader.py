"""The bundled reader, and what it says when its files are not what they should be."""

import json
import shutil
import threading
from pathlib import Path

import pytest
from toy import ToyEncoder

from index.records import EncoderError
from qa import Answerer
from qa.reader import ENCODER_FOLDER, FOLDER, NetworkReader, Reading, bundled_reader, load_reader
from qa.window import Window

KOREAN = (
    "한빛전자는 2016년 일본 오사카에 첫 해외 연구소를 세웠다.",
    "이듬해에는 독일 하노버에 두 번째 연구소를 열었다.",
    "세 번째 연구소는 베트남 다낭에 있으며 연구원 40명이 일한다.",
    "회사는 내년에 200억 원을 더 들일 계획이다.",
)
ENGLISH = (
    "Hanbit Electronics opened its first overseas laboratory in Osaka in 2016.",
    "A second one followed in Hanover, Germany, a year later.",
    "The third stands in Da Nang and employs 40 researchers.",
    "The company plans to spend another 20 billion won next year.",
)


@pytest.fixture(scope="module")
def reader() -> NetworkReader:
    return bundled_reader()


def best(reader: NetworkReader, question: str, sentences: tuple[str, ...]) -> tuple[int, Reading]:
    (readings,) = reader.read([Window(question=question, title="한빛전자", sentences=sentences)])
    assert len(readings) == len(sentences)
    return max(enumerate(readings), key=lambda pair: pair[1].log_odds)


QUESTIONS = (
    ("한빛전자의 두 번째 해외 연구소는 어디에 있나?", 1),
    ("다낭에서 일하는 연구원은 몇 명인가?", 2),
    ("내년에 얼마를 투자하나?", 3),
    ("Where is the second overseas laboratory of Hanbit Electronics?", 1),
    ("How many researchers work in Da Nang?", 2),
    ("How much will be invested next year?", 3),
)


@pytest.mark.parametrize(("sentences", "least"), [(KOREAN, 5), (ENGLISH, 4)], ids=["Korean", "English"])
def test_it_finds_the_sentence_in_both_languages(reader: NetworkReader, sentences: tuple[str, ...], least: int) -> None:
    """Of four sentences that are alike the right one comes first; only "second" is still beyond it, mostly."""
    right = [best(reader, question, sentences)[0] == number for question, number in QUESTIONS]
    assert sum(right) >= least


def test_it_marks_the_words_that_answer(reader: NetworkReader) -> None:
    """The span is the number, cut from the sentence."""
    number, reading = best(reader, "다낭에서 일하는 연구원은 몇 명인가?", KOREAN)
    assert "40명" in reading.span.of(KOREAN[number])
    assert len(reading.span.of(KOREAN[number])) <= 10
    assert 0.0 < reading.certainty <= 1.0


def test_windows_are_read_alike_alone_and_together(reader: NetworkReader) -> None:
    """What stands beside a window in a batch, and its place there, change nothing."""
    windows = [
        Window(question="다낭의 연구원은 몇 명?", title="", sentences=KOREAN),
        Window(question="Where?", title="Labs", sentences=ENGLISH[:1]),
        Window(question="두 번째 연구소는?", title="", sentences=KOREAN[1:3]),
    ]
    together = reader.read(windows)
    for window, readings in zip(windows, together, strict=True):
        (alone,) = reader.read([window])
        assert [r.log_odds for r in alone] == pytest.approx([r.log_odds for r in readings], abs=1e-3)
        assert [r.span for r in alone] == [r.span for r in readings]
    assert reader.read([]) == []


def test_a_window_fits_if_its_last_word_is_read(reader: NetworkReader) -> None:
    """What fits gives every sentence a score; two words more, and the last one gets none."""
    most = next(n for n in range(1, 500) if not reader.fits(_words(n))) - 1
    assert most > 300
    assert reader.fits(_words(most))
    (readings,) = reader.read([_words(most)])
    assert readings[-1].log_odds > -1000
    (readings,) = reader.read([_words(most + 2)])
    assert readings[-1].log_odds < -1000


def _words(number: int) -> Window:
    return Window(question="Where?", title="Lab", sentences=("lab " * (number - 1) + "lab", "End"))


def test_many_threads_read_at_once(reader: NetworkReader) -> None:
    """Threads get what one alone gets."""
    window = Window(question="두 번째 연구소는?", title="", sentences=KOREAN)
    expected = reader.read([window])
    found: list[list[list[Reading]]] = []
    threads = [threading.Thread(target=lambda: found.append(reader.read([window]))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [[r.span for r in f[0]] for f in found] == [[r.span for r in expected[0]]] * 4


def test_it_reads_on_the_device_that_is_named(store: Path, toy: ToyEncoder) -> None:
    """`device` is for the reader, too: on torch's "meta", which holds no numbers, there is nothing to read off."""
    answerer = Answerer(store, encoder=toy, device="meta")
    with pytest.raises(RuntimeError, match="meta tensor"):
        answerer.ask("Where is the lab?")
    with pytest.raises(EncoderError, match=r"The device 'abacus' cannot be used \(.+\)\. Expected .* with --device"):
        Answerer(store, encoder=toy, device="abacus")


@pytest.mark.parametrize("damage", ["missing", "half", "card", "other encoder"])
def test_files_that_are_not_what_they_should_be_are_an_error_with_a_remedy(tmp_path: Path, damage: str) -> None:
    """A reader that cannot be loaded, or not with this encoder, is never used."""
    folder = tmp_path / "model"
    shutil.copytree(FOLDER, folder)
    weights, card = folder / "model.safetensors", folder / "reader.json"
    if damage == "missing":
        weights.unlink()
    elif damage == "half":
        weights.write_bytes(weights.read_bytes()[: weights.stat().st_size // 2])
    elif damage == "card":
        card.write_text("{", encoding="utf-8")
    else:
        card.write_text(json.dumps({"encoder_sha256": "0" * 64}), encoding="utf-8")
    with pytest.raises(EncoderError, match="Install article-qa again"):
        load_reader(folder, ENCODER_FOLDER)
