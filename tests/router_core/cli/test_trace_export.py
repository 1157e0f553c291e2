"""`trace export`: each format is read back by the programs that it is for, with nothing lost and no secret in it."""

import base64
import io
import json
import shlex
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from mitmproxy import http
from mitmproxy.io import FlowReader, tnetstring
from mitmproxy.test import tflow

from router_core.store.database import transaction
from router_core.store.traces import open_traces, write_body, write_trace
from router_core.trace import flow_file
from router_core.trace.record import BodyRecord, TraceRecord
from tests.router_core.cli.conftest import Cli
from tests.router_core.trace.make import NOW, attempt, body, finished

ASKED = b'{"model":"opus","messages":[{"role":"user","content":"h\xc3\xa4llo \\u2028"}]}'
ANSWER = b"event: message_start\ndata: {}\n\n"
BINARY = b"\xff\xfe\x00\x80"

_NAMED = {
    "type": "array",
    "items": {"type": "object", "required": ["name", "value"], "properties": {"name": {"type": "string"},
              "value": {"type": "string"}}},
}  # fmt: skip
_COUNT = {"type": "integer", "minimum": -1}
HAR_SCHEMA = {
    "type": "object", "required": ["log"], "properties": {"log": {
        "type": "object", "required": ["version", "creator", "entries"], "properties": {
            "version": {"const": "1.2"},
            "creator": {"type": "object", "required": ["name", "version"]},
            "entries": {"type": "array", "items": {
                "type": "object",
                "required": ["startedDateTime", "time", "request", "response", "cache", "timings"],
                "properties": {
                    "startedDateTime": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"},
                    "time": {"type": "number", "minimum": 0},
                    "cache": {"type": "object"},
                    "timings": {"type": "object", "required": ["send", "wait", "receive"], "additionalProperties": {
                        "type": "number", "minimum": 0}},
                    "request": {
                        "type": "object",
                        "required": ["method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize",
                                     "bodySize"],
                        "properties": {
                            "method": {"type": "string"}, "url": {"type": "string", "pattern": "^https?://"},
                            "cookies": _NAMED, "headers": _NAMED, "queryString": _NAMED, "headersSize": _COUNT,
                            "bodySize": _COUNT,
                            "postData": {"type": "object", "required": ["mimeType", "text"]},
                        },
                    },
                    "response": {
                        "type": "object",
                        "required": ["status", "statusText", "httpVersion", "cookies", "headers", "content",
                                     "redirectURL", "headersSize", "bodySize"],
                        "properties": {
                            "status": {"type": "integer"}, "statusText": {"type": "string"}, "cookies": _NAMED,
                            "headers": _NAMED, "headersSize": _COUNT, "bodySize": _COUNT,
                            "content": {"type": "object", "required": ["size", "mimeType"], "properties": {
                                "encoding": {"const": "base64"}, "text": {"type": "string"}, "size": _COUNT}},
                        },
                    },
                },
            }},
        },
    }},
}  # fmt: skip
"""HAR 1.2, what is required of it."""


def _seed(cli: Cli, *ones: tuple[TraceRecord, list[BodyRecord]]) -> None:
    database = open_traces(cli.home.ensure())
    with transaction(database) as connection:
        for record, bodies in ones:
            write_trace(connection, record)
            for each in bodies:
                write_body(connection, each)
    database.close()


def _one(number: int = 0, **more: Any) -> tuple[TraceRecord, list[BodyRecord]]:
    lost = attempt(
        1, status=429, outcome="rate_limited", finished_at=NOW + 0.5, request_headers=[("x-api-key", "[redacted]")]
    )
    won = attempt(
        2, status=200, outcome="answered", finished_at=NOW + 2, first_byte_ms=300,
        response_headers=[("Content-Type", "text/event-stream"), ("content-encoding", "gzip")],
    )  # fmt: skip
    one = finished(
        NOW + number, id=f"r{number:019}", path="/v1/messages?beta=true&x=", user_agent="claude-cli/2",
        **{"cost_nano_usd": 7, "attempts": [lost, won], "ttft_ms": 400, **more},
    )  # fmt: skip
    kinds = {"request": ASKED, "response": ANSWER, "attempt-1": BINARY, "upstream-request": ASKED + b" "}
    types = {"request": "application/json", "response": "text/event-stream"}
    return one, [body(one.id, content, kind, content_type=types.get(kind, "")) for kind, content in kinds.items()]


