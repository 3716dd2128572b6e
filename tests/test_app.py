"""The page as a reader meets it: the real program, started as a process, in a real browser.

One server and one browser for all of it. Where Chromium is missing the tests that need it are skipped, unless
ARTICLE_QA_REQUIRE_BROWSER=1 says that it has to be there.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from toy import write_articles

from index.store import building, open_index

ROOT = Path(__file__).parent.parent
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
REQUIRED = os.environ.get("ARTICLE_QA_REQUIRE_BROWSER") == "1"
START_SECONDS = 90  # the first start loads torch and embeds; a busy machine takes its time

HOSTILE = (
    '<img src=x onerror="window.hacked=1"><script>window.hacked=2</script>'
    "${window.hacked=3}{{constructor.constructor('window.hacked=4')()}}"
)
ARTICLES: dict[str, str | bytes] = {
    "vietnam.md": (
        "---\ntitle: 네이버의 베트남 연구소\ndate: 2021-11-01\nurl: https://news.example/1?a=1&b=2\nlang: ko\n---\n"
        "네이버가 베트남에 연구소를 잇달아 세웠다. 첫 연구소는 하노이과학기술대학에 있다. "
        "네이버의 두 번째 베트남 연구소는 우정통신대학에 있다. 연구 주제는 이미지 인식이다.\n"
    ),
    "river.md": (
        "---\ntitle: The old ferry\ndate: 1999-05-04\nlang: en\n---\n"
        "The ferry crosses the Danube near Vienna. The captain of the ferry is Maria Huber. "
        "A ticket costs three euros.\n"
    ),
    "hostile.md": (
        f"---\ntitle: '{HOSTILE.replace(chr(39), chr(39) * 2)}'\nurl: 'javascript:window.hacked=5'\nlang: en\n---\n"
        f"The lighthouse keeper is called {HOSTILE} Smith. He lives on the island of Sark.\n"
    ),
    "photo.png": b"\x89PNG\r\n\x1a\n\x00",
}


@dataclass(frozen=True)
class Server:
    """A running page: its process, what it printed, where it is, and the folders it works in."""

    process: subprocess.Popen[str]
    printed: str
    url: str
    articles: Path
    store: Path
    home: Path


def start(articles: Path, store: Path, home: Path, port: int = 0) -> Server:
    """Start `python app.py` with homes of its own, so that whatever it writes elsewhere is found out."""
    for folder in (home / "home", home / "tmp"):
        folder.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "HOME": str(home / "home"), "TMPDIR": str(home / "tmp")}
    with (home / "stderr").open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "app.py", "--articles", articles, "--store", store, "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert process.stdout is not None
    timer = threading.Timer(START_SECONDS, process.kill)
    timer.start()
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("http://"):
            timer.cancel()
            return Server(process, "".join(lines), line.strip(), articles, store, home)
    timer.cancel()
    process.stdout.close()
    raise AssertionError(f"app.py ended with {process.wait()}: {(home / 'stderr').read_text()}")


def stop(server: Server) -> int:
    """Ask the server to end and return its exit code."""
    server.process.terminate()
    try:
        return server.process.wait(timeout=15)
    finally:
        server.process.kill()
        server.process.wait()
        if server.process.stdout is not None:
            server.process.stdout.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a server over `ARTICLES`."""
    folder = tmp_path_factory.mktemp("app")
    running = start(write_articles(folder / "articles", ARTICLES), folder / "store", folder)
    yield running
    stop(running)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a headless Chromium."""
    if CHROMIUM is None and REQUIRED:
        pytest.fail("ARTICLE_QA_REQUIRE_BROWSER=1, but there is no Chromium: apt-get install chromium")
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here: apt-get install chromium fonts-noto-cjk")
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def requested() -> list[str]:
    """Return the addresses that the page of this test asked for."""
    return []


@pytest.fixture(params=["ko-KR"])
def page(request: pytest.FixtureRequest, server: Server, browser: Browser, requested: list[str]) -> Iterator[Page]:
    """Return the page, opened by a reader whose browser speaks Korean, or another language as parameter."""
    context = browser.new_context(locale=request.param)
    opened = context.new_page()
    opened.on("request", lambda sent: requested.append(sent.url))
    opened.goto(server.url)
    yield opened
    context.close()
    foreign = [url for url in requested if not url.startswith((server.url, "data:", "blob:"))]
    assert foreign == [], "the page asked another host for something"


def ask(page: Page, question: str) -> None:
    page.locator("#question textarea").fill(question)
    page.locator("#question textarea").press("Enter")


def get(url: str, **headers: str) -> tuple[int, dict[str, str], str]:
    """Return status, headers (names in lower case) and body."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20) as response:
            return response.status, {k.lower(): v for k, v in response.headers.items()}, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, {k.lower(): v for k, v in error.headers.items()}, error.read().decode()


def test_it_prints_its_address_and_is_healthy(server: Server) -> None:
    """The address is printed when it can be opened, after the report of the build with the reason of every skip."""
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", server.url)
    assert "added 3" in server.printed
    assert "photo.png: not a .txt, .md, .html or .pdf file" in server.printed
    status, _, body = get(f"{server.url}/healthz")
    assert (status, json.loads(body)) == (200, {"status": "ok"})


