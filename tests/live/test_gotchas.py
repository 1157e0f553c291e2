"""What users of other routers ran into with limits, streams and pools: one test each, named after what they saw.

The numbers are those of our list of reports. tests/router_core/test_gotchas_index.py says where 1 to 54 are tested.
Tested elsewhere: 58 and 68 in part (tests/live/test_renewal.py, tests/router_core/models), 60 and 61 also in
tests/router_core/test_gotchas_logins.py, 63 (tests/router_core/tokens/test_bindings.py). Left for later: 56 (for a
reverse proxy in front of ours: our answers' headers are the provider's), 59 in part (there are no proxies per account),
65 (tools are not filtered).
"""

import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from router_core.simulator import Pace, make_jwt
from router_core.tokens.token import Window
from tests.router_core.simulator.asking import codex_body
from tests.support.lab import Lab, running_lab
from tests.support.router import free_port

CODEX_CLI = {"originator": "codex_exec", "user-agent": "codex_exec/0.169.0"}


def events(answer: httpx.Response) -> list[dict[str, Any]]:
    return [orjson.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]


# ---- credentials -----------------------------------------------------------------------------------------------------


def test_the_users_own_login_did_not_go_on_to_another_service(lab: Lab) -> None:  # 5
    """Their client kept sending its own bearer to whatever base URL it was given."""
    for ask in ("oauth", "chat", "codex", "gemini"):
        lab.fresh(ask)
        own = {
            "authorization": "Bearer sk-ant-oat01-the-users-own-login",
            "x-api-key": lab.router.home.gateway_token(),
            "x-goog-api-key": "AIza-the-users-own-key",
            "cookie": "sessionKey=the-users-own-session",
            "proxy-authorization": "Basic the-users-own-proxy",
            "chatgpt-account-id": "the-users-own-account",
        }
        assert lab.ask(ask, headers=own).status_code == 200
        (seen,) = lab.seen()
        assert seen.token == lab.secrets["first"]
        assert "the-users-own" not in f"{seen.headers} {seen.path} {seen.body!r}"


# ---- limits, cooldowns, quota ----------------------------------------------------------------------------------------


def test_the_usage_endpoint_is_not_polled_until_it_answers_429_for_hours(lab: Lab) -> None:  # 6
    lab.fresh("oauth", "codex")
    for _ in range(3):
        lab.ask("oauth")
        lab.ask("codex")
    assert lab.token("oauth-first").windows  # read from the ordinary answers instead
    assert not [seen.path for seen in lab.simulator.requests if "usage" in seen.path]


def test_a_429_without_any_window_does_not_bench_the_account(lab: Lab) -> None:  # 7
    lab.fresh("oauth")
    lab.faults(lab.fault("windowless_429", "*", times=2))
    assert lab.ask("oauth").status_code == 429
    assert lab.ask("oauth").status_code == 200
    assert lab.paid() == ["first", "first", "first"]


def test_out_of_credits_for_one_model_does_not_bench_the_account(lab: Lab) -> None:  # 8
    lab.fresh("oauth")
    lab.faults(lab.fault("overage_429", model="claude-opus-*"))
    for model in ("claude-opus-5-5", "claude-sonnet-5", "claude-opus-5-5"):
        assert lab.ask("oauth", model=model).status_code == 200
    assert lab.paid() == ["first", "second", "first", "second"]


def test_a_full_weekly_window_of_one_model_does_not_cool_the_whole_credential(lab: Lab) -> None:  # 9
    lab.fresh("oauth")
    lab.faults(lab.fault("model_429", model="claude-fable-*", code="7d_oi"))
    for model in ("claude-fable-5", "claude-sonnet-5"):
        assert lab.ask("oauth", model=model).status_code == 200
    assert lab.paid() == ["first", "second", "first"]
    assert [rest.model for rest in lab.token().cooldowns] == ["claude-fable-5"]


