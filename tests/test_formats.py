"""Front matter, Markdown and web pages."""

import time

import pytest

from index.documents import Document, iso_date, web_url
from index.formats import read_document
from index.markdown import front_matter, plain
from index.records import ArticlesError

SENTENCE = "네이버는 홍콩과학기술대학교와 손잡고 인공지능 연구소를 개소했고 아시아 국가 곳곳에 연구 기지를 구축했다."
LIMIT = 1_000_000


def read(text: str, suffix: str = ".md", encoding: str = "utf-8") -> Document:
    return read_document(text.encode(encoding), suffix, LIMIT)


def refused(text: str, suffix: str, limit: int = LIMIT) -> str:
    with pytest.raises(ArticlesError) as caught:
        read_document(text.encode(), suffix, limit)
    return str(caught.value)


@pytest.mark.parametrize("suffix", [".txt", ".md", ".MARKDOWN"])
def test_front_matter_describes_the_article(suffix: str) -> None:
    """Title, date, address and language are read from the YAML block, which is not part of the text."""
    head = "---\ntitle: '네이버, 베트남으로'\nDate: 2021-11-01 09:00:00+09:00\nurl: https://a.kr/1\nlang: ko-KR\n---\n"
    assert read(head + SENTENCE, suffix) == Document(
        text=SENTENCE, title="네이버, 베트남으로", date="2021-11-01", url="https://a.kr/1", lang="ko"
    )


def test_a_headline_that_is_not_valid_yaml_is_read_all_the_same() -> None:
    """Brackets and colons in an unquoted title break YAML, but the fields are plain to see."""
    document = read(f"---\ntitle: [단독] 네이버: 'AI 벨트'\ndate: 2021.11.01\ntags: [a, b\n---\n{SENTENCE}")
    assert (document.title, document.date, document.text) == ("[단독] 네이버: 'AI 벨트'", "2021-11-01", SENTENCE)


@pytest.mark.parametrize("lang", ["no", "NO", '"no"'])
def test_norwegian_is_not_false(lang: str) -> None:
    """`lang: no` is a language, not the YAML word for false."""
    assert read(f"---\nlang: {lang}\n---\nHei på deg").lang == "no"


def test_a_title_in_brackets_is_text() -> None:
    """What YAML would read as a list stays as it was written."""
    assert read(f"---\ntitle: [단독]\n---\n{SENTENCE}").title == "[단독]"


@pytest.mark.parametrize(
    "text",
    [
        "---\n\n두 줄 사이의 글\n\n---\n\n뒤의 글",
        "---\ntitle: 닫히지 않은 머리\n\n본문",
        "---\n- 목록\n---\n본문",
        "--- 줄표로 시작하는 글",
    ],
)
def test_text_between_rules_is_not_lost(text: str) -> None:
    """A block without fields is no front matter: it stays in the text."""
    assert front_matter(text) == ({}, text)


