"""The client of a language model, against a real server on loopback that behaves as it should or not at all."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from llm_server import (
    Behaviour,
    LLMServer,
    cut_off,
    drip,
    events,
    fail,
    filter_content,
    hang,
    page,
    refuse,
    say,
    stall,
)

from index.records import LLMError
from qa.llm import LLM, ReplyError, json_object, llm_from, partial_object

ROOT = Path(__file__).parent.parent
SCHEMA = {"type": "object"}


@pytest.fixture
def server() -> Iterator[LLMServer]:
    with LLMServer() as server:
        yield server


def test_a_reply_comes_in_pieces(server: LLMServer) -> None:
    """The stream is consumed piece by piece, and joined it is what the model said."""
    server.will(say("가나다라 abc", size=3))
    pieces = list(LLM(server.url, model="m").stream("rules", "data", SCHEMA))
    assert pieces == ["가나다", "라 a", "bc"]
    asked = server.asked[-1]
    assert asked.path == "/v1/chat/completions"
    assert asked.body["model"] == "m"
    assert asked.body["stream"] is True
    assert asked.body["messages"] == [{"role": "system", "content": "rules"}, {"role": "user", "content": "data"}]
    assert asked.body["response_format"]["json_schema"]["schema"] == SCHEMA


def test_only_the_key_that_is_given_is_sent(server: LLMServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """What OPENAI_ variables hold is meant for another server."""
    for name in ("API_KEY", "ADMIN_KEY", "ORG_ID", "PROJECT_ID"):
        monkeypatch.setenv(f"OPENAI_{name}", "secret")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "Authorization: Bearer secret")
    server.will(say("{}"))
    LLM(server.url, model="m").reply("", "", SCHEMA)
    assert "secret" not in " ".join(server.asked[-1].headers.values())
    LLM(server.url, model="m", key="ours").reply("", "", SCHEMA)
    assert server.asked[-1].headers["authorization"] == "Bearer ours"


@pytest.mark.parametrize(
    ("behaviour", "note"),
    [
        (hang, "llm_timeout"),
        (stall, "llm_timeout"),
        (drip, "llm_timeout"),
        (cut_off, "llm_unreachable"),
        (refuse, "llm_refused"),
        (filter_content, "llm_refused"),
        (say(""), "llm_empty"),
        (page, "llm_empty"),
        (say("x" * 20_001, size=5000), "llm_bad_reply"),
        (events(["{nonsense"]), "llm_bad_reply"),
        (events(['{"hello": 1}', "[1]", '"text"', "null", '{"choices": [null, {"delta": null}]}']), "llm_empty"),
        (events(['{"error": {"message": "out of memory"}}']), "llm_error"),
        (fail(401), "llm_unauthorized"),
        (fail(404), "llm_not_found"),
        (fail(429), "llm_rate_limited"),
        (fail(500), "llm_error"),
        (fail(400), "llm_error"),
    ],
)
def test_whatever_goes_wrong_has_its_name(server: LLMServer, behaviour: Behaviour, note: str) -> None:
    """No exception of the client library gets out."""
    server.will(behaviour)
    timeout = 0.3 if note == "llm_timeout" else 30.0
    with pytest.raises(ReplyError) as caught:
        LLM(server.url, model="m", timeout=timeout).reply("", "", SCHEMA)
    assert caught.value.note == note


def test_a_reply_may_be_worth_less_time_than_others(server: LLMServer) -> None:
    """A model that may take long for an answer gets less for a line."""
    server.will(hang)
    with pytest.raises(ReplyError) as caught:
        LLM(server.url, model="m").reply("", "", SCHEMA, timeout=0.3)
    assert caught.value.note == "llm_timeout"


def test_a_server_that_is_not_there_has_its_name() -> None:
    """Connection refused."""
    with LLMServer() as server:
        url = server.url
    with pytest.raises(ReplyError) as caught:
        LLM(url, model="m").reply("", "", SCHEMA)
    assert caught.value.note == "llm_unreachable"


def test_a_server_that_knows_no_schema_is_asked_without(server: LLMServer) -> None:
    """Not every server takes `response_format`; the second request has none."""
    server.will(fail(400), say("{}"))
    assert LLM(server.url, model="m").reply("", "", SCHEMA) == "{}"
    assert ["response_format" in asked.body for asked in server.asked] == [True, False]


def test_the_only_model_needs_no_name(server: LLMServer) -> None:
    """It is looked up once."""
    server.will(say("{}"))
    llm = LLM(server.url)
    llm.reply("", "", SCHEMA)
    llm.reply("", "", SCHEMA)
    assert [asked.path.rpartition("/")[2] for asked in server.asked] == ["models", "completions", "completions"]
    assert server.asked[-1].body["model"] == "toy-model"


def test_one_of_many_models_has_to_be_named(server: LLMServer) -> None:
    """The error lists what there is and says how to name one."""
    server.models = ["a", "b"]
    with pytest.raises(LLMError, match=r"has 2 models: a, b\. Expected the name of one\. .*--llm-model"):
        LLM(server.url).reply("", "", SCHEMA)


@pytest.mark.parametrize("url", ["localhost:11434", "ftp://host/v1", "http://", "http://[", "http://host:99999999"])
def test_what_is_no_address_is_an_error(url: str) -> None:
    """found -> expected -> remedy, before anything is asked."""
    with pytest.raises(LLMError, match=r"is not an address\. Expected one like http://localhost:11434/v1\."):
        LLM(url)


def test_the_environment_sets_it_up(server: LLMServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Address, model and key; what is given as argument comes first; none without an address."""
    monkeypatch.delenv("ARTICLE_QA_LLM_URL", raising=False)
    assert llm_from() is None
    monkeypatch.setenv("ARTICLE_QA_LLM_URL", server.url)
    monkeypatch.setenv("ARTICLE_QA_LLM_MODEL", "theirs")
    monkeypatch.setenv("ARTICLE_QA_LLM_KEY", "k")
    server.will(say("{}"))
    for model, name in ((None, "theirs"), ("mine", "mine")):
        llm = llm_from(model=model)
        assert llm is not None
        llm.reply("", "", SCHEMA)
        assert server.asked[-1].body["model"] == name
        assert server.asked[-1].headers["authorization"] == "Bearer k"