def test_it_keeps_the_browser_at_home(server: Server) -> None:
    """The page allows requests to itself alone, is in no frame, and answers under no foreign name."""
    _, headers, _ = get(server.url)
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "connect-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    port = server.url.rpartition(":")[2]
    assert get(server.url, Host=f"localhost:{port}")[0] == 200
    assert get(server.url, Host=f"evil.example:{port}")[0] == 400
    assert get(f"{server.url}/gradio_api/info", Host="evil.example")[0] == 400


def test_what_nobody_asked_for_is_off(server: Server) -> None:
    """No monitoring, no history of questions, no pages that load scripts from elsewhere."""
    for path in ("monitoring", "gradio_api/runs", "docs", "redoc", "openapi.json"):
        assert get(f"{server.url}/{path}")[0] in (403, 404), path


@pytest.mark.parametrize(
    ("page", "question", "sentence", "article_id", "title", "date", "label"),
    [
        (
            "ko-KR",
            "네이버의 두 번째 베트남 연구소는 어디에 있나요?",
            "네이버의 두 번째 베트남 연구소는 우정통신대학에 있다.",
            "vietnam.md",
            "네이버의 베트남 연구소",
            "2021-11-01",
            "질문",
        ),
        (
            "en-GB",
            "Who is the captain of the ferry?",
            "The captain of the ferry is Maria Huber.",
            "river.md",
            "The old ferry",
            "1999-05-04",
            "Question",
        ),
    ],
    indirect=["page"],
    ids=["ko", "en"],
)
def test_the_answer_stands_marked_in_its_passage(
    page: Page, server: Server, question: str, sentence: str, article_id: str, title: str, date: str, label: str
) -> None:
    """A question gets the sentence, marked in the words of its article, with a card that says where it stands."""
    expect(page.locator("#question")).to_contain_text(label)
    ask(page, question)
    expect(page.locator("#answer textarea")).to_have_value(sentence)
    expect(page.locator("#passage .highlighted .text").first).to_be_visible()
    assert "".join(page.locator("#passage .highlighted .text").all_text_contents()) == sentence
    article = open_index(server.store).articles[article_id]
    assert "".join(page.locator("#passage .text").all_text_contents()) in article.text
    card = page.locator("#citation li")
    expect(card).to_contain_text(title)
    expect(card).to_contain_text(date)
    place = re.search(rf"{article_id}\D*(\d+)–(\d+)", card.inner_text())
    assert place is not None
    assert article.text[int(place[1]) : int(place[2])] == sentence
    expect(page.locator("#citation .support")).to_have_text(re.compile(r"\d+%"))
    expect(page.locator("#notice")).not_to_be_visible()
    links = [link.get_attribute("href") for link in card.locator("a").all()]
    assert links == ([article.url] if article.url else [])


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("김치찌개는 어떻게 끓이나요?", "기사에는 이 질문의 답이 나와 있지 않습니다."),
        ("Which team won the football world cup?", "The articles do not say."),
    ],
    ids=["ko", "en"],
)
def test_an_abstention_is_said_plainly(page: Page, question: str, words: str) -> None:
    """Where the articles do not say, the page says that, cites nothing, and lists what was searched."""
    ask(page, question)
    expect(page.locator("#notice textarea")).to_have_value(words)
    expect(page.locator("#notice")).to_contain_text("답 없음")
    for part in ("#answer", "#passage", "#citation"):
        expect(page.locator(part)).not_to_be_visible()
    expect(page.locator("#searched")).to_contain_text("검색한 대목")
    expect(page.locator("#others")).not_to_be_visible()
    page.locator("#searched button").click()
    expect(page.locator("#others")).to_be_visible()


def test_an_answer_replaces_an_abstention(page: Page) -> None:
    """A reader asks on; what is shown belongs to the last question."""
    ask(page, "김치찌개는 어떻게 끓이나요?")
    expect(page.locator("#notice")).to_be_visible()
    page.get_by_text("네이버의 두 번째 베트남 연구소는 어디에 있나요?").click()  # an example
    expect(page.locator("#answer textarea")).to_have_value("네이버의 두 번째 베트남 연구소는 우정통신대학에 있다.")
    expect(page.locator("#notice")).not_to_be_visible()


def test_dates_that_were_applied_are_shown_and_taken_off(page: Page) -> None:
    """A question about news of a year says so beside its answer, and one click asks again without."""
    ask(page, "Who is the captain of the ferry, according to articles from 2021?")
    expect(page.locator("#dates textarea")).to_have_value(
        "Only articles from 2021-01-01 to 2021-12-31 (“articles from 2021”)"
    )
    expect(page.locator("#notice")).to_be_visible()
    page.locator("#question textarea").fill("What does a ticket cost?")  # typed, but not asked
    page.locator("#take_off").click()
    expect(page.locator("#answer textarea")).to_have_value("The captain of the ferry is Maria Huber.")
    expect(page.locator("#dates")).not_to_be_visible()


