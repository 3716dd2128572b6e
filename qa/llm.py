"""A language model behind an OpenAI-compatible address (Ollama, vLLM, llama.cpp, …): messages -> its reply, in pieces.

Knows nothing of articles and believes nothing: whoever asks checks the reply (`qa.generate`, `qa.followup`). Whatever
goes wrong on the way is a `ReplyError` with its reason. Nothing is tried twice: there is an extractive
answer to fall back to.
"""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from index.records import LLMError
from qa.records import Note

if TYPE_CHECKING:
    from openai import OpenAI, Stream, Timeout
    from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam

URL_VARIABLE = "ARTICLE_QA_LLM_URL"
MODEL_VARIABLE = "ARTICLE_QA_LLM_MODEL"
KEY_VARIABLE = "ARTICLE_QA_LLM_KEY"
TIMEOUT_VARIABLE = "ARTICLE_QA_LLM_TIMEOUT"
TIMEOUT = 120.0  # seconds; a model on a laptop's CPU reads some passages for a minute before its first word

_CONNECT_TIMEOUT = 5.0  # seconds
_LONGEST_REPLY = 20_000  # characters; a model that repeats itself would go on for ever
_THOUGHTS = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_STATUS: Mapping[int, Note] = {
    401: "llm_unauthorized",
    403: "llm_unauthorized",
    404: "llm_not_found",
    408: "llm_timeout",
    429: "llm_rate_limited",
    504: "llm_timeout",
}


class ReplyError(Exception):
    """The model gave no reply that can be used; `note` says why."""

    def __init__(self, note: Note) -> None:
        super().__init__(note)
        self.note = note


class LLM:
    """A model at an address. Safe to use from many threads."""

    def __init__(self, url: str, *, model: str = "", key: str = "", timeout: float = TIMEOUT) -> None:
        """Prepare to ask `model`, or the only one there is, at the base address `url` ("http://localhost:11434/v1").

        `timeout` is in seconds, for a whole reply. Raises LLMError if `url` is no address of the web or the client
        library is not installed.
        """
        try:
            import openai
        except ImportError as error:
            raise LLMError(
                "The package openai is not installed. Expected it where a language model is asked. "
                "Run: pip install -c constraints.txt -e '.[llm]', or leave --llm out."
            ) from error
        if not _is_web(url):
            raise LLMError(
                f"{url!r} is not an address. Expected one like http://localhost:11434/v1. "
                f"Write it so after --llm or in {URL_VARIABLE}."
            )
        self.url = url
        self._model = model
        self._lock = threading.Lock()
        self._timeout = timeout
        # All of this is set, or the client sends what variables named OPENAI_… hold for another server to this one.
        key = key or "none"
        self._client: OpenAI = openai.OpenAI(
            base_url=url,
            api_key=key,
            default_headers={"Authorization": f"Bearer {key}"},
            timeout=_patience(timeout),
            max_retries=0,
        )
        self._client.organization = self._client.project = None

    def stream(
        self, system: str, user: str, schema: Mapping[str, Any], *, timeout: float = float("inf")
    ) -> Iterator[str]:
        """Yield the reply to two messages in pieces as they come; it should be JSON of `schema`, but may be anything.

        `timeout` is in seconds, for a reply that is worth less time than others. Raises ReplyError, also after some
        pieces; LLMError if no model was named and there is not exactly one.
        """
        messages: list[ChatCompletionMessageParam] = [
            {"role": "system", "content": system},
            {"role": "user", "content": user},
        ]
        seconds = min(timeout, self._timeout)
        deadline = time.monotonic() + seconds
        length = 0
        with _failures(), self._open(messages, schema, seconds) as chunks:
            for chunk in chunks:
                if time.monotonic() > deadline:
                    raise ReplyError("llm_timeout")
                for piece in _pieces(chunk):
                    length += len(piece)
                    yield piece
                if length > _LONGEST_REPLY:
                    raise ReplyError("llm_bad_reply")
        if not length:
            raise ReplyError("llm_empty")

    def reply(self, system: str, user: str, schema: Mapping[str, Any], *, timeout: float = float("inf")) -> str:
        """Return the whole reply. Raises as `stream` does."""
        return "".join(self.stream(system, user, schema, timeout=timeout))

    def _open(
        self, messages: Sequence[ChatCompletionMessageParam], schema: Mapping[str, Any], seconds: float
    ) -> Stream[ChatCompletionChunk]:
        import openai

        create = self._client.chat.completions.create
        model = self._named_model()
        try:
            return create(
                model=model,
                messages=messages,
                stream=True,
                timeout=_patience(seconds),
                temperature=0,
                response_format={
                    "type": "json_schema",
                    "json_schema": {"name": "reply", "strict": True, "schema": dict(schema)},
                },
            )
        except (openai.BadRequestError, openai.UnprocessableEntityError):
            # Not every server knows schemas, not every model takes a temperature. The messages ask for JSON as well.
            return create(model=model, messages=messages, stream=True, timeout=_patience(seconds))

    def _named_model(self) -> str:
        with self._lock:
            if not self._model:
                names = [model.id for model in self._client.models.list()]
                if len(names) != 1:
                    listed = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
                    raise LLMError(
                        f"{self.url} has {len(names)} models{': ' if names else ''}{listed}. Expected the name of one. "
                        f"Give it with --llm-model or in {MODEL_VARIABLE}."
                    )
                self._model = names[0]
            return self._model


