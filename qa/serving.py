"""A web application on this machine only: listen, let nobody else in, and end when told to.

Knows nothing of what it serves.
"""

from __future__ import annotations

import ipaddress
import logging
import os
import re
import signal
import socket
import sys
from types import FrameType
from typing import NoReturn

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from index.records import ArticleQAError

_HEADERS = {
    # Gradio's page needs inline scripts and `Function`; what this does stop is any request to another host.
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
        "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^:/@\[\]]+)(?::\d+)?")
_ALL_ADDRESSES = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""To listen on all addresses, and the one of them that surely is this machine."""

_GOODBYE = 2  # seconds that connections get to end when the server is stopped; an open page never ends its own


class Guard:
    """ASGI middleware: a page on this machine answers under this machine's names, and no other site can borrow it.

    A foreign site could else give its name our address (DNS rebinding) and read the articles through the browser.
    """

    def __init__(self, app: ASGIApp, *, host: str) -> None:
        """Guard `app`, which listens on `host`: that name and the names of the machine itself are let through."""
        self._app = app
        self._names = {"localhost", "127.0.0.1", "[::1]", f"[{host}]" if ":" in host else host.lower()}
        self._any_address = host in _ALL_ADDRESSES  # reached by any address then; rebinding needs a name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it with status 400."""

        async def send_guarded(event: Message) -> None:
            if event["type"] == "http.response.start":
                MutableHeaders(scope=event).update(_HEADERS)
            await send(event)

        if scope["type"] == "lifespan" or self._is_ours(Headers(scope=scope).get("host", "")):
            await self._app(scope, receive, send_guarded)
        else:
            refusal = PlainTextResponse("This page answers only under the name it was started with.\n", 400)
            await refusal(scope, receive, send_guarded)

    def _is_ours(self, header: str) -> bool:
        match = _HOST.fullmatch(header.lower())
        if match is None:
            return False
        return match[1] in self._names or (self._any_address and _is_address(match[1]))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def listen(host: str, port: int) -> socket.socket:
    """Take the address `host` and `port`; whoever connects waits until `serve`. Port 0 takes a free one.

    Raises ArticleQAError if it cannot be had.
    """
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (while ")[0].lower()
        raise ArticleQAError(
            f"The address {host} port {port} cannot be listened on ({reason}). "
            "Expected an address of this machine and a free port. Stop the other program, or name another with --port."
        ) from error


def address(listener: socket.socket) -> str:
    """Return the address to open in a browser."""
    host, port = listener.getsockname()[:2]
    host = _ALL_ADDRESSES.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(site: ASGIApp, listener: socket.socket) -> NoReturn:
    """Serve `site` until SIGINT or SIGTERM, and end the process with exit code 0."""
    import uvicorn

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # a request cut off now is no error
            super().handle_exit(sig, frame)

    config = uvicorn.Config(site, log_level="warning", server_header=False, timeout_graceful_shutdown=_GOODBYE)
    Server(config).run(sockets=[listener])
    _leave()


def _leave(*_: object) -> NoReturn:
    """End the process. uvicorn raises the signal again when connections are closed and the site has been shut down.

    Not by an exception: the interpreter would wait for the thread of a rebuild, which may take an hour and is safe to
    kill at any moment.
    """
    sys.stdout.flush()
    os._exit(0)
