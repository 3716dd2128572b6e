"""Our own questions over `articles/`: that they are to the letter, and that no sort of them is thin."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.articles import read_articles
from index.records import Article
from index.sentences import sentences
from index.tokens import tokenize
from qa.gold import Question, places, read_questions
from qa.judging import group_of

ROOT = Path(__file__).parent.parent
FILE = ROOT / "tests/questions.jsonl"
QUESTIONS = read_questions(FILE)
ENOUGH = {
    **dict.fromkeys(("ko->ko", "en->en"), 60),
    **dict.fromkeys(("en->ko", "ko->en"), 30),
    **dict.fromkeys(("who", "when", "how_much"), 16),
    **dict.fromkeys(("where", "why"), 10),
    "shares no word": 20,
    "names a number or date": 35,
    "which of two": 15,
    "a name in the other script": 30,
    "needs two sentences": 20,
    "near_miss": 40,
    "off_topic": 18,
}
"""How many questions there are of each sort, less a few."""


@pytest.fixture(scope="module")
def articles() -> dict[str, Article]:
    return {article.id: article for article in read_articles(ROOT / "articles").articles}


def sorts(question: Question, answer: str, articles: dict[str, Article]) -> Iterator[str]:
    """Yield the sorts that `question` is of."""
    yield question.kind
    if not question.gold:
        return
    yield group_of(question, articles)
    asked, own = (
        set(tokenize(question.text)),
        [g for g in question.gold if articles[g.article_id].lang == question.lang],
    )
    if own and all(asked.isdisjoint(tokenize(gold.sentence)) for gold in own):
        yield "shares no word"
    if re.search(r"\d|\b(?:one|two|three|five|ten|first|second|March)\b|번째|상반기", answer):
        yield "names a number or date"
    if re.search(r"\bor\b|(?<=[가-힣A-Z]) 중(?:에)? ", question.text):
        yield "which of two"
    if re.search("[A-Z][A-Za-z]+" if question.lang == "ko" else "[가-힣]", question.text.replace("AI", "")):
        yield "a name in the other script"
    if any(gold.context and not gold.span for gold in question.gold):
        yield "needs two sentences"


def test_every_gold_sentence_is_one_sentence_of_its_article(articles: dict[str, Article]) -> None:
    """To the letter, with the context directly before it; `places` refuses any other."""
    whole = {(a.id, span.of(a.text)) for a in articles.values() for span in sentences(a.text)}
    for question in QUESTIONS:
        assert len(places(question, articles)) == len(question.gold)
        assert {(gold.article_id, gold.sentence) for gold in question.gold} <= whole


def test_no_question_is_asked_twice() -> None:
    """Neither under another name, nor a name twice."""
    assert (
        len({question.text for question in QUESTIONS}) == len({question.id for question in QUESTIONS}) == len(QUESTIONS)
    )


def test_no_sort_of_question_is_thin(articles: dict[str, Article]) -> None:
    """All that `ENOUGH` names, in two languages, with about a quarter that no article answers."""
    answers = [json.loads(line)["answer"] for line in FILE.read_text(encoding="utf-8").splitlines()]
    counts = Counter(sort for q, answer in zip(QUESTIONS, answers, strict=True) for sort in sorts(q, answer, articles))
    assert {sort: counts[sort] for sort, least in ENOUGH.items() if counts[sort] < least} == {}
    assert 0.2 < sum(not question.gold for question in QUESTIONS) / len(QUESTIONS) < 0.3
    assert abs(sum(question.lang == "ko" for question in QUESTIONS) / len(QUESTIONS) - 0.5) < 0.05