@pytest.mark.parametrize("written", ["soon", "0", "-1", "nan", "inf"])
def test_a_time_that_is_none_is_an_error(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    """ARTICLE_QA_LLM_TIMEOUT is a number of seconds."""
    monkeypatch.setenv("ARTICLE_QA_LLM_TIMEOUT", written)
    with pytest.raises(LLMError, match=r"Expected seconds, like 60"):
        llm_from("http://127.0.0.1:1/v1")


def test_a_missing_client_is_an_error_that_names_the_remedy() -> None:
    """In an interpreter without the package openai."""
    code = "import sys; sys.modules['openai'] = None\nfrom qa.llm import LLM\nLLM('http://localhost/v1')"
    child = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "LLMError: The package openai is not installed." in child.stderr
    assert "pip install -c constraints.txt -e '.[llm]'" in child.stderr


@pytest.mark.parametrize(
    "reply",
    [
        '{"a": ["}"]}',
        'Sure!\n```json\n{"a": ["}"]}\n```\nI hope this helps.',
        '<think>{"a": [1]} or {"b"…</think>{"a": ["}"]}',
    ],
)
def test_json_is_found_in_what_is_put_around_it(reply: str) -> None:
    """Fences, courtesies and thoughts are left out."""
    assert json_object(reply) == {"a": ["}"]}


@pytest.mark.parametrize("reply", ["", "no", "}{", '{"a": ', "[1]", '{"a":' * 100_000 + "}"])
def test_what_is_no_json_is_none(reply: str) -> None:
    """Nothing is guessed."""
    assert json_object(reply) is None


def test_a_partial_reply_is_read_as_far_as_it_goes() -> None:
    """For every beginning of a reply, also in the middle of an escape."""
    reply = '```{"a": [{"b": "가\\n\\ud83d\\ude00c"}]}'
    states = [partial_object(reply[:end]) for end in range(len(reply) + 1)]
    assert states[0] is None
    assert {"a": [{"b": "가\n"}]} in states
    assert states[-1] == {"a": [{"b": "가\n😀c"}]}