def test_a_codex_usage_limit_is_not_asked_about_again_for_each_model(lab: Lab) -> None:  # 10
    lab.fresh("codex")
    lab.faults(lab.fault("usage_limit_reached"))
    for model in ("gpt-5.5", "gpt-5.4", "gpt-5.3-codex"):
        assert lab.ask("codex", model=model).status_code == 200
    assert lab.paid() == ["first", "second", "second", "second"]


def test_a_stored_reset_does_not_stay_in_force_when_a_test_of_the_token_succeeds(lab: Lab) -> None:  # 11
    lab.fresh("oauth")
    lab.faults(lab.fault("window_exhausted", retry_after_s=400_000))
    lab.ask("oauth")
    lab.faults()  # the provider has reset the windows early
    admin = {**lab.router.admin_headers, "content-type": "application/json"}
    assert lab.http.post("/api/tokens/first/test", headers=admin).json()["ok"]
    lab.simulator.reset()
    assert lab.ask("oauth", headers={"x-claude-code-session-id": "a-new-one"}).status_code == 200
    assert lab.paid() == ["first"]


def test_an_upstream_520_is_not_shown_as_a_429_cooldown(lab: Lab) -> None:  # 12
    lab.fresh("anthropic")
    lab.faults(lab.fault("status", "*", status=520, body="origin error"))
    answer = lab.ask("anthropic")
    assert answer.status_code == 520
    assert lab.token("first").cooldowns == lab.token("second").cooldowns == ()


@pytest.mark.parametrize("fault", ["unauthorized_401", "window_exhausted", "overloaded_529", "close_before_headers"])
def test_one_failing_account_does_not_put_a_pool_of_eight_into_cooldown(fault: str, lab: Lab) -> None:  # 13
    names = tuple(f"account-{number}" for number in range(8))
    lab.fresh("oauth", tokens=names)
    lab.faults(lab.fault(fault, "account-0"))
    for _ in range(8):
        assert lab.ask("oauth").status_code == 200
    for name in names[1:]:
        token = lab.token(name)
        assert (token.health, token.cooldowns) == ("healthy", ())


def test_the_client_does_not_hang_until_the_window_resets(lab: Lab) -> None:  # 16
    lab.fresh("oauth")
    lab.faults(lab.fault("window_exhausted", "*", retry_after_s=5000))
    began = time.monotonic()
    answer = lab.ask("oauth", stream=True)
    assert time.monotonic() - began < 2
    assert answer.status_code == 429
    assert 4900 < int(answer.headers["retry-after"]) < 5010


# ---- streams ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["end_without_terminal", "cut_stream"])
def test_stream_closed_before_response_completed(fault: str, lab: Lab) -> None:  # 44
    """A bare end makes Codex ask for the whole turn again without a reason to show; `response.failed` says what is."""
    lab.fresh("codex")
    lab.faults(lab.fault(fault, at_event=5))
    kinds = [event["type"] for event in events(lab.ask("codex"))]
    assert kinds[-1] == "response.failed"
    assert kinds.count("response.created") == 1


def test_reading_along_with_large_answers_does_not_grow_the_router(lab: Lab) -> None:  # 45
    lab.fresh("anthropic")
    lab.faults(lab.fault("huge_body", size_bytes=20_000_000))
    sizes = []
    for _ in range(4):
        with lab.stream("anthropic") as answer:
            assert sum(len(part) for part in answer.iter_raw()) >= 20_000_000
        rss = subprocess.check_output(["ps", "-o", "rss=", "-p", str(lab.router.process.pid)], text=True)
        sizes.append(int(rss) / 1024)
    assert sizes[-1] - sizes[0] < 20  # MiB; 60 have passed since


def test_message_start_keeps_the_input_tokens_that_the_context_gauge_needs(lab: Lab) -> None:  # 47
    lab.fresh("anthropic")
    start = events(lab.ask("anthropic", stream=True))[0]
    assert start["type"] == "message_start"
    assert start["message"]["usage"]["input_tokens"] > 0


