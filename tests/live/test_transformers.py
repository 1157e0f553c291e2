"""Transformers through a real mitmdump, in front of a simulator that refuses what DeepSeek and Groq refuse."""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from router_core.home import Home
from router_core.simulator import Fault, PlannedCall, PlannedReply, Script, SimulatorThread
from router_core.store.database import open_read_only
from router_core.store.traces import bodies_of
from router_core.trace.difference import difference
from tests.support.lab import Lab, running_lab
from tests.support.router import wait_until
from tests.support.websocket import opened, say, turn

TOOL = {
    "name": "get_weather",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["city"],
    },
}
HISTORY = [
    {"role": "user", "content": "Weather?"},
    {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": "I look it up.", "signature": "c2ln"},
            {"type": "tool_use", "id": "t1", "name": "get_weather", "input": {"city": "Rome"}},
        ],
    },
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "Rain."}]},
]
BROKEN = "class Mine:\n    def request(self, body, context):\n        return body['nothing']\n"
MENDED = "class Mine:\n    def request(self, body, context):\n        body['user'] = context.session or 'nobody'\n"

LISTS = {
    "bare": "[]",
    "deep": '["deepseek"]',
    "gq": '["groq"]',
    "tools": '["tooluse", "enhancetool"]',
    "own": '["mine", ["maxtoken", { max_tokens = 7 }]]',
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("transformers")
    home = Home(folder / "home").ensure()
    with SimulatorThread() as simulator:
        tables = [
            f'[providers.{name}]\nkind = "openai-chat"\nbase_url = "{simulator.url}/v1"\n'
            f'api_key = "sk-proj-{name}-0123456789-000001"\ntransformers = {listed}\n'
            for name, listed in LISTS.items()
        ]
        home.config.write_text('[transformers]\nmine = "mine.py:Mine"\n\n' + "\n".join(tables))
        (home.path / "mine.py").write_text(MENDED)
        with running_lab(folder, simulator=simulator) as running:
            yield running


def begin(lab: Lab) -> None:
    """A clean slate; the tokens are those of config.toml and stay."""
    lab.simulator.reset()
    time.sleep(0.002)
    lab.began_ms = int(time.time() * 1000)


def ask(lab: Lab, model: str, **changes: Any) -> Any:
    body = {"model": model, "max_tokens": 500, "messages": [{"role": "user", "content": "Weather?"}], **changes}
    return lab.http.post("/v1/messages", json=body, headers={"anthropic-version": "2023-06-01"})


def records(text: str) -> list[dict[str, Any]]:
    return [orjson.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]


def edits(lab: Lab) -> list[tuple[str, str]]:
    """Of the only attempt of the only request."""
    (row,) = lab.rows(1)
    (attempt,) = lab.attempts(row)
    return [(path, rule) for path, rule in attempt["edits"]]


def test_a_host_that_speaks_deepseeks_dialect_is_told_its_own_reasoning(lab: Lab) -> None:
    begin(lab)
    refused = ask(lab, "bare/deepseek-v4-pro", messages=HISTORY, tools=[TOOL])
    assert refused.status_code == 400
    assert "must be passed back" in refused.text
    answer = ask(lab, "deep/deepseek-v4-pro", messages=HISTORY, tools=[TOOL])
    assert answer.status_code == 200, answer.text
    sent = orjson.loads(lab.seen()[-1].body)
    assert sent["messages"][1]["reasoning_content"] == "I look it up."


def test_a_host_that_speaks_groqs_dialect_gets_no_field_that_it_refuses(lab: Lab) -> None:
    begin(lab)
    message = {
        "role": "user",
        "name": "ada",
        "content": [{"type": "text", "text": "Hello.", "cache_control": {"type": "ephemeral"}}],
    }

    def asked(provider: str) -> Any:
        body = {"model": f"{provider}/llama-3.3-70b-versatile", "messages": [message]}
        return lab.http.post("/v1/chat/completions", json=body)

    refused = asked("bare")
    assert refused.status_code == 400
    assert "is unsupported" in refused.text
    assert asked("gq").status_code == 200
    (sent,) = orjson.loads(lab.seen()[-1].body)["messages"]
    assert set(sent) == {"role", "content"}


@pytest.mark.parametrize("stream", [True, False])
def test_broken_arguments_reach_the_client_repaired(lab: Lab, stream: bool) -> None:
    begin(lab)
    call = PlannedCall("get_weather", {"city": "Rome", "days": "3"})
    lab.simulator.plan(PlannedReply("I look it up.", calls=(call,)))
    lab.simulator.set_faults([Fault(fault="broken_arguments")])
    answer = ask(lab, "tools/gpt-4.1", tools=[TOOL], stream=stream)
    assert answer.status_code == 200, answer.text
    if stream:
        found = records(answer.text)
        text = [e["delta"]["text"] for e in found if e.get("delta", {}).get("type") == "text_delta"]
        assert len(text) > 1, "text goes on streaming"
        written = [e["delta"]["partial_json"] for e in found if e.get("delta", {}).get("type") == "input_json_delta"]
        assert json.loads("".join(written)) == {"city": "Rome", "days": 3}
    else:
        assert answer.json()["content"][-1]["input"] == {"city": "Rome", "days": 3}
    noted = [rule for path, rule in edits(lab) if path == "answer.get_weather"]
    assert noted == ["enhancetool: broken JSON was repaired, types as the schema says"]


def test_what_the_exit_tool_says_is_the_answers_text(lab: Lab) -> None:
    begin(lab)
    lab.simulator.plan(PlannedReply("", calls=(PlannedCall("ExitTool", {"response": "It rains in Rome."}),)))
    answer = ask(lab, "tools/gpt-4.1", tools=[TOOL], stream=True)
    found = records(answer.text)
    text = "".join(e["delta"]["text"] for e in found if e.get("delta", {}).get("type") == "text_delta")
    assert text == "It rains in Rome."
    assert [e["delta"]["stop_reason"] for e in found if e["type"] == "message_delta"] == ["end_turn"]
    sent = orjson.loads(lab.seen()[-1].body)
    assert sent["tool_choice"] == "required"
    assert [tool["function"]["name"] for tool in sent["tools"]] == ["get_weather", "ExitTool"]


def test_one_of_ones_own_runs_before_the_next_fails_closed_and_is_loaded_anew(lab: Lab) -> None:
    begin(lab)
    assert ask(lab, "own/gpt-4.1").status_code == 200
    sent = orjson.loads(lab.seen()[-1].body)
    assert (sent["user"], sent["max_tokens"]) == ("nobody", 7)

    rewrite(lab, BROKEN, "configuration reloaded")
    begin(lab)
    answer = ask(lab, "own/gpt-4.1")
    assert answer.status_code == 400
    assert answer.json()["type"] == "error"
    assert "'mine' failed" in answer.json()["error"]["message"]
    assert lab.seen() == []
    (row,) = lab.rows(1)
    assert "mine.py:3: KeyError" in row["error"]

    rewrite(lab, "class Mine(:\n", "configuration not changed")
    assert "mine.py:1: SyntaxError" in lab.router.log()
    rewrite(lab, MENDED, "configuration reloaded")
    begin(lab)
    assert ask(lab, "own/gpt-4.1").status_code == 200


def rewrite(lab: Lab, code: str, logged: str) -> None:
    before = lab.router.log().count(logged)
    fresh: Path = lab.router.home.path / "mine.new"
    fresh.write_text(code)
    fresh.replace(lab.router.home.path / "mine.py")
    wait_until(lambda: lab.router.log().count(logged) > before)


def test_the_difference_is_shown_with_each_rule(lab: Lab) -> None:
    begin(lab)
    body = {"model": "own/gpt-4.1", "max_tokens": 500, "messages": [{"role": "user", "content": "Hello."}]}
    assert lab.http.post("/v1/chat/completions", json=body).status_code == 200
    lab.rows(1)
    command = [sys.executable, "-m", "router_core.cli", "--home", str(lab.router.home.path), "trace", "diff", "last"]
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, timeout=30, check=True)
    (attempt,) = json.loads(done.stdout)["attempts"]
    changed = {change["path"]: (change["before"], change["after"], change["rules"]) for change in attempt["changes"]}
    assert changed == {
        "model": ("own/gpt-4.1", "gpt-4.1", ["model"]),
        "max_tokens": (500, 7, ["maxtoken"]),
        "user": (None, "nobody", ["mine"]),
    }