def _exported(cli: Cli, *arguments: str) -> bytes:
    done = cli("trace", "export", *arguments)
    assert done.exit_code == 0, done.output
    return done.stdout_bytes


def test_jsonl_has_everything_that_is_kept_the_oldest_first(cli: Cli) -> None:
    _seed(cli, _one(1), _one(2))
    first, second = map(json.loads, _exported(cli).splitlines())
    assert (first["id"][-1], second["id"][-1], first["cost_nano_usd"]) == ("1", "2", 7)
    assert [each["outcome"] for each in first["attempts_made"]] == ["rate_limited", "answered"]
    texts = {each["kind"]: each.get("text") or base64.b64decode(each["base64"]) for each in first["bodies"]}
    assert texts["request"] == ASKED.decode()
    assert texts["attempt-1"] == BINARY


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (("model:opus",), "12"), (("model:gpt",), "3"), (("--limit", "1"), "3"), (("--id", "last"), "3"),
        (("--id", "1", "--id", "2"), "12"), (("nothing",), ""), (("--last", "1h"), ""),
        (("state:ok", "session:s"), "123"),
        (("--since", "2027-01-14", "--until", "2027-01-17"), "123"),
    ],
    ids=str,
)  # fmt: skip
def test_only_what_is_wanted_is_written(cli: Cli, arguments: tuple[str, ...], found: str) -> None:
    _seed(cli, _one(1), _one(2), _one(3, model="gpt"))
    lines = _exported(cli, *arguments).splitlines()
    assert "".join(json.loads(line)["id"][-1] for line in lines) == found


def test_har_is_har(cli: Cli) -> None:
    _seed(cli, _one(1), _one(2, state="client_closed", status=None, ttft_ms=None))
    document = json.loads(_exported(cli, "--format", "har", "--attempts"))
    jsonschema_rs.validate(HAR_SCHEMA, document)
    assert document["log"]["creator"]["name"] == "mitmrouter"
    client, lost, won, *others = document["log"]["entries"]
    assert len(others) == 3
    assert client["request"]["url"].endswith("/v1/messages?beta=true&x=")
    assert client["request"]["queryString"] == [{"name": "beta", "value": "true"}, {"name": "x", "value": ""}]
    assert client["request"]["postData"] == {"mimeType": "application/json", "text": ASKED.decode()}
    assert client["timings"] == {"send": 0, "wait": 400, "receive": 2100}
    assert (client["response"]["statusText"], client["response"]["content"]["text"]) == ("OK", ANSWER.decode())
    assert base64.b64decode(lost["response"]["content"]["text"]) == BINARY
    assert lost["request"]["headers"][0] == {"name": "x-api-key", "value": "[redacted]"}
    assert won["request"]["postData"]["text"] == ASKED.decode() + " "
    assert won["response"]["headers"] == [{"name": "Content-Type", "value": "text/event-stream"}]  # it is decoded
    assert others[0]["response"]["status"] == 0


def test_what_was_cut_is_said(cli: Cli) -> None:
    one, _ = _one(1)
    _seed(cli, (one, [body(one.id, b"{", "request", size=900, truncated=True)]))
    (entry,) = json.loads(_exported(cli, "--format", "har"))["log"]["entries"]
    assert entry["request"]["postData"]["comment"] == "only the first 1 of 900 bytes were kept"
    assert entry["response"]["content"] == {"size": 0, "mimeType": "x-unknown"}