def test_an_event_stream_does_not_arrive_as_one_block_at_the_end(lab: Lab) -> None:  # 55
    lab.fresh("anthropic")
    lab.simulator.set_pace(Pace(delay_s=0.02))
    began = time.monotonic()
    with lab.stream("anthropic") as answer:
        pieces = answer.iter_raw()
        next(pieces)
        first_at = time.monotonic() - began
        count = sum(1 for _ in pieces)
    assert count > 20
    assert first_at < 0.4 * (time.monotonic() - began)


# ---- pool and identity -----------------------------------------------------------------------------------------------


def test_codex_sees_usage_limit_reached_only_when_the_whole_pool_is_used_up(lab: Lab) -> None:  # 57
    lab.fresh("codex")
    lab.faults(lab.fault("usage_limit_reached", retry_after_s=7000))
    assert lab.ask("codex", headers=CODEX_CLI).status_code == 200
    lab.faults(lab.fault("usage_limit_reached", "*", retry_after_s=6000))
    answer = lab.ask("codex", headers=CODEX_CLI)
    assert (answer.status_code, answer.json()["error"]["type"]) == (429, "usage_limit_reached")
    assert answer.json()["error"]["resets_in_seconds"] == pytest.approx(6000, abs=5)


@pytest.mark.parametrize("fault", ["unauthorized_401", "forbidden_403"])
def test_a_refused_codex_account_is_not_passed_through_while_others_are_healthy(fault: str, lab: Lab) -> None:  # 58
    lab.fresh("codex")
    lab.faults(lab.fault(fault))
    assert [lab.ask("codex").status_code for _ in range(3)] == [200, 200, 200]
    assert lab.paid() == ["first", "second", "second", "second"]
    assert lab.token().health == "unhealthy"


@pytest.fixture
def behind_a_dead_proxy(tmp_path: Path) -> Iterator[Lab]:
    env = {"MITMROUTER__SERVER__PROXY_URL": f"http://127.0.0.1:{free_port()}"}
    far = {"codex": "https://provider.invalid/backend-api/codex"}  # what is on this machine is asked without a proxy
    with running_lab(tmp_path, env=env, base_urls=far) as running:
        yield running


def test_a_dead_proxy_is_an_error_before_any_output(behind_a_dead_proxy: Lab) -> None:  # 59
    lab = behind_a_dead_proxy
    lab.add("first", "codex")
    answer = lab.ask("codex")
    assert (answer.status_code, answer.headers["content-type"]) == (502, "application/json")
    assert answer.json()["error"]["type"] == "server_error"
    assert "Connect call failed ('127.0.0.1'" in answer.json()["error"]["message"]
    assert lab.simulator.requests == []


def test_accounts_with_the_same_e_mail_do_not_overwrite_each_other(lab: Lab) -> None:  # 60, 61
    lab.fresh("anthropic")
    for number, account in enumerate(("personal", "team")):
        secret = make_jwt(account, email="person@example.com")
        lab.add(account, "codex", priority=number, secret=secret)
    lab.faults(lab.fault("usage_limit_reached", "personal"))
    assert lab.ask("codex").status_code == 200
    assert lab.ask("anthropic").status_code == 200
    assert [seen.header("chatgpt-account-id") for seen in lab.seen()] == ["personal", "team", ""]
    assert lab.paid() == ["personal", "team", "first"]
    assert lab.token("team").cooldowns == ()


def test_a_soft_threshold_does_not_move_running_conversations(lab: Lab) -> None:  # 62
    lab.fresh("oauth")
    now = time.time()
    nearly_full = Window("5h", 0.93, now + 9000, 18_000, "allowed_warning", now)
    lab.store.save_state(replace(lab.store.named("first"), windows=(nearly_full,)))
    for _ in range(3):
        assert lab.ask("oauth", headers={"x-claude-code-session-id": "s-1"}).status_code == 200
    assert lab.paid() == ["first"] * 3