@pytest.mark.parametrize(
    ("written", "date"),
    [
        ("2021-11-01", "2021-11-01"),
        ("2021-11-01T23:00:00Z", "2021-11-01"),
        ("2021.11.1.", "2021-11-01"),
        ("2021/11/01", "2021-11-01"),
        ("2021년 11월 1일", "2021-11-01"),
        ("20211101093000", "2021-11-01"),
        ("2021-13-01", ""),
        ("2021-02-30", ""),
        ("2021-11-012", ""),
        ("2021", ""),
        ("어제", ""),
        ("01/11/2021", ""),
        ("", ""),
    ],
)
def test_dates(written: str, date: str) -> None:
    """A date that starts with its year is understood, anything else is no date."""
    assert iso_date(written) == date


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "file:///etc/passwd", "a.kr/1", "https://", "http://[", "https://a b"]
)
def test_only_web_addresses_are_kept(url: str) -> None:
    """An address that is not http or https is dropped."""
    assert web_url(url) == ""
    assert web_url(" https://a.kr/뉴스?id=1 ") == "https://a.kr/뉴스?id=1"


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("**네이버**는 *두* __곳 을__ _세웠다_.", "네이버는 두 곳 을 세웠다."),
        ("2*3*4, 2**3**4, snake_case_name", "2*3*4, 2**3**4, snake_case_name"),
        ('[네이버](https://naver.com "N")와 [위키](https://ko.wikipedia.org/wiki/A_(b))', "네이버와 위키"),
        ("[단독](서울=연합뉴스) [그림 1]", "[단독](서울=연합뉴스) [그림 1]"),
        ("[![로고](a.png)](https://a.kr)![](b.png)끝", "로고끝"),
        ("[글][1]과 [글][]\n\n[1]: https://a.kr 'A'\n[글]: <https://b.kr>\n\n[^1]: 각주", "글과 글\n\n\n[^1]: 각주"),
        ("<https://a.kr> <b>굵게</b>", "https://a.kr <b>굵게</b>"),
        ("앞<!-- 숨은\n글 -->뒤 <!-- 닫히지 않음", "앞뒤 <!-- 닫히지 않음"),
        ("제목\n====\n부제\n---\n## 닫힌 제목 ##\n\n***", "# 제목\n## 부제\n## 닫힌 제목\n\n"),
        ("`**kwargs`는 **`code`** 안에", "**kwargs는 code 안에"),
        ("\\*별\\* &amp; &lt;script&gt; &nosuch;", "*별* & <script> &nosuch;"),
        ("```\n**그대로** [a](b.c)\n```\n**밖**", "```\n**그대로** [a](b.c)\n```\n밖"),
        ("- 목록\n1. 차례\n> 인용\n| 표 | 칸 |\n|---|---|", "- 목록\n1. 차례\n> 인용\n| 표 | 칸 |\n|---|---|"),
    ],
)
def test_markdown_is_read_as_it_is_seen(markdown: str, text: str) -> None:
    """Marks and targets go, words and structure stay."""
    assert plain(markdown) == text