def test_what_is_taken_out_before_routing_is_told_too(lab: Lab) -> None:
    begin(lab)
    text = "<CCR-SUBAGENT-MODEL>bare,gpt-4.1</CCR-SUBAGENT-MODEL>Hello."
    body = {"model": "gpt-4.1", "messages": [{"role": "user", "content": text}]}
    assert lab.http.post("/v1/chat/completions", json=body).status_code == 200
    assert b"CCR-SUBAGENT" not in lab.seen()[-1].body
    (row,) = lab.rows(1)
    with contextlib.closing(open_read_only(lab.router.home.traces_db)) as database:
        kept = list(bodies_of(database, row["id"]))
    (attempt,) = difference(row, lab.attempts(row), kept)
    changed = {change.path: (change.before, change.after, change.rules) for change in attempt.changes}
    assert changed == {"messages[0].content": (text, "Hello.", ("subagent tag",))}


def test_a_turn_over_a_websocket_is_repaired_too(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").ensure()
    home.config.write_text('[providers.codex]\ntransformers = ["enhancetool"]\n')
    function = {"type": "function", "name": "get_weather", "parameters": TOOL["input_schema"], "strict": False}
    with running_lab(tmp_path, Script(websocket=True)) as lab:
        lab.fresh("codex")
        lab.simulator.plan(PlannedReply("", calls=(PlannedCall("get_weather", {"city": "Rome", "days": "3"}),)))
        lab.simulator.set_faults([Fault(fault="broken_arguments")])
        with opened(lab, "/v1/responses") as socket:
            events = turn(socket, input=say("Weather?"), tools=[function])
        (seen,) = lab.seen()
        assert seen.method == "WS"
        items = [event["item"] for event in events if event["type"] == "response.output_item.done"]
        (call,) = [item for item in items if item["type"] == "function_call"]
        assert json.loads(call["arguments"]) == {"city": "Rome", "days": 3}
        assert events[-1]["response"]["output"][-1]["arguments"] == call["arguments"]
        assert ("answer.get_weather", "enhancetool: broken JSON was repaired, types as the schema says") in edits(lab)
