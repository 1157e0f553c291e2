"""Sessions and their tokens through a real router: who stays, who moves, and what the trace says of it."""

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from router_core.simulator import Pace, PlannedReply
from tests.support.lab import ANTHROPIC, Lab, restarted, running_lab
from tests.support.router import wait_until

SONNET = "claude-sonnet-5"


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Lab]:
    """A router of the test's own, to be restarted or set up differently."""
    with running_lab(tmp_path) as running:
        yield running


def ask(lab: Lab, session: str, cached: int = 0, how: str = "oauth", **changes: Any) -> httpx.Response:
    """One request of a session; the provider says how much of it is cached now."""
    lab.simulator.plan(PlannedReply("Hi.", cache_read_tokens=cached or None))
    answer = lab.ask(how, headers=of(lab, session), **changes)
    assert answer.status_code == 200, answer.text
    return answer


def of(lab: Lab, session: str) -> dict[str, str]:
    """The session header; the router is shared, its sessions are not."""
    return {"x-claude-code-session-id": f"{session}-{lab.began_ms}"}


def attempts(lab: Lab, count: int) -> list[dict[str, Any]]:
    """The last attempt of each request so far."""
    return [lab.attempts(row)[-1] for row in lab.rows(count)]


def heal(lab: Lab, name: str) -> None:
    lab.faults()
    admin = {**lab.router.admin_headers, "content-type": "application/json"}
    assert lab.http.post(f"/api/tokens/{name}/test", headers=admin).json()["ok"]


def test_the_first_turn_after_an_account_switch_is_a_full_price_miss_and_is_counted(lab: Lab) -> None:  # 18
    lab.fresh("oauth")
    ask(lab, "s1", 80_000)
    lab.faults(lab.fault("window_exhausted", retry_after_s=7000))
    ask(lab, "s1", 81_000)
    heal(lab, "first")
    ask(lab, "s1", 82_000)
    ask(lab, "s2")
    assert lab.paid() == ["first", "first", "second", "first", "second", "first"]  # the fourth is the test of it
    new, moved, stays, other = attempts(lab, 4)
    assert new["affinity"].startswith("new: ")
    assert moved["affinity"].startswith("move: first is resting for")
    assert (moved["cache_kept_tokens"], moved["cache_lost_tokens"]) == (0, 80_000)
    assert moved["cache_lost_nano_usd"] == 80_000 * 2300  # claude-sonnet-5: 2.50 to write, 0.20 to read, per million
    assert stays["affinity"] == "stay: 81k tokens cached"
    assert (stays["cache_kept_tokens"], stays["cache_lost_tokens"], stays["cache_lost_nano_usd"]) == (81_000, 0, None)
    assert other["token"] == "first"


def test_trace_show_says_what_became_of_the_session(lab: Lab) -> None:
    from click.testing import CliRunner

    from router_core.cli.main import main

    lab.fresh("oauth")
    ask(lab, "s1", 80_000)
    lab.faults(lab.fault("window_exhausted", retry_after_s=7000))
    ask(lab, "s1", 81_000)
    row = lab.rows(2)[-1]
    shown = CliRunner().invoke(main, ["--home", str(lab.router.home.path), "trace", "show", row["id"]]).output
    assert "session       move: first is resting for" in shown
    assert "prompt cache  80000 tokens lost, 0.1840 USD to write them again" in shown


def test_a_token_that_rests_briefly_is_come_back_to(lab: Lab) -> None:
    lab.fresh("oauth")
    ask(lab, "s1", 4_000)  # so little that to write it again costs less than to wait
    lab.faults(lab.fault("rate_limit", times=1, retry_after_s=3))
    ask(lab, "s1", 4_200)
    time.sleep(3.1)
    ask(lab, "s1", 4_400)
    assert lab.paid() == ["first", "first", "second", "first"]
    places = [attempt["affinity"].partition(":")[0] for attempt in attempts(lab, 3)]
    assert places == ["new", "away", "back"]


def test_seconds_of_waiting_are_cheaper_than_a_long_prompt(lab: Lab) -> None:
    lab.fresh("oauth")
    ask(lab, "s1", 150_000)
    lab.faults(lab.fault("rate_limit", times=1, retry_after_s=4))
    ask(lab, "s1", 151_000)
    assert lab.paid() == ["first", "first", "first"]
    waited = attempts(lab, 2)[-1]
    assert "waited 4.0 s: writing 150k cached tokens again costs" in waited["because"]


def test_a_token_that_rests_again_after_the_wait_is_not_waited_for_a_second_time(lab: Lab) -> None:
    lab.fresh("oauth")
    ask(lab, "s1", 150_000)
    lab.faults(lab.fault("rate_limit", times=2, retry_after_s=2))
    ask(lab, "s1", 151_000)
    assert lab.paid() == ["first", "first", "first", "second"]


