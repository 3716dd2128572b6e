"""Who is let in, under which name, and where the page says it is."""

from __future__ import annotations

import asyncio

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message

from index.records import ArticleQAError
from qa.serving import Guard, address, listen


def status_for(host_header: str, *, host: str = "127.0.0.1") -> int:
    """Send one request through a guard that was started with `host`, and return the status of the response."""
    events: list[Message] = []

    async def send(event: Message) -> None:
        events.append(event)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"host", host_header.encode())]}
    asyncio.run(Guard(PlainTextResponse("hello"), host=host)(scope, receive, send))
    assert (b"content-security-policy") in dict(events[0]["headers"])
    return int(events[0]["status"])


@pytest.mark.parametrize("name", ["127.0.0.1:7860", "localhost:7860", "LOCALHOST", "[::1]:7860"])
def test_the_names_of_this_machine_are_let_in(name: str) -> None:
    """A page on this machine answers under each of the machine's own names."""
    assert status_for(name) == 200


@pytest.mark.parametrize(
    "name",
    ["evil.example", "evil.example:7860", "127.0.0.1.evil.example", "evil@127.0.0.1", "10.0.0.1", "[::2]", "", "a b"],
)
def test_foreign_names_are_refused(name: str) -> None:
    """A name that someone else could point at this machine gets nothing."""
    assert status_for(name) == 400


def test_the_host_that_was_given_is_let_in() -> None:
    """--host adds its own name; on all addresses, any address is right but no name is."""
    assert status_for("desk.lan:80", host="desk.lan") == 200
    assert status_for("10.0.0.1:7860", host="0.0.0.0") == 200
    assert status_for("[fe80::1]", host="::") == 200
    assert status_for("evil.example", host="0.0.0.0") == 400


def test_an_address_in_use_is_an_error_with_a_remedy() -> None:
    """A second server on the port is told what it found and what to do."""
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        assert address(first) == f"http://127.0.0.1:{port}"
        with pytest.raises(
            ArticleQAError, match=rf"port {port} cannot be listened on \(address already in use\). .*--port"
        ):
            listen("127.0.0.1", port)


def test_a_host_that_is_not_this_machine_is_an_error() -> None:
    """An address of another machine cannot be listened on."""
    with pytest.raises(ArticleQAError, match=r"The address 192\.0\.2\.1 port 0 cannot be listened on"):
        listen("192.0.2.1", 0)


def test_all_addresses_are_shown_as_this_machine() -> None:
    """What is printed can be opened in a browser."""
    with listen("0.0.0.0", 0) as listener:
        assert address(listener).startswith("http://127.0.0.1:")
