"""Questions over the repository's own articles, with the bundled model: answers, citations, abstentions, threads."""

import json
import threading
from pathlib import Path

import pytest
from toy import ToyEncoder, write_articles

from index.articles import read_article
from index.build import build
from index.encoder import SentenceTransformerEncoder
from index.records import Article, EncoderError, NoIndexError, QuestionError
from qa import Answer, Answerer, Filters, ask
from qa.gold import read_questions

# What the bundled model reached when these were set, less one or two questions.
ANSWERED_RIGHT = 0.6
OFF_TOPIC_REFUSED = 0.75
ANSWERABLE_REFUSED = 0.08

ROOT = Path(__file__).parent.parent
QUESTIONS = read_questions(ROOT / "tests/questions.jsonl")[::2]  # `article-qa eval` asks them all


@pytest.fixture(scope="module")
def repo_store(tmp_path_factory: pytest.TempPathFactory, bundled: SentenceTransformerEncoder) -> Path:
    store = tmp_path_factory.mktemp("repo") / "store"
    build(ROOT / "articles", store, bundled)
    return store


@pytest.fixture(scope="module")
def answerer(repo_store: Path, bundled: SentenceTransformerEncoder) -> Answerer:
    return Answerer(repo_store, encoder=bundled)


@pytest.fixture(scope="module")
def answers(answerer: Answerer) -> list[Answer]:
    return [answerer.ask(q.text) for q in QUESTIONS]


@pytest.fixture(scope="module")
def own_articles() -> dict[str, Article]:
    folder = ROOT / "articles"
    return {
        path.name: read_article(path, path.name) for path in sorted(folder.iterdir()) if not path.name.startswith(".")
    }


def test_every_citation_of_every_answer_slices_back_to_its_article(
    answers: list[Answer], own_articles: dict[str, Article]
) -> None:
    """A quote is what the article says at [start, end), byte for byte, and the digest is the file's."""
    cited = [citation for answer in answers for citation in answer.citations]
    assert len(cited) > 50
    for citation in cited:
        article = own_articles[citation.article_id]
        assert article.text[citation.start : citation.end].encode() == citation.quote.encode()
        assert (citation.title, citation.date, citation.sha256) == (article.title, article.date, article.sha256)


def test_an_answer_is_its_quotes_and_an_abstention_cites_nothing(answers: list[Answer]) -> None:
    """The text of an answer is nothing but its citations; an abstention says so and gives its reason."""
    assert {answer.abstained for answer in answers} == {True, False}
    for answer in answers:
        if answer.abstained:
            assert answer.citations == ()
            assert answer.reason in ("no_passage", "low_support")
        else:
            assert answer.text == " ".join(citation.quote for citation in answer.citations)
            assert answer.reason is None
        assert 0.0 <= answer.support <= 1.0
        assert answer.passages


def test_most_questions_are_answered_with_a_gold_sentence(answers: list[Answer]) -> None:
    """A guard against getting worse, a little below what `article-qa eval` prints."""
    right = [
        any(gold.sentence == c.quote for gold in q.gold for c in a.citations)
        for q, a in zip(QUESTIONS, answers, strict=True)
        if q.gold
    ]
    assert sum(right) / len(right) >= ANSWERED_RIGHT


def test_most_off_topic_questions_are_refused(answers: list[Answer]) -> None:
    """What has nothing to do with the articles is refused. (Of near misses half are; see the README.)"""
    refused = [a.abstained for q, a in zip(QUESTIONS, answers, strict=True) if q.kind == "off_topic"]
    assert sum(refused) / len(refused) >= OFF_TOPIC_REFUSED


def test_hardly_a_question_that_has_an_answer_is_refused(answers: list[Answer]) -> None:
    """The threshold costs few answers."""
    refused = [a.abstained for q, a in zip(QUESTIONS, answers, strict=True) if q.gold]
    assert sum(refused) / len(refused) <= ANSWERABLE_REFUSED


def test_the_question_in_the_readme_is_answered(answerer: Answerer) -> None:
    """The second Vietnam lab: the sentence that says so and the one that names the university."""
    answer = answerer.ask("네이버의 두 번째 베트남 연구소는 어디에 있나요?")
    assert "PTIT" in answer.text
    assert answer.citations[0].article_id == "vietnam-two-universities.md"


def test_an_english_question_finds_what_only_a_korean_article_says(answerer: Answerer) -> None:
    """The fields of Naver Labs Europe stand in one Korean article only."""
    answer = answerer.ask("What does Naver Labs Europe study?")
    assert not answer.abstained
    assert {c.article_id for c in answer.citations} == {"naver-labs-europe.md"}


