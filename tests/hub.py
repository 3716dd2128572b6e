"""A Hugging Face hub on loopback: as much of its protocol as a model is downloaded with, out of folders.

huggingface_hub reads its address and the place of the cache when it is imported, so it is a child that asks: see
`Hub.environment`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self
from urllib.parse import unquote, urlsplit

_ASKED = re.compile(
    r"(/api/models)?/(?P<name>.+?)(/(?P<kind>revision|tree|resolve)/(?P<revision>[^/]+)(/(?P<place>.+))?)?"
)
_LIBRARIES = ("HF_", "HUGGINGFACE_", "TRANSFORMERS_", "SENTENCE_TRANSFORMERS_")


class Hub:
    """Models by their names, each a folder, at one commit. It answers within `with`."""

    def __init__(self) -> None:
        self.models: dict[str, Path] = {}
        self.broken: dict[str, bool] = {}
        """Files that break off, and whether they did: half of one is sent, once, and then no more of it."""
        self.requests: list[str] = []
        """What was asked, in order: "HEAD /maker/model/resolve/main/config.json"."""
        self._port = 0  # any that is free, and from then on the same

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), type("Handler", (_Handler,), {"hub": self}))
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Refuse connections meanwhile."""
        self.__exit__()
        try:
            yield
        finally:
            self.__enter__()

    def environment(self, home: Path) -> dict[str, str]:
        """Return the variables for a child that asks this hub and caches in `home`, whatever is set here."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(_LIBRARIES)}
        return {**kept, "HF_ENDPOINT": f"http://127.0.0.1:{self._port}", "HF_HOME": str(home)}

    def sent(self) -> list[str]:
        """Return the files that were sent since the last call, as far as they were, and forget all requests."""
        files = [request.partition("/resolve/")[2] for request in self.requests if request.startswith("GET ")]
        self.requests.clear()
        return [file.partition("/")[2] for file in files if file]


class _Handler(BaseHTTPRequestHandler):
    hub: Hub

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.requests.append(f"{self.command} {path}")
        asked = _ASKED.fullmatch(path)
        if asked is None or asked["name"] not in self.hub.models:
            return self._send(HTTPStatus.NOT_FOUND, {"X-Error-Code": "RepoNotFound"})
        folder, commit = self.hub.models[asked["name"]], hashlib.sha1(asked["name"].encode()).hexdigest()
        if asked["revision"] not in (None, "main", commit):
            return self._send(HTTPStatus.NOT_FOUND, {"X-Error-Code": "RevisionNotFound"})
        if asked["kind"] == "resolve":
            return self._send_file(folder, asked["place"], commit)
        if asked["kind"] == "tree":
            record: object = [_entry(path, folder) for path in sorted((folder / (asked["place"] or "")).glob("*"))]
        else:
            record = {"id": asked["name"], "sha": commit}
        return self._send(HTTPStatus.OK, {"Content-Type": "application/json"}, json.dumps(record).encode())

    do_HEAD = do_GET  # noqa: N815

    def _send_file(self, folder: Path, file: str, commit: str) -> None:
        """Send all of it, also where a range is asked for, which HTTP leaves to the server."""
        headers = {"X-Repo-Commit": commit}
        if not (folder / file).is_file():
            return self._send(HTTPStatus.NOT_FOUND, {**headers, "X-Error-Code": "EntryNotFound"})
        body = (folder / file).read_bytes()
        headers["ETag"] = f'"{hashlib.sha1(body).hexdigest()}"'
        if self.command == "HEAD" or file not in self.hub.broken:
            return self._send(HTTPStatus.OK, headers, body)
        if self.hub.broken[file]:
            return self._send(HTTPStatus.SERVICE_UNAVAILABLE, headers)
        self.hub.broken[file] = True
        return self._send(HTTPStatus.OK, headers, body, sent=len(body) // 2)

    def _send(self, status: HTTPStatus, headers: dict[str, str], body: bytes = b"", *, sent: int | None = None) -> None:
        """Send `body`, or of what is announced only the first `sent` bytes."""
        self.send_response(status)
        for key, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body[:sent])

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def _entry(path: Path, folder: Path) -> dict[str, object]:
    place = path.relative_to(folder).as_posix()
    if path.is_dir():
        return {"type": "directory", "path": place, "oid": ""}
    return {"type": "file", "path": place, "oid": "", "size": path.stat().st_size}
