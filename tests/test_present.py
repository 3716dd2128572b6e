"""What a page shows of an answer and of a build: exact slices, escaped HTML, plain lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.build import BuildReport
from index.records import Article, Chunk, Skipped, Span
from qa.messages import LOCALES, labels
from qa.present import ANSWER, CITED, cards, dates_text, highlighted, other_cards, report_text
from qa.records import Answer, Citation, Dates, Passage

TEXT = "The first lab is in Hue. The second opened in May. It is in Hanoi. Nothing more is known."


@dataclass(frozen=True)
class Shelf:
    """A library of one article."""

    text: str = TEXT
    title: str = "Labs"
    articles: Mapping[str, Article] = field(init=False)

    def __post_init__(self) -> None:
        article = Article(
            id="labs.md", title=self.title, date="2021-11-01", url="", lang="en", text=self.text, sha256="0" * 64
        )
        object.__setattr__(self, "articles", {"labs.md": article})


def cite(quote: str, *, text: str = TEXT, title: str = "Labs", date: str = "2021-11-01", url: str = "") -> Citation:
    start = text.index(quote)
    return Citation(
        article_id="labs.md",
        title=title,
        date=date,
        url=url,
        sha256="0" * 64,
        start=start,
        end=start + len(quote),
        quote=quote,
    )


def passage(quote: str, *, text: str = TEXT) -> Passage:
    start = text.index(quote)
    chunk = Chunk(article_id="labs.md", start=start, end=start + len(quote), heading="", text=quote)
    return Passage(chunk=chunk, score=1.0, lexical_rank=1, dense_rank=1)


def answer(*citations: Citation, passages: tuple[Passage, ...] = ()) -> Answer:
    return Answer(
        question="Where?",
        text=" ".join(c.quote for c in citations),
        abstained=not citations,
        reason=None if citations else "low_support",
        support=0.876,
        citations=citations,
        passages=passages,
    )


def test_the_cited_sentence_is_marked_in_its_chunk() -> None:
    """The pieces are the chunk, cut where the citation begins and ends."""
    chunk = passage("The second opened in May. It is in Hanoi.")
    assert highlighted(answer(cite("It is in Hanoi."), passages=(chunk,)), Shelf()) == [
        ("The second opened in May. ", None),
        ("It is in Hanoi.", CITED),
    ]


def test_the_words_that_answer_are_marked_in_the_cited_sentence() -> None:
    """The answer is a piece of its own within the citation, wherever it stands."""
    chunk = passage("The second opened in May. It is in Hanoi.")
    sentence = cite("It is in Hanoi.")
    place = TEXT.index("Hanoi")
    pieces = highlighted(answer(replace(sentence, marked=Span(start=place, end=place + 5)), passages=(chunk,)), Shelf())
    assert pieces == [
        ("The second opened in May. ", None),
        ("It is in ", CITED),
        ("Hanoi", ANSWER),
        (".", CITED),
    ]


def test_articles_that_differ_are_said_to() -> None:
    """The card says it in the language of the reader, and nothing where they do not."""
    said = answer(cite("It is in Hanoi."))
    assert "The articles differ" in cards(replace(said, differ=True), "en")
    assert "기사마다 내용이 다릅니다" in cards(replace(said, differ=True), "ko")
    assert "The articles differ" not in cards(said, "en")


@pytest.mark.parametrize(
    ("dates", "locale", "text"),
    [
        (
            Dates(words="news from 2019", since="2019-01-01", until="2019-12-31", binding=True),
            "en",
            "Only articles from 2019-01-01 to 2019-12-31 (“news from 2019”)",
        ),
        (Dates(words="지난달", since="2026-10-01"), "ko", "2026-10-01부터의 기사만 (“지난달”)"),
        (Dates(words="before 2020", until="2019-12-31"), "en", "Only articles until 2019-12-31 (“before 2020”)"),
        (Dates(words="최근", newest=True), "ko", "최신 기사 먼저 (“최근”)"),
        (
            Dates(words="올해, 최근", since="2026-01-01", newest=True),
            "ko",
            "2026-01-01부터의 기사만, 최신 기사 먼저 (“올해, 최근”)",
        ),
        (
            Dates(words="last week", since="2026-11-16", dropped=True),
            "en",
            "No article since 2026-11-16 answers as well: all were searched (“last week”)",
        ),
    ],
)
def test_dates_are_told_with_the_words_they_come_from(dates: Dates, locale: str, text: str) -> None:
    """A filter, a preference, both, or that they were dropped."""
    assert dates_text(dates, locale) == text


def test_a_sentence_before_the_chunk_extends_the_passage() -> None:
    """A cited sentence that lies before the chunk is shown too, and neighbours are one piece."""
    said = answer(
        cite("The second opened in May."),
        cite("It is in Hanoi."),
        passages=(passage("It is in Hanoi. Nothing more is known."),),
    )
    assert highlighted(said, Shelf()) == [
        ("The second opened in May. It is in Hanoi.", CITED),
        (" Nothing more is known.", None),
    ]


def test_a_citation_stands_alone_where_the_article_has_changed() -> None:
    """If the article no longer says it, no other words of it are put around the quotation."""
    said = answer(cite("It is in Hanoi."), passages=(passage("It is in Hanoi."),))
    assert highlighted(said, Shelf(text="Something else.")) == [("It is in Hanoi.", CITED)]


@given(st.lists(st.tuples(st.integers(0, len(TEXT) - 1), st.integers(1, 30)), min_size=1, max_size=4))
def test_pieces_joined_are_a_slice_of_the_article(spans: list[tuple[int, int]]) -> None:
    """Whatever is cited, nothing is retyped or lost, and every quotation lies within a marked piece."""
    quotes = [TEXT[start : start + length] for start, length in spans]
    citations = [
        replace(cite(TEXT), start=at, end=at + len(q), quote=q) for (at, _), q in zip(spans, quotes, strict=True)
    ]
    pieces = highlighted(answer(*citations, passages=(passage("The second opened in May. It is in Hanoi."),)), Shelf())
    assert "".join(text for text, _ in pieces) in TEXT
    assert all(any(quote in text for text, mark in pieces if mark == CITED) for quote in quotes)


def test_a_card_names_the_article_and_the_place() -> None:
    """A card has the title with its link, the date, the characters and the support."""
    card = cards(answer(cite("It is in Hanoi.", url="https://news.example/1?a=1&b=2")), "en")
    assert '<a href="https://news.example/1?a=1&amp;b=2" target="_blank" rel="noopener noreferrer">' in card
    assert "<strong>Labs</strong>" in card
    assert "<time>2021-11-01</time>" in card
    assert "labs.md, characters 51–66" in card
    assert "Support 88%" in card


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "https://[", "news", ""])
def test_only_web_addresses_become_links(url: str) -> None:
    """An address that would run something, or that is none, is no link."""
    assert "<a " not in cards(answer(cite("It is in Hanoi.", url=url)), "en")


def test_what_articles_say_is_escaped() -> None:
    """Neither HTML nor the signs of a template survive in a card."""
    hostile = '<img src=x onerror="x()">${x()}{{x}}`\\'
    text = f"{hostile} is the name. Second sentence."
    library = Shelf(text=text, title=hostile)
    said = answer(cite("Second sentence.", text=text, title=hostile, date=hostile, url=f"https://x.example/{hostile}"))
    unsaid = answer(passages=(passage(f"{hostile} is the name.", text=text),))
    for shown in (cards(said, "ko"), other_cards(unsaid, library, "ko")):
        assert "<img" not in shown
        assert not set("${}`\\") & set(shown)


def test_other_passages_leave_out_the_cited_one() -> None:
    """A passage that holds a citation is not listed again; where there is no other, nothing is."""
    cited, other = passage("It is in Hanoi."), passage("The first lab is in Hue.")
    said = answer(cite("It is in Hanoi."), passages=(cited, other))
    assert "The first lab is in Hue." in other_cards(said, Shelf(), "en")
    assert "Hanoi" not in other_cards(said, Shelf(), "en")
    assert other_cards(answer(cite("It is in Hanoi."), passages=(cited,)), Shelf(), "en") == ""


def test_a_report_says_what_changed_and_why_files_were_skipped() -> None:
    """The report counts all groups and names every article that is not as before."""
    report = BuildReport(
        generation="gen-000002",
        published=True,
        remade_because="",
        added=("new.md",),
        changed=(),
        removed=("old.md",),
        unchanged=("a.md", "b.md"),
        skipped=(Skipped(id="x.png", reason="not text"),),
        duplicates=(("copy.md", "a.md"),),
        chunks=7,
        embedded=1,
        seconds=0.25,
    )
    assert report_text(report, "en").splitlines() == [
        "The index was rebuilt: 7 passages, 0.2 s",
        "added 1 · changed 0 · removed 1 · duplicates 1 · skipped 1 · unchanged 2",
        "",
        "added 1",
        "  new.md",
        "",
        "removed 1",
        "  old.md",
        "",
        "duplicates 1",
        "  copy.md: the same text as a.md",
        "",
        "skipped 1",
        "  x.png: not text",
    ]
    assert report_text(report, "ko").startswith("색인을 새로 썼습니다: 대목 7개, 0.2초")


def test_labels_exist_in_every_locale() -> None:
    """The page has the same labels in all languages, none of them empty."""
    assert len({frozenset(labels(locale)) for locale in LOCALES}) == 1
    assert all(text for locale in LOCALES for text in labels(locale).values())