def test_the_only_token_is_waited_for_and_no_other_provider_is_asked(tmp_path: Path) -> None:
    env = {"MITMROUTER__ROUTING__FALLBACKS": '["openai/gpt-5.5"]'}
    with running_lab(tmp_path, env=env) as lab:
        lab.add("first", "anthropic")
        lab.add("spare", "chat")
        lab.faults(lab.fault("rate_limit", times=1, retry_after_s=1))
        body = {"model": SONNET, "max_tokens": 50, "messages": [{"role": "user", "content": "hello"}]}
        assert lab.http.post("/v1/messages", json=body, headers=ANTHROPIC).status_code == 200
        assert lab.paid() == ["first", "first"]


@pytest.mark.parametrize(("fault", "more"), [("billing_402", {}), ("window_exhausted", {"retry_after_s": 9000})])
def test_when_a_provider_rests_for_hours_the_next_one_answers(fault: str, more: dict[str, Any], tmp_path: Path) -> None:
    """ccs #1733: one project was blocked for six hours while another provider could have answered."""
    env = {"MITMROUTER__ROUTING__FALLBACKS": '["codex/gpt-5.5"]'}
    with running_lab(tmp_path, env=env) as lab:
        lab.add("first", "anthropic")
        lab.add("spare", "codex")
        lab.faults(lab.fault(fault, **more))
        call = {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": "ls"}}
        thought = {"type": "thinking", "thinking": "Hm.", "signature": "EqMBCkgIBBABGAIiQDummy"}
        result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "a b"}
        body = {
            "model": SONNET, "max_tokens": 50, "tools": [{"name": "Bash", "input_schema": {"type": "object"}}],
            "messages": [
                {"role": "user", "content": "What is here?"},
                {"role": "assistant", "content": [thought, call]},
                {"role": "user", "content": [result]},
            ],
        }  # fmt: skip
        for _ in range(2):
            answer = lab.http.post("/v1/messages", json=body, headers=ANTHROPIC)
            assert (answer.status_code, answer.json()["type"]) == (200, "message"), answer.text
        assert lab.paid() == ["first", "spare", "spare"]


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_restart_does_not_scatter_the_sessions(how: str, own: Lab) -> None:
    own.fresh("oauth")
    own.faults(own.fault("window_exhausted", retry_after_s=7000))
    ask(own, "s1", 80_000)
    heal(own, "first")
    assert own.token("first").cooldowns == ()
    own.rows(1)
    time.sleep(0.3)  # written: a crash may lose the last tenth of a second
    own.router.kill() if how == "kill" else own.router.stop()
    with restarted(own) as after:
        after.simulator.reset()
        ask(after, "s1", 81_000)
        ask(after, "s2")
        assert after.paid() == ["second", "first"]
        assert attempts(after, 3)[1]["affinity"] == "stay: 80k tokens cached"


def test_conversations_take_turns_not_requests(tmp_path: Path) -> None:  # 25
    env = {"MITMROUTER__SELECTION__STRATEGY": "round_robin"}
    with running_lab(tmp_path, env=env) as lab:
        lab.fresh("oauth", tokens=("a", "b", "c"))
        for n in range(9):
            ask(lab, f"s{n % 3}", 30_000)
        paid = lab.paid()
        assert sorted(paid[:3]) == ["a", "b", "c"]
        assert paid == paid[:3] * 3


def test_without_a_session_header_the_conversation_is_told_by_its_beginning(tmp_path: Path) -> None:  # 21
    env = {"MITMROUTER__SELECTION__STRATEGY": "round_robin"}
    with running_lab(tmp_path, env=env) as lab:
        lab.fresh("anthropic", tokens=("a", "b"))
        for n in range(3):
            for topic in ("the build", "the tests"):
                first = {"role": "user", "content": f"Please look at {topic} of this project."}
                more = [{"role": "assistant", "content": "Done."}, {"role": "user", "content": "Again."}] * n
                assert lab.ask("anthropic", messages=[first, *more]).status_code == 200
        paid = lab.paid()
        assert sorted(paid[:2]) == ["a", "b"]
        assert paid == paid[:2] * 3


