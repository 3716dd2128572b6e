"""The page with a language model behind it, and a conversation on it, in a real browser."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from llm_server import Behaviour, Handler, LLMServer, claim, claims, fail
from playwright.sync_api import Browser, Page, expect
from test_app import browser as browser  # the fixture, which pytest finds by name
from toy import ToyEncoder

from app import create_app, create_site
from index.build import BuildReport, Progress
from qa.answering import Answerer
from qa.llm import LLM
from qa.serving import address, listen

SENTENCE = "The lab stands by the river."


@dataclass(frozen=True)
class Site:
    """Where the page is, and the server of the model that it asks."""

    url: str
    llm: LLMServer


def no_rebuild(progress: Progress) -> BuildReport:
    raise AssertionError("nothing here rebuilds")


@pytest.fixture
def site(store: Path, toy: ToyEncoder) -> Iterator[Site]:
    """Return a page over the toy articles, served from this process."""
    import uvicorn

    listener = listen("127.0.0.1", 0)
    with LLMServer() as llm:
        answerer = Answerer(store, encoder=toy, threshold=0.0, llm=LLM(llm.url, model="m"))
        page = create_app(answerer, no_rebuild)
        config = uvicorn.Config(create_site(page), log_level="warning", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield Site(url=address(listener), llm=llm)
        llm.release.set()
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture
def page(site: Site, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="ko-KR")
    opened = context.new_page()
    opened.goto(site.url, timeout=120_000)  # gradio wakes up in this process, which may be a busy one
    yield opened
    context.close()


def ask(page: Page, question: str) -> None:
    page.locator("#question textarea").fill(question)
    page.locator("#question textarea").press("Enter")


def pausing(text: str) -> Behaviour:
    """Say `text` and go on with nothing until the test says so; then close the reply without a proof."""

    def behave(handler: Handler) -> None:
        handler.start_stream()
        handler.delta(content=f'{{"claims": [{{"text": "{text}')
        handler.server.release.wait(120)
        handler.delta(content='", "quotes": []}]}')
        handler.end_stream()

    return behave


def test_a_conversation_with_a_language_model(page: Page, site: Site) -> None:
    """While the model writes, its words stand under a warning; then what is proved of them, or why nothing is."""
    answer, aside, draft = (page.locator(f"#{name} textarea") for name in ("answer", "aside", "draft"))
    site.llm.will(pausing("The lab is on the moon"))
    ask(page, "Where is the lab?")
    expect(draft).to_have_value("The lab is on the moon")
    expect(page.locator("#draft")).to_contain_text("아직 확인되지 않음")
    expect(answer).not_to_be_visible()
    site.llm.release.set()
    expect(aside).to_have_value(re.compile("do not prove what the language model said"))
    expect(draft).not_to_be_visible()
    assert "moon" not in answer.input_value()

    site.llm.will(claims(claim("The lab is by the river.", SENTENCE)))
    ask(page, "Where is the lab?")
    expect(answer).to_have_value("The lab is by the river.")
    expect(page.locator("#answer")).to_contain_text("언어 모델이 씀")
    expect(page.locator("#passage .highlighted .text")).to_have_text([SENTENCE])
    expect(aside).not_to_be_visible()

    site.llm.will(fail(429))
    ask(page, "And when did it open?")
    expect(aside).to_have_value(re.compile(r"Asked as: lab: And when did it open\?\n.*takes no more questions now"))
    expect(page.locator("#answer")).not_to_contain_text("언어 모델")

    site.llm.will(claims())
    ask(page, "Where is the bank?")
    expect(page.locator("#notice textarea")).to_have_value("The articles do not say.")
    expect(aside).not_to_be_visible()