def test_a_sentence_that_leans_is_given_with_the_one_before(answerer: Answerer) -> None:
    """ "In 2017 it took over …": who did stands in the sentence before."""
    answer = answerer.ask("Which company did Naver Labs Europe grow out of?")
    assert [c.quote[:10] for c in answer.citations] == ["Naver bega", "In 2017 it"]
    assert answer.citations[0].end <= answer.citations[1].start


def test_the_record_for_programs_has_the_promised_fields(answerer: Answerer) -> None:
    """`to_json` gives what `ask --json` prints, and `json.dumps` takes it."""
    record = json.loads(json.dumps(answerer.ask("Who leads the US organisation?").to_json(), ensure_ascii=False))
    assert record.keys() >= {"question", "text", "abstained", "support", "citations", "passages"}
    assert record["citations"][0].keys() >= {"article_id", "title", "start", "end", "quote"}
    assert record["passages"][0].keys() == {"article_id", "start", "end", "score"}


def test_many_threads_get_the_answers_that_one_gets(answerer: Answerer, answers: list[Answer]) -> None:
    """Questions from eight threads at once are answered as they are one by one."""
    together: dict[int, Answer] = {}

    def work(first: int) -> None:
        for i in range(first, 24, 8):
            together[i] = answerer.ask(QUESTIONS[i].text)

    threads = [threading.Thread(target=work, args=(first,)) for first in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [together[i].citations for i in range(24)] == [answer.citations for answer in answers[:24]]


def test_the_threshold_decides_what_is_said(repo_store: Path, bundled: SentenceTransformerEncoder) -> None:
    """At 1 nothing is certain enough, at 0 everything is said."""
    question = "What did Naver acquire in 2017?"
    assert Answerer(repo_store, encoder=bundled, threshold=1.0).ask(question).reason == "low_support"
    assert not Answerer(repo_store, encoder=bundled, threshold=0.0).ask("오늘 서울 날씨는?").abstained


def test_an_abstention_speaks_the_language_of_the_question(
    repo_store: Path, bundled: SentenceTransformerEncoder
) -> None:
    """A Korean question is refused in Korean, any other in English."""
    strict = Answerer(repo_store, encoder=bundled, threshold=1.0)
    assert strict.ask("오늘 서울 날씨는?").text == "기사에는 이 질문의 답이 나와 있지 않습니다."
    assert strict.ask("What is the weather in Seoul?").text == "The articles do not say."


def test_filters_that_let_nothing_through_give_no_passage(answerer: Answerer) -> None:
    """No article is old enough, so nothing is found, and that is the reason given."""
    answer = answerer.ask("What did Naver acquire?", filters=Filters(until="1999-12-31"))
    assert (answer.abstained, answer.reason, answer.passages) == (True, "no_passage", ())


def test_a_rebuilt_index_is_followed_without_opening_anew(tmp_path: Path) -> None:
    """An answerer that is open finds an article that was added after it was opened."""
    articles = write_articles(tmp_path / "articles", {"a.txt": "The river is long."})
    toy = ToyEncoder()
    build(articles, tmp_path / "store", toy)
    answerer = Answerer(tmp_path / "store", encoder=toy, threshold=0.0)
    assert answerer.ask("Where is the lab?").citations[0].article_id == "a.txt"
    write_articles(articles, {"b.txt": "The lab is in Hanoi."})
    build(articles, tmp_path / "store", toy)
    assert answerer.ask("Where is the lab?").citations[0].article_id == "b.txt"


def test_an_index_of_another_model_is_refused(tmp_path: Path, store: Path) -> None:
    """The error names both models and the command that mends it."""
    with pytest.raises(
        EncoderError, match=r"built with the model toy .* not with other .*Run: article-qa build --model"
    ):
        Answerer(store, encoder=ToyEncoder(name="other", fingerprint="other-1"))


def test_ask_opens_the_store_that_is_named_or_the_one_in_the_environment(
    repo_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`ask(question, store=…)`, `$ARTICLE_QA_STORE` and the default `.store` in the current folder, in this order."""
    assert "PTIT" in ask("네이버의 두 번째 베트남 연구소는 어디에 있나요?", store=repo_store).text
    monkeypatch.setenv("ARTICLE_QA_STORE", str(repo_store))
    assert not ask("What did Naver acquire in 2017?").abstained
    monkeypatch.delenv("ARTICLE_QA_STORE")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NoIndexError, match=r"No index at .*store\. Expected .* Run: article-qa build"):
        ask("네이버?")


def test_an_empty_question_is_an_error(answerer: Answerer) -> None:
    """Nothing asked is not an abstention."""
    with pytest.raises(QuestionError, match="The question is empty"):
        answerer.ask(" ")