def llm_from(url: str | None = None, model: str | None = None) -> LLM | None:
    """Return the model at `url`, or at $ARTICLE_QA_LLM_URL; None if neither is set. Name, key and time from there too.

    Raises LLMError if what is set makes no sense.
    """
    url = url or os.environ.get(URL_VARIABLE)
    if not url:
        return None
    return LLM(
        url,
        model=model or os.environ.get(MODEL_VARIABLE, ""),
        key=os.environ.get(KEY_VARIABLE, ""),
        timeout=_seconds(os.environ.get(TIMEOUT_VARIABLE, "")),
    )


def json_object(reply: str) -> Any:
    """Return the JSON object in `reply`, without what a model likes to put around it; None if there is none."""
    written = _THOUGHTS.sub("", reply)
    try:
        return json.loads(written[written.index("{") : written.rindex("}") + 1], strict=False)
    except (ValueError, RecursionError):
        return None


def partial_object(reply: str) -> Any:
    """Return as much of the JSON object in `reply` as is there yet; None if there is none."""
    import jiter

    written = _THOUGHTS.sub("", reply)
    try:
        return jiter.from_json(written[written.index("{") :].encode(), partial_mode="trailing-strings")
    except ValueError:  # half a surrogate pair, too
        return None


@contextmanager
def _failures() -> Iterator[None]:
    """Turn whatever the client raises into a ReplyError."""
    import openai

    try:
        yield
    except openai.APITimeoutError as error:
        raise ReplyError("llm_timeout") from error
    except openai.APIConnectionError as error:
        raise ReplyError("llm_unreachable") from error
    except openai.APIStatusError as error:
        raise ReplyError(_STATUS.get(error.status_code, "llm_error")) from error
    except openai.APIResponseValidationError as error:
        raise ReplyError("llm_bad_reply") from error
    except openai.OpenAIError as error:  # an error that the server reports in the middle of a stream
        raise ReplyError("llm_error") from error
    except ValueError as error:  # a line of the stream that is no JSON
        raise ReplyError("llm_bad_reply") from error


def _pieces(chunk: object) -> Iterator[str]:
    """Yield the text of a chunk, whatever else a server puts there; the client checks no types."""
    choices = getattr(chunk, "choices", None)
    for choice in choices if isinstance(choices, list) else ():
        delta = getattr(choice, "delta", None)
        if getattr(choice, "finish_reason", None) == "content_filter" or getattr(delta, "refusal", None):
            raise ReplyError("llm_refused")
        content = getattr(delta, "content", None)
        if isinstance(content, str) and content:
            yield content


def _patience(seconds: float) -> Timeout:
    """Return how long to wait for each thing on the way; a server is there at once or not at all."""
    import openai

    return openai.Timeout(seconds, connect=min(seconds, _CONNECT_TIMEOUT))


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _seconds(written: str) -> float:
    try:
        seconds = float(written or TIMEOUT)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise LLMError(f"{TIMEOUT_VARIABLE} is {written!r}. Expected seconds, like 60. Write it so, or leave it unset.")
    return seconds