@pytest.mark.parametrize(
    "unit", ["[", "**a ", "`a ``b ", "<!--", "_a ", "[a](b", "[[x]", "a\n=", "```\n", "\\", "# #a "]
)
def test_hostile_markdown_is_read_in_good_time(unit: str) -> None:
    """No run of open marks makes reading quadratic."""
    started = time.perf_counter()
    plain(unit * (100_000 // len(unit)))
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    ("text", "suffix", "title"),
    [
        (f"본문이 먼저\n\n## 첫 제목\n\n{SENTENCE}", ".md", "첫 제목"),
        (f"```\n# comment\n```\n\n# **진짜** 제목\n\n{SENTENCE}", ".md", "진짜 제목"),
        (f"네이버, 베트남으로\n이영아 기자\n{SENTENCE}", ".txt", "네이버, 베트남으로"),
        (f"네이버가 뭔가요?\n\n{SENTENCE}", ".md", "네이버가 뭔가요?"),
        (f"{SENTENCE}\n짧은 줄", ".txt", ""),
        (f"문장으로 시작한다.\n{SENTENCE}", ".txt", ""),
        (f"- 목록\n- {SENTENCE}", ".txt", ""),
    ],
)
def test_a_title_is_found_in_the_text(text: str, suffix: str, title: str) -> None:
    """The first heading, or a first line that looks like a headline, is the title; it stays in the text."""
    document = read(text, suffix)
    assert document.title == title
    assert title.split() == [word for word in document.text.split() if word in title.split()][: len(title.split())]


PAGE = f"""<!DOCTYPE html><html lang="en"><head><meta charset="{{charset}}"><title>네이버 AI 벨트 - 신문</title>
<meta property="og:title" content="네이버 AI 벨트"><link rel="canonical" href="https://a.kr/1">
<meta property="article:published_time" content="2021-11-01T09:00:00+09:00"><script>var 비밀 = 1;</script></head><body>
<nav><a href="/">첫 화면</a><a href="/p">정치면</a></nav><header>신문 로고</header><article><h2>유럽 진출</h2>
<p>{SENTENCE}</p><p>이는\n   <b>굵은</b> 글이다.</p><blockquote>따온\n 말이다.</blockquote>
<ul><li>첫째</li><li>둘째</li></ul><table><tr><td>베트남</td><td>PTIT</td></tr></table></article>
<footer>무단 전재 금지</footer></body></html>"""


@pytest.mark.parametrize(
    ("encoding", "charset"),
    [("utf-8", "utf-8"), ("euc-kr", "euc-kr"), ("cp949", "utf-8"), ("utf-8", "euc-kr"), ("utf-16", "utf-8")],
)
def test_a_web_page_is_read_without_its_frame(encoding: str, charset: str) -> None:
    """Only the article is kept, whatever encoding the page claims to be in."""
    document = read(PAGE.format(charset=charset), ".html", encoding)
    assert document == Document(
        text=f"## 유럽 진출\n\n{SENTENCE}\n\n이는 굵은 글이다.\n\n따온 말이다.\n\n- 첫째\n- 둘째\n\n베트남 | PTIT",
        title="네이버 AI 벨트",
        date="2021-11-01",
        url="https://a.kr/1",
        lang="ko",
    )


def test_the_frame_of_a_page_with_a_short_article_is_left_out() -> None:
    """Korean says much in few letters: a brief of one sentence is an article, not a reason to take the whole page."""
    page = f"<nav><a href='/'>첫 화면</a></nav><header>로고</header><p>{SENTENCE}</p><footer>무단 전재 금지</footer>"
    assert read(f"<html><body>{page}</body></html>", ".html").text == SENTENCE


def test_the_encoding_in_an_xml_declaration_is_not_believed() -> None:
    """XHTML saved in another encoding than it says is read right."""
    page = f'<?xml version="1.0" encoding="euc-kr"?>{PAGE.format(charset="euc-kr")}'
    assert SENTENCE in read(page, ".htm").text


@pytest.mark.parametrize(
    ("head", "date"),
    [
        (
            '<script type="application/ld+json">[{"@graph": [{"datePublished": "2021-11-01T09:00"}]}]</script>',
            "2021-11-01",
        ),
        ('<script type="application/ld+json">{"broken": </script>', ""),
        ('<meta name="date" content="soon"><meta name="pubdate" content="20211101">', "2021-11-01"),
        ('<meta property="og:image" content="https://a.kr/2020/05/05/a.jpg">', ""),
        ("", ""),
    ],
)
def test_only_a_declared_date_is_a_date(head: str, date: str) -> None:
    """A date in an image's address or in the text is not when the article appeared."""
    page = f"<html><head>{head}</head><body><article><p>2019년 3월 2일 {SENTENCE}</p></article></body></html>"
    assert read(page, ".html").date == date


def test_a_fragment_of_a_page_is_read() -> None:
    """A page need not be whole."""
    assert read(f"<p>{SENTENCE}</p>", ".html").text == SENTENCE


@pytest.mark.parametrize(
    "page",
    [
        "<html><body><script>alert(1)</script></body></html>",
        "<html><body>" + "<div>" * 5000 + "x" + "</div>" * 5000,
        "<svg onload=alert(1)>" * 100,
    ],
)
def test_a_page_without_an_article_is_refused(page: str) -> None:
    """Scripts, empty frames and hostile nesting hold no text, and say so."""
    assert refused(page, ".html") == "no article text found on the page"


def test_whatever_a_parser_raises_is_the_reason() -> None:
    """The error of a foreign parser becomes one line."""
    assert refused("<!-- -->", ".html") == "damaged .html file (ParserError: Document is empty)"


def test_hostile_yaml_is_read_line_by_line() -> None:
    """Nesting that no YAML reader survives costs nothing."""
    assert read(f"---\ntitle: 벨트\na: {'[' * 9000}\n---\n{SENTENCE}").title == "벨트"


def test_html_in_a_text_file_stays_text() -> None:
    """Tags in .txt and .md are shown, not obeyed."""
    for suffix in (".txt", ".md"):
        assert read("<script>alert(1)</script> 글", suffix).text == "<script>alert(1)</script> 글"


@pytest.mark.parametrize("text", ["", " \n\u200b\n", "---\ntitle: 머리만\n---\n"])
@pytest.mark.parametrize("suffix", [".txt", ".md"])
def test_a_file_without_text_is_empty(text: str, suffix: str) -> None:
    """White space, invisible characters or front matter alone make no article."""
    assert refused(text, suffix) == "empty"


def test_text_over_the_limit_is_refused() -> None:
    """The limit is named with the size that was found."""
    assert refused("가" * 2000, ".txt", 1000) == "its text has 2,000 characters, over the limit of 1,000"