def test_mitmproxy_reads_every_field_of_the_flows(cli: Cli) -> None:
    _seed(cli, _one(1), _one(2, state="client_closed", status=None))
    flows = list(FlowReader(io.BytesIO(_exported(cli, "--format", "flow", "--attempts"))).stream())
    assert all(isinstance(flow, http.HTTPFlow) for flow in flows)
    client, lost, won, unanswered, *_ = flows
    assert isinstance(client, http.HTTPFlow)
    assert isinstance(won, http.HTTPFlow)
    assert isinstance(unanswered, http.HTTPFlow)
    assert (client.request.method, client.request.path) == ("POST", "/v1/messages?beta=true&x=")
    assert client.request.content == ASKED
    assert client.response is not None
    assert (client.response.status_code, client.response.content) == (200, ANSWER)
    assert client.response.timestamp_start == pytest.approx(NOW + 1.4)
    assert client.metadata["cost_nano_usd"] == 7
    assert "token a" in client.comment
    assert (won.request.host, won.request.port, won.request.scheme) == ("api.anthropic.com", 443, "https")
    assert won.request.pretty_url == "https://api.anthropic.com/v1/messages"
    assert won.response is not None
    assert won.response.text == ANSWER.decode()
    assert unanswered.response is None
    assert unanswered.error is not None
    assert lost.id != won.id
    again = list(FlowReader(io.BytesIO(_exported(cli, "--format", "flow", "--attempts"))).stream())
    assert [flow.id for flow in again] == [flow.id for flow in flows]


def test_flows_have_exactly_the_fields_that_this_mitmproxy_writes(cli: Cli) -> None:
    """What changes with a version of mitmproxy is told here."""
    _seed(cli, _one(1))
    state: Any = tnetstring.load(io.BytesIO(_exported(cli, "--format", "flow")))
    theirs = tflow.tflow(resp=True).get_state()
    assert state.keys() == theirs.keys()
    for part in ("request", "response", "client_conn", "server_conn"):
        assert state[part].keys() == theirs[part].keys(), part
    assert state["version"] == theirs["version"] == flow_file.FORMAT


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        False,
        0,
        -5,
        10**18,
        1.5,
        1e-9,
        "",
        "ü",
        b"",
        b"\x00\xff",
        [],
        [1, "a", [None]],
        {},
        {"a": {"b": b"c"}},
    ],
    ids=repr,
)
def test_tnetstrings_are_those_of_mitmproxy(value: Any) -> None:
    assert flow_file.tnetstring(value) == tnetstring.dumps(value)
    with pytest.raises(TypeError, match="set"):
        flow_file.tnetstring({1})


@pytest.mark.parametrize("kind", ["flow", "har"])
def test_mitmdump_itself_reads_the_file(cli: Cli, tmp_path: Path, kind: str) -> None:
    _seed(cli, _one(1))
    file = tmp_path / f"traces.{kind}"
    cli("trace", "export", "--format", kind, "--output", str(file))
    mitmdump = Path(sys.executable).parent / "mitmdump"
    done = subprocess.run(
        [mitmdump, "-n", "-r", file, "--set", f"confdir={tmp_path}", "--flow-detail", "3"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "/v1/messages?beta=true" in done.stdout
    assert "200 OK" in done.stdout
    assert "message_start" in done.stdout


def test_a_file_is_for_its_owner_and_the_terminal_is_told_what_is_in_it(cli: Cli, tmp_path: Path) -> None:
    _seed(cli, _one(1))
    file = tmp_path / "out.jsonl"
    done = cli("trace", "export", "-o", str(file))
    assert (done.stdout, done.stderr) == ("", f"1 request written to {file}.\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_bytes())["id"].endswith("1")
    file.write_text("longer than before" * 1000)
    file.chmod(0o644)
    cli("trace", "export", "-o", str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600, "also one that others could read"
    assert json.loads(file.read_bytes())["id"].endswith("1")
    nowhere = cli("trace", "export", "-o", str(tmp_path / "no" / "folder"))
    assert nowhere.exit_code == 1
    assert "cannot be written" in nowhere.output


def test_curl_commands_are_one_for_each_request(cli: Cli) -> None:
    _seed(cli, _one(1), _one(2))
    text = _exported(cli, "--format", "curl").decode()
    assert text.count("curl -sS -X POST") == 2
    assert shlex.split(text.split("<<'")[0], comments=True)[:2] == ["curl", "-sS"]


@pytest.mark.parametrize("arguments", [("--id", "x"), ("--id", "last", "model:a"), ("nope:1",), ("--format", "xml")])
def test_what_cannot_be_exported_is_said(cli: Cli, arguments: tuple[str, ...]) -> None:
    _seed(cli, _one(1))
    assert cli("trace", "export", *arguments).exit_code in (1, 2)


def test_without_any_request_the_document_is_still_whole(cli: Cli) -> None:
    assert json.loads(_exported(cli, "--format", "har"))["log"]["entries"] == []
    assert _exported(cli, "--format", "flow") == b""
