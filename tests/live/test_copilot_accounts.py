"""Copilot's accounts through a real mitmdump: limits that only headers show, tokens of half an hour, a plan's host."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from router_core.simulator import SimulatorThread
from tests.live.test_routed import ask
from tests.support.lab import Lab, running_lab, secret_for


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("copilot")) as running:
        yield running


def test_the_limits_that_only_headers_show_are_seen(lab: Lab) -> None:  # 17
    lab.fresh("copilot")
    assert ask(lab, "openai-chat", "copilot/gpt-4.1").status_code == 200
    windows = {window.name: window for window in lab.token().windows}
    assert windows["5h"].used == pytest.approx(0.1)
    assert windows["7d"].used == pytest.approx(0.2)
    assert windows["5h"].length_s == 18_000
    assert windows["5h"].reset_at is not None


def test_a_full_session_goes_to_the_next_token_until_its_reset(lab: Lab) -> None:
    lab.fresh("copilot")
    text = "Sorry, you've exceeded your 5 hour session limits. Please retry after 2733 seconds."
    body = f'{{"error":{{"message":"{text}","code":"user_global_rate_limited:pro"}}}}'
    lab.faults(lab.fault("status", status=429, body=body, headers={"retry-after": "2733"}))
    assert ask(lab, "openai-chat", "copilot/gpt-4.1").status_code == 200
    assert lab.paid() == ["first", "second"]
    (rest,) = lab.token("first").cooldowns
    assert rest.model == ""
    assert rest.until - rest.since == pytest.approx(2733, abs=5)


def test_a_month_without_premium_requests_rests_the_premium_model_only(lab: Lab) -> None:
    lab.fresh("copilot", tokens=("first",))
    body = '{"error":{"message":"You have exceeded your premium request allowance.","code":"quota_exceeded"}}'
    lab.faults(lab.fault("status", status=402, body=body, model="gpt-5.4"))
    assert ask(lab, "openai-responses", "copilot/gpt-5.4").status_code == 429
    assert ask(lab, "openai-chat", "copilot/gpt-4.1").status_code == 200
    (rest,) = lab.token("first").cooldowns
    assert (rest.model, rest.kind) == ("gpt-5.4", "model_limited")


def test_a_token_that_has_expired_is_not_used_again(lab: Lab) -> None:
    lab.fresh("copilot")
    lab.store.remove(lab.store.named("first").id)
    lab.add("old", "copilot", secret="tid=old-000001;exp=1000;sku=x", priority=-1)
    assert ask(lab, "openai-chat", "copilot/gpt-4.1").status_code == 200
    assert lab.paid() == ["old", "second"]
    assert lab.token("old").health == "unhealthy"


def test_a_stored_fact_sends_no_token_to_another_host(lab: Lab) -> None:
    lab.fresh()
    lab.add("first", "copilot", facts={"api_base": "http://127.0.0.1:9/evil"}, secret=secret_for("copilot", "first"))
    answer = ask(lab, "openai-chat", "copilot/gpt-4.1")
    assert answer.status_code == 200, answer.text
    assert [seen.path for seen in lab.seen()] == ["/copilot-api/chat/completions"]


def test_a_login_whose_half_hour_is_over_is_renewed_and_its_host_believed_only_if_it_is_copilot_s(
    tmp_path: Path,
) -> None:
    with SimulatorThread() as simulator:
        env = {"MITMROUTER__OAUTH__COPILOT__BASE_URL": simulator.url}
        with running_lab(tmp_path, simulator=simulator, env=env) as new:
            chain = simulator.log_in("github")
            expired: dict[str, Any] = {"expires_at": 1000.0, "login": "copilot", "secret": "tid=old;exp=1000;sku=x"}
            new.add("first", "copilot", refresh_token=chain.refresh_token, **expired)
            answer = ask(new, "openai-chat", "copilot/gpt-4.1")
            assert answer.status_code == 200, answer.text
            (seen,) = new.seen()
            token = new.token("first")
            assert seen.token == token.access_token != expired["secret"]
            assert token.facts["api_base"].startswith(simulator.url)
            assert seen.path == "/copilot-api/chat/completions"
            assert token.health == "healthy"