def test_prompts_and_cache_keys_pass_byte_for_byte(lab: Lab) -> None:  # 19, 22, 24
    lab.fresh("codex")
    content = b'{ "input" : [{"type":"message","role":"user","content":[{"type":"input_text","text":"h\\u00e9"}]}],'
    content += b'"prompt_cache_key":"shared-by-all", "model":"gpt-5.5","instructions":"","store":false,"stream":true }'
    for path in ("/codex/responses", "/v1/responses"):
        assert lab.http.post(path, content=content).status_code == 200
        plain = content.replace(b'"shared-by-all"', b"null").replace(b'"prompt_cache_key":null,', b"")
        assert lab.http.post(path, content=plain).status_code == 200
    bodies = [seen.body for seen in lab.seen()]
    assert bodies[0] == content
    keys = [orjson.loads(body).get("prompt_cache_key") for body in bodies]
    assert keys == ["shared-by-all", None] * 2
    assert lab.rows(4)[0]["session"] == "shared-by-all"


def test_subagents_pay_with_the_token_of_their_session(tmp_path: Path) -> None:
    env = {"MITMROUTER__SELECTION__STRATEGY": "round_robin"}
    with running_lab(tmp_path, env=env) as lab:
        lab.fresh("oauth", tokens=("a", "b"))
        for agent in ("", "agent-1", "agent-2", ""):
            headers = {**of(lab, "s1"), **({"x-claude-code-agent-id": agent} if agent else {})}
            assert lab.ask("oauth", headers=headers).status_code == 200
        assert len(set(lab.paid())) == 1


def test_a_model_that_one_plan_lacks_is_answered_by_another(lab: Lab) -> None:
    lab.fresh("oauth")
    lab.faults(lab.fault("not_found_404", model="claude-opus-*"))
    for _ in range(2):
        assert lab.ask("oauth", model="claude-opus-5-5").status_code == 200
    assert lab.ask("oauth", model=SONNET).status_code == 200
    assert lab.paid() == ["first", "second", "second", "first"]
    lab.faults(lab.fault("not_found_404", "*"))
    answer = lab.ask("oauth", model="claude-none-1")
    assert (answer.status_code, answer.content) == (404, lab.seen()[-1].response_bytes)
    again = lab.ask("oauth", model="claude-none-1")
    assert (again.status_code, len(lab.seen())) == (404, 7), "who lacks it is not asked again by each request"


# ---- leases ----------------------------------------------------------------------------------------------------------


def in_flight(lab: Lab, name: str = "first") -> int:
    return {token["name"]: token["in_flight"] for token in lab.status()}[name]


@contextlib.contextmanager
def streaming(lab: Lab, session: str) -> Iterator[Iterator[bytes]]:
    """A stream that has begun; what is left of it."""
    headers = {"anthropic-version": "2023-06-01", **of(lab, session)}
    body = {"model": SONNET, "max_tokens": 50, "stream": True, "messages": [{"role": "user", "content": "hello"}]}
    with (
        httpx.Client(base_url=lab.router.url, headers=lab.http.headers, trust_env=False, timeout=20) as http,
        http.stream("POST", "/claude/v1/messages", json=body, headers=headers) as answer,
    ):
        pieces = answer.iter_raw()
        next(pieces, b"")
        yield pieces


def test_two_streams_at_once_use_two_tokens_where_one_takes_one_only(lab: Lab) -> None:
    lab.fresh("anthropic", max_concurrent=1)
    lab.simulator.set_pace(Pace(delay_s=0.05))
    with streaming(lab, "s1") as one:
        assert in_flight(lab) == 1
        with streaming(lab, "s2"):
            assert (in_flight(lab), in_flight(lab, "second")) == (1, 1)
            with streaming(lab, "s3") as refused:
                assert list(refused) == []
        wait_until(lambda: in_flight(lab, "second") == 0)  # the client of s2 has gone away in the middle
        for _ in one:
            pass
    wait_until(lambda: in_flight(lab) == 0)
    assert lab.paid()[:2] == ["first", "second"]


def test_when_all_tokens_are_busy_the_answer_is_a_short_429(lab: Lab) -> None:
    lab.fresh("anthropic", tokens=("first",), max_concurrent=1)
    lab.simulator.set_pace(Pace(delay_s=0.05))
    with streaming(lab, "s1"):
        refused = lab.ask("anthropic", headers=of(lab, "s2"))
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert "busy: 1 of 1 requests under way" in refused.json()["error"]["message"]
    wait_until(lambda: in_flight(lab) == 0)
    lab.simulator.set_pace(Pace())
    assert lab.ask("anthropic", headers=of(lab, "s2")).status_code == 200


def test_many_failures_leave_no_token_held(lab: Lab) -> None:
    """codex-lb #1281."""
    lab.fresh("anthropic", max_concurrent=2)
    lab.faults(
        lab.fault("cut_stream", "*", at_event=2),
    )
    threads = [threading.Thread(target=lab.ask, args=("anthropic",), kwargs={"stream": True}) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lab.faults(lab.fault("server_error_500", "*"))
    for _ in range(4):
        lab.ask("anthropic")
    wait_until(lambda: in_flight(lab) == in_flight(lab, "second") == 0)