@pytest.mark.parametrize("question", ["", "  \n "])
def test_an_empty_question_gets_a_message(page: Page, question: str) -> None:
    """The Ask button without a question says what is missing, in the language of the browser."""
    page.locator("#question textarea").fill(question)
    page.locator("#ask").click()
    expect(page.locator("#notice textarea")).to_have_value("질문을 먼저 적어 주세요.")


def test_html_and_templates_are_shown_and_never_run(page: Page) -> None:
    """Code in a title, a body, a link or a question is text: it stands there letter by letter and nothing happens."""
    ask(page, "Who lives on the island of Sark?")
    expect(page.locator("#answer textarea")).to_have_value(re.compile("island of Sark"))
    assert HOSTILE in "".join(page.locator("#passage .text").all_text_contents())
    expect(page.locator("#citation strong")).to_have_text(HOSTILE)
    assert page.locator("#citation a").count() == 0
    ask(page, f"Who is called {HOSTILE}?")
    expect(page.locator("#answer textarea")).to_have_value(re.compile(re.escape(HOSTILE)))
    ask(page, "Which team won the football world cup?")
    expect(page.locator("#notice")).to_be_visible()
    page.locator("#searched button").click()
    expect(page.locator("#others li", has_text="lighthouse").first).to_contain_text(HOSTILE)
    page.wait_for_timeout(500)
    assert page.evaluate("window.hacked") is None
    assert page.locator("img[src='x']").count() == 0


def test_rebuilding_finds_a_new_article(page: Page, server: Server) -> None:
    """The button reads what was added, reports on it, and the next question is answered from it."""
    write_articles(server.articles, {"tower.md": "---\ntitle: 탑\nlang: ko\n---\n청석탑의 높이는 팔십 미터이다.\n"})
    page.locator("#rebuild").click()
    report = page.locator("#report textarea")
    expect(report).to_have_value(re.compile("색인을 새로 썼습니다"))
    lines = report.input_value().splitlines()
    assert lines[1] == "추가 1 · 변경 0 · 삭제 0 · 중복 0 · 건너뜀 1 · 그대로 3"
    assert "  tower.md" in lines
    assert any(line.startswith("  photo.png: ") for line in lines)
    ask(page, "청석탑의 높이는 얼마인가요?")
    expect(page.locator("#answer textarea")).to_have_value("청석탑의 높이는 팔십 미터이다.")


def test_a_store_that_is_being_built_is_a_message(page: Page, server: Server) -> None:
    """While another process builds, the button says so instead of failing."""
    with building(server.store):
        page.locator("#rebuild").click()
        expect(page.locator("#report textarea")).to_have_value(re.compile("is being built by another process"))


def test_the_page_asks_no_other_host(page: Page, requested: list[str]) -> None:
    """Fonts, scripts and all come from this machine. (The fixture `page` checks the same in every test here.)"""
    expect(page.locator("#report")).to_be_visible()  # the network is never idle: a page with a memory has a heartbeat
    assert len(requested) > 10


def test_the_api_answers_as_the_command_line_does(server: Server) -> None:
    """/gradio_api/call/ask takes a question and gives what `article-qa ask --json` prints."""

    def call(question: str) -> str:
        data = json.dumps({"data": [question]}).encode()
        request = urllib.request.Request(
            f"{server.url}/gradio_api/call/ask", data=data, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=20) as response:
            event = json.load(response)["event_id"]
        return get(f"{server.url}/gradio_api/call/ask/{event}")[2]

    stream = call("Who is the captain of the ferry?")
    answer: dict[str, Any] = json.loads(stream.partition("event: complete\ndata: ")[2])[0]
    assert answer["text"] == "The captain of the ferry is Maria Huber."
    assert answer["citations"][0]["article_id"] == "river.md"
    assert "The question is empty." in call("")


def test_a_second_start_embeds_nothing_and_ends_cleanly(server: Server, browser: Browser, tmp_path: Path) -> None:
    """Started again over the same store it keeps the index; SIGTERM ends it in seconds even while a page is open."""
    second = start(server.articles, server.store, tmp_path)
    try:
        assert "Nothing changed" in second.printed
        context = browser.new_context()
        context.new_page().goto(second.url)
        started = time.monotonic()
        code = stop(second)
        assert (code, (tmp_path / "stderr").read_text()) == (0, "")
        assert time.monotonic() - started < 8
        context.close()
    finally:
        second.process.kill()


def test_a_port_in_use_is_one_line(server: Server, tmp_path: Path) -> None:
    """A second server on the same port ends at once, with what to do about it."""
    port = server.url.rpartition(":")[2]
    child = subprocess.run(
        [sys.executable, "app.py", "--articles", server.articles, "--store", server.store, "--port", port],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (child.returncode, child.stdout) == (1, "")
    assert re.fullmatch(rf"article-qa: The address 127.0.0.1 port {port} cannot be .* --port\.\n", child.stderr)


def test_nothing_is_written_outside_the_store(server: Server) -> None:
    """Neither the home folder nor the folder for temporary files got anything from all of this."""
    assert [*(server.home / "home").rglob("*"), *(server.home / "tmp").rglob("*")] == []
    assert (server.home / "stderr").read_text() == ""
