"""A server on loopback that speaks the protocol of a language model, and misbehaves as it is told to.

>>> from qa.llm import LLM
>>> with LLMServer() as server:
...     server.will(say({"claims": []}))
...     LLM(server.url, model="any").reply("system", "user", {})
'{"claims": []}'
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Behaviour = Callable[["Handler"], None]
"""Answers one request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request that came in: its path, its headers (names in lower case) and its body, None if it had none."""

    path: str
    headers: Mapping[str, str]
    body: Any


class LLMServer(ThreadingHTTPServer):
    """Listens on a free port of this machine until its `with` block ends."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/v1"
        self.models = ["toy-model"]
        self.asked: list[Asked] = []
        self.release = threading.Event()  # what `hang` waits for
        self._behaviours: list[Behaviour] = []
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})

    def will(self, *behaviours: Behaviour) -> None:
        """Answer the next requests so, one after the other; the last one then for good."""
        self._behaviours = list(behaviours)

    def next(self) -> Behaviour:
        return self._behaviours.pop(0) if len(self._behaviours) > 1 else self._behaviours[0]

    def __enter__(self) -> LLMServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.release.set()
        self.shutdown()
        self._thread.join()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients of these tests hang up in the middle."""


class Handler(BaseHTTPRequestHandler):
    """Reads a request and lets the server's next behaviour answer."""

    protocol_version = "HTTP/1.1"
    server: LLMServer

    def do_GET(self) -> None:
        self._remember(None)
        data = {"object": "list", "data": [{"id": name, "object": "model"} for name in self.server.models]}
        self.whole(200, "application/json", json.dumps(data))

    def do_POST(self) -> None:
        self._remember(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.server.next()(self)

    def _remember(self, body: Any) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.asked.append(Asked(path=self.path, headers=headers, body=body))

    def whole(self, status: int, kind: str, body: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def start_stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def event(self, data: str) -> None:
        body = f"data: {data}\n\n".encode()
        self.wfile.write(f"{len(body):x}\r\n".encode() + body + b"\r\n")

    def delta(self, finish: str | None = None, **delta: Any) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        self.event(json.dumps({"id": "1", "object": "chat.completion.chunk", "created": 0, "choices": [choice]}))

    def end_stream(self) -> None:
        self.event("[DONE]")
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_: object) -> None:
        """Print nothing."""


def claim(text: str, *quotes: str | tuple[int, str]) -> dict[str, Any]:
    """Return a claim with its quotations, from passage 1 where no number is given."""
    numbered = [(1, quote) if isinstance(quote, str) else quote for quote in quotes]
    return {"text": text, "quotes": [{"passage": number, "quote": quote} for number, quote in numbered]}


def say(reply: object, *, size: int = 7) -> Behaviour:
    """Stream `reply`, as JSON unless it is a string, in pieces of `size` characters."""
    text = reply if isinstance(reply, str) else json.dumps(reply, ensure_ascii=False)

    def behave(handler: Handler) -> None:
        handler.start_stream()
        for start in range(0, len(text), size):
            handler.delta(content=text[start : start + size])
        handler.delta(finish="stop")
        handler.end_stream()

    return behave


def claims(*said: dict[str, Any]) -> Behaviour:
    """Stream an answer with these claims."""
    return say({"claims": list(said)})


def fail(status: int) -> Behaviour:
    """Answer with an error."""
    return lambda handler: handler.whole(status, "application/json", json.dumps({"error": {"message": "no"}}))


def hang(handler: Handler) -> None:
    """Answer nothing until the test is over."""
    handler.server.release.wait(120)


def stall(handler: Handler) -> None:
    """Begin an answer and never go on."""
    handler.start_stream()
    handler.delta(content='{"claims": [')
    hang(handler)


def drip(handler: Handler) -> None:
    """Send a letter now and then, for ever."""
    handler.start_stream()
    while not handler.server.release.wait(0.05):
        handler.delta(content=" ")


def cut_off(handler: Handler) -> None:
    """Hang up in the middle of an answer."""
    handler.start_stream()
    handler.delta(content='{"claims": [{"text": "')
    handler.close_connection = True


def refuse(handler: Handler) -> None:
    """Refuse as the protocol has it."""
    handler.start_stream()
    handler.delta(refusal="I'm sorry, I cannot help with that.")
    handler.delta(finish="stop")
    handler.end_stream()


def filter_content(handler: Handler) -> None:
    """Stop because of a filter."""
    handler.start_stream()
    handler.delta(finish="content_filter")
    handler.end_stream()


def events(data: Sequence[str]) -> Behaviour:
    """Stream these events, whatever they are."""

    def behave(handler: Handler) -> None:
        handler.start_stream()
        for one in data:
            handler.event(one)
        handler.end_stream()

    return behave


def page(handler: Handler) -> None:
    """Answer with a web page, as a wrong address does."""
    handler.whole(200, "text/html", "<html><body>Welcome!</body></html>")