def test_a_reasoning_item_goes_back_to_its_issuer_byte_for_byte(lab: Lab) -> None:  # 64
    lab.fresh("codex")
    include: Any = {"include": ["reasoning.encrypted_content"], "reasoning": {"effort": "low"}}
    done = [e["item"] for e in events(lab.ask("codex", **include)) if e["type"] == "response.output_item.done"]
    reasoning = next(item for item in done if item["type"] == "reasoning")
    assert reasoning["encrypted_content"]
    question = codex_body()["input"][0]
    content = orjson.dumps(codex_body(input=[question, *done, question], **include))
    lab.faults(lab.fault("overloaded_503"))
    assert lab.http.post("/codex/responses", content=content).status_code == 200
    assert [seen.body for seen in lab.seen()[1:]] == [content, content]


def test_the_codex_model_catalogue_is_passed_on_whole(lab: Lab) -> None:  # 66
    lab.fresh("codex")
    answer = lab.http.get("/codex/models", params={"client_version": "0.169.0"}, headers=CODEX_CLI)
    assert answer.status_code == 200
    assert answer.content == lab.simulator.wait_for_requests(1)[0].response_bytes
    assert len(answer.json()["models"]) > 1


def test_model_not_found_on_chatgpt_is_the_clients_to_read(lab: Lab) -> None:  # 67
    lab.fresh("codex")
    answer = lab.ask("codex", model="no-such-model")
    assert (answer.status_code, answer.content) == (400, lab.seen()[-1].response_bytes)
    assert "not supported" in answer.json()["detail"]
    assert lab.paid() == ["first", "second"]  # another plan may have it
    assert (lab.token().health, [rest.model for rest in lab.token().cooldowns]) == ("healthy", ["no-such-model"])
    assert lab.ask("codex", model="no-such-model").content == answer.content
    assert lab.ask("codex").status_code == 200
    assert lab.paid()[2:] == ["first", "first"]


def test_a_context_length_error_keeps_the_words_that_start_auto_compaction(lab: Lab) -> None:  # 69
    lab.fresh("anthropic")
    words = "prompt is too long: 213462 tokens > 200000 maximum"
    lab.faults(lab.fault("bad_request_400", body=words))
    answer = lab.ask("anthropic", stream=True)
    assert (answer.status_code, answer.content) == (400, lab.seen()[0].response_bytes)
    assert answer.json()["error"] == {"type": "invalid_request_error", "message": words}


def test_a_firewalls_html_403_blames_no_account_and_reaches_no_client(lab: Lab) -> None:  # 70
    lab.fresh("codex")
    lab.faults(lab.fault("cloudflare_403", "*"))
    answer = lab.ask("codex")
    assert (answer.status_code, answer.headers["content-type"]) == (502, "application/json")
    assert "<html" not in answer.text
    assert {lab.token(name).health for name in lab.secrets} == {"healthy"}


def test_a_websocket_that_is_not_served_does_not_count_against_the_provider(lab: Lab) -> None:  # 71
    lab.fresh("codex")
    upgrade = {"connection": "Upgrade", "upgrade": "websocket"}
    assert {lab.http.get("/codex/responses", headers=upgrade).status_code for _ in range(12)} == {426}
    assert lab.ask("codex").status_code == 200
    assert (lab.token().health, lab.token().cooldowns, lab.store.breakers()) == ("healthy", (), [])


@pytest.mark.parametrize("ask", ["anthropic", "codex", "chat"])
def test_a_400_never_starts_a_cooldown(ask: str, lab: Lab) -> None:  # 72
    lab.fresh(ask)
    words = "messages.1.content.0: Invalid `signature` in `thinking` block"
    lab.faults(lab.fault("bad_request_400", "*", times=12, body=words))
    assert {lab.ask(ask).status_code for _ in range(12)} == {400}
    assert lab.ask(ask).status_code == 200
    assert set(lab.paid()) == {"first"}
    assert (lab.token().health, lab.token().cooldowns, lab.store.breakers()) == ("healthy", (), [])
