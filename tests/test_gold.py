"""Questions with known answers, read from a file: what a line may hold, and what is said of one that is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest
from toy import make_article

from index.records import QuestionError
from qa.gold import Place, places, read_questions

LAB = "The lab is new. It is in Hanoi. It is in Hanoi. Kim leads it."


def written(tmp_path: Path, *lines: str | dict[str, Any]) -> Path:
    path = tmp_path / "q.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
    path.write_text("\n".join(texts), encoding="utf-8")
    return path


def asked(**gold: str) -> dict[str, Any]:
    return {"question": "Who?", "gold": [{"article_id": "a.txt", **gold}]}


def test_what_is_missing_is_filled_in(tmp_path: Path) -> None:
    """Only `question` and `gold` must be there: the language is detected, the line is the name."""
    path = written(tmp_path, {"question": "누가 이끄나요?", "gold": []}, "", asked(sentence="Kim leads it."))
    first, second = read_questions(path)
    assert (first.id, first.lang, first.kind, first.gold) == ("1", "ko", "unanswerable", ())
    assert (second.id, second.kind, second.source) == ("3", "", f"{path}, line 3")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", r"line 2: not JSON \(.*\)\. Expected one JSON object\. Mend the line\."),
        ("[1]", r"line 2: '\[1\]'\. Expected a JSON object"),
        ({"gold": []}, "line 2: no question"),
        ({"question": " ", "gold": []}, "line 2: no question"),
        ({"question": 7, "gold": []}, "line 2: 'question' is 7. Expected text"),
        ({"question": "Who?"}, 'line 2: no list of gold sentences. Expected "gold": \\[\\] if no article answers'),
        ({"question": "Who?", "gold": ["Kim leads it."]}, "line 2: the gold 'Kim leads it.'. Expected {"),
        ({"question": "Who?", "gold": [], "asked_on": "May"}, "line 2: \"asked_on\" is 'May'. Expected a day"),
        (asked(), "line 2: a gold without article_id or sentence"),
        (asked(sentence="Kim leads it.", span="Lee"), "line 2: the span 'Lee' is not in its sentence"),
    ],
)
def test_a_bad_line_is_named_by_its_number(tmp_path: Path, line: str | dict[str, Any], message: str) -> None:
    """found -> expected -> remedy, with the file and the line."""
    with pytest.raises(QuestionError, match=message):
        read_questions(written(tmp_path, asked(sentence="Kim leads it."), line))


def test_a_file_that_is_missing_or_empty_is_told(tmp_path: Path) -> None:
    """A name that is wrong, and a file with nothing in it."""
    with pytest.raises(QuestionError, match=r"none.jsonl cannot be read"):
        read_questions(tmp_path / "none.jsonl")
    with pytest.raises(QuestionError, match="holds no question"):
        read_questions(written(tmp_path, "", " "))


def test_a_gold_sentence_is_found_at_all_its_places(tmp_path: Path) -> None:
    """A sentence that stands twice answers twice; after its context only where that is before it."""
    (twice,) = read_questions(written(tmp_path, asked(sentence="It is in Hanoi.")))
    articles = {"a.txt": make_article(LAB)}
    assert [place.start for place in places(twice, articles)] == [16, 32]
    (once,) = read_questions(written(tmp_path, asked(sentence="It is in Hanoi.", context="The lab is new.")))
    assert places(once, articles) == (Place(article_id="a.txt", start=16, end=31, since=0),)


def test_a_sentence_with_its_own_span_needs_no_context(tmp_path: Path) -> None:
    """The context then only tells where the sentence stands."""
    line = asked(sentence="It is in Hanoi.", context="The lab is new.", span="Hanoi")
    (place,) = places(read_questions(written(tmp_path, line))[0], {"a.txt": make_article(LAB)})
    assert (place.start, place.since) == (16, 16)


@pytest.mark.parametrize(
    ("gold", "message"),
    [
        ({"article_id": "b.txt", "sentence": "Kim leads it."}, "line 1: no article 'b.txt' in the index"),
        (
            {"sentence": "Lee leads it."},
            "line 1: a.txt does not say 'Lee leads it.'. Expected a sentence to the letter",
        ),
        ({"sentence": "Kim leads it.", "context": "The lab is new."}, "'Kim leads it.' after 'The lab is new.'"),
    ],
)
def test_gold_that_no_article_says_is_refused(tmp_path: Path, gold: dict[str, str], message: str) -> None:
    """A misspelt sentence would else count as a miss of the program."""
    (question,) = read_questions(written(tmp_path, asked(**gold)))
    with pytest.raises(QuestionError, match=message):
        places(question, {"a.txt": make_article(LAB)})
