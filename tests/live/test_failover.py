"""What each failure does to the client, to the token and to the trace: DESIGN's failure table, through a real mitmdump.

The first token meets the fault, the second one is fine. The client must get the winner's bytes and nothing else.
"""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from tests.support.lab import Lab

FIRST_ONLY = ("first", "second")
ONCE_MORE = ("first", "first", "second")


@dataclass(frozen=True)
class Case:
    """One fault of the first token and what must come of it; the request itself succeeds with the second."""

    ask: str
    fault: str
    outcome: str
    """The kind that the trace names."""
    paid: tuple[str, ...] = FIRST_ONLY
    rest_s: float | None = None
    """How long the first token rests from now on; None: not at all."""
    model_only: bool = False
    unhealthy: str = ""
    """Words of the reason."""
    fields: dict[str, Any] = field(default_factory=dict)
    stream: bool = True

    def __str__(self) -> str:
        words = [self.ask, self.fault, *(str(value) for value in self.fields.values() if isinstance(value, str))]
        return "-".join(words)


WAIT = {"retry_after_s": 900}
STATUS_CASES = [
    # 429 in its meanings
    Case("oauth", "window_exhausted", "window_exhausted", rest_s=900, fields=WAIT),
    Case("oauth", "window_exhausted", "window_exhausted", rest_s=900, fields={**WAIT, "code": "7d"}),
    Case("oauth", "model_429", "model_limited", rest_s=900, model_only=True, fields=WAIT),
    Case("oauth", "overage_429", "model_limited", rest_s=60, model_only=True),
    Case("anthropic", "rate_limit", "rate_limited", rest_s=30),
    Case("anthropic", "concurrency_429", "rate_limited", rest_s=30),
    Case("chat", "rate_limit", "rate_limited", rest_s=30, model_only=True),
    Case("responses", "window_exhausted", "rate_limited", rest_s=900, model_only=True, fields=WAIT),
    Case("codex", "rate_limit", "rate_limited", rest_s=30),
    # used up
    Case("codex", "usage_limit_reached", "quota_exhausted", rest_s=900, fields=WAIT),
    Case("codex", "insufficient_quota", "quota_exhausted", rest_s=60),
    Case("chat", "insufficient_quota", "quota_exhausted", rest_s=60),
    Case("anthropic", "billing_402", "quota_exhausted", rest_s=60),
    Case("responses", "billing_402", "quota_exhausted", rest_s=60),
    # not accepted
    Case("anthropic", "unauthorized_401", "credential_refused", unhealthy="invalid x-api-key"),
    Case("oauth", "unauthorized_401", "credential_refused", unhealthy="OAuth token has expired"),
    Case("chat", "unauthorized_401", "credential_refused", unhealthy="Incorrect API key"),
    Case("codex", "unauthorized_401", "credential_refused", unhealthy="token is expired"),
    Case("anthropic", "forbidden_403", "credential_refused", unhealthy="permission"),
    Case("codex", "usage_not_included", "token_unusable", unhealthy="usage_not_included"),
    Case("codex", "billing_402", "token_unusable", unhealthy="deactivated_workspace"),
    # no capacity: this model rests, shortly
    Case("anthropic", "overloaded_529", "overloaded", rest_s=10, model_only=True),
    Case("anthropic", "overloaded_503", "overloaded", rest_s=10, model_only=True),
    Case("chat", "overloaded_503", "overloaded", rest_s=10, model_only=True),
    Case(
        "codex", "overloaded_503", "overloaded", rest_s=30, model_only=True, fields={"headers": {"retry-after": "30"}}
    ),
    Case("codex", "model_429", "overloaded", rest_s=10, model_only=True),
    # the host's fault: the same token once more, then another; no token is to blame
    Case("anthropic", "server_error_500", "server_error", ONCE_MORE),
    Case("chat", "server_error_500", "server_error", ONCE_MORE),
    Case("anthropic", "bad_gateway_502_html", "server_error", ONCE_MORE),
    Case("anthropic", "timeout_504", "server_error", ONCE_MORE),
    Case("codex", "cloudflare_403", "server_error", ONCE_MORE),
    Case("anthropic", "close_before_headers", "connection_closed", ONCE_MORE),
    Case("codex", "reset", "connection_closed", ONCE_MORE, fields={"at_event": 0}),
    Case("anthropic", "garbage", "connection_closed", ONCE_MORE),
    Case("anthropic", "cut_stream", "connection_closed", ONCE_MORE, stream=False),
    Case("anthropic", "cut_stream", "connection_closed", ONCE_MORE, fields={"at_event": 0}),
    Case("anthropic", "end_without_terminal", "connection_closed", ONCE_MORE, fields={"at_event": 0}),
]


def in_stream(ask: str, code: str, outcome: str, *paid: str, **changes: Any) -> Case:
    fields = {"code": code, **changes.pop("fields", {})}
    return Case(ask, "error_in_stream", outcome, paid or FIRST_ONLY, fields=fields, **changes)


STREAM_CASES = [
    in_stream("anthropic", "overloaded_error", "overloaded", rest_s=10, model_only=True),
    in_stream("anthropic", "authentication_error", "credential_refused", unhealthy="authentication_error"),
    in_stream("anthropic", "api_error", "server_error", *ONCE_MORE),
    in_stream("codex", "server_is_overloaded", "overloaded", rest_s=10, model_only=True),
    in_stream(
        "codex", "rate_limit_exceeded", "rate_limited", rest_s=4.2, model_only=True, fields={"retry_after_s": 4.2}
    ),
    in_stream("codex", "usage_limit_reached", "quota_exhausted", rest_s=60),
    in_stream("codex", "insufficient_quota", "quota_exhausted", rest_s=60),
    in_stream("codex", "server_error", "server_error", *ONCE_MORE),
    in_stream("responses", "slow_down", "overloaded", rest_s=10, model_only=True, fields={"flat_error_event": True}),
    in_stream("codex", "usage_limit_reached", "quota_exhausted", rest_s=60, fields={"flat_error_event": True}),
    in_stream("chat", "server_is_overloaded", "overloaded", rest_s=10, model_only=True),
    in_stream("chat", "insufficient_quota", "quota_exhausted", rest_s=60),
]


@pytest.mark.parametrize("case", [*STATUS_CASES, *STREAM_CASES], ids=str)
def test_the_next_token_answers_and_the_client_sees_nothing_else(case: Case, lab: Lab) -> None:
    ask = case.ask
    lab.fresh(ask)
    lab.faults(lab.fault(case.fault, **case.fields))
    answer = lab.ask(ask, stream=True if case.stream or ask == "codex" else None)
    now = time.time()

    assert answer.status_code == 200, answer.text
    assert answer.content == lab.seen()[-1].response_bytes  # the winner's bytes, all of them and no others
    assert tuple(lab.paid()) == case.paid

    expected = [(case.outcome, "same_token")] * (len(case.paid) - 2) + [(case.outcome, "next_token")]
    assert [(outcome, action) for _, outcome, action in lab.outcomes()] == [*expected, ("answered", "done")]
    row = lab.rows()[0]
    assert (row["state"], row["status"], row["token"], row["attempts"]) == ("ok", 200, "second", len(case.paid))
    assert row["output_tokens"] or ask == "chat"  # a chat stream tells only when asked to
    assert all(attempt["reason"] for attempt in lab.attempts(row)[:-1])

    first, second = lab.token("first"), lab.token("second")
    assert (first.health, second.health) == ("unhealthy" if case.unhealthy else "healthy", "healthy")
    assert case.unhealthy in first.health_because
    assert second.cooldowns == ()
    if case.rest_s is None:
        assert first.cooldowns == ()
    else:
        (rest,) = first.cooldowns
        assert rest.until == pytest.approx(now + case.rest_s, abs=3)
        assert rest.kind == case.outcome
        assert rest.model == (row["model"] if case.model_only else "")
        assert rest.because


def test_the_next_request_goes_straight_to_the_token_that_can_pay(lab: Lab) -> None:
    lab.fresh("oauth")
    lab.faults(lab.fault("window_exhausted", retry_after_s=900))
    assert lab.ask("oauth").status_code == 200
    assert lab.ask("oauth", messages=[{"role": "user", "content": "and now?"}]).status_code == 200
    assert lab.paid() == ["first", "second", "second"]
    again = lab.attempts(lab.rows(2)[1])
    assert 0 <= again[0]["connect_ms"] <= again[0]["first_byte_ms"]
    assert "passed over first (resting for 1" in again[0]["because"]


def test_a_rest_for_one_model_leaves_the_token_to_the_others(lab: Lab) -> None:
    lab.fresh("anthropic")
    lab.faults(lab.fault("overloaded_529", model="claude-opus-*"))
    assert lab.ask("anthropic", model="claude-opus-5-5").status_code == 200
    assert lab.ask("anthropic", model="claude-sonnet-5").status_code == 200
    assert lab.paid() == ["first", "second", "first"]


def test_the_latest_rejected_window_decides(lab: Lab) -> None:
    lab.fresh("oauth")
    now = time.time()
    unified = "anthropic-ratelimit-unified"
    headers = {
        f"{unified}-7d-status": "rejected", f"{unified}-7d-reset": str(int(now + 5000)),
        f"{unified}-7d-utilization": "1.0",
    }  # fmt: skip
    lab.faults(lab.fault("window_exhausted", retry_after_s=900, headers=headers))
    assert lab.ask("oauth").status_code == 200
    assert lab.token().cooldowns[0].until == pytest.approx(now + 5000, abs=3)


def test_a_spend_limit_rests_the_token_until_the_day_it_names(lab: Lab) -> None:
    lab.fresh("anthropic")
    lab.faults(lab.fault("spend_limit"))
    assert lab.ask("anthropic").status_code == 200
    assert lab.token().cooldowns[0].until == datetime(2030, 1, 1, tzinfo=UTC).timestamp()


def test_five_attempts_at_most(lab: Lab) -> None:
    lab.fresh("anthropic", tokens=("a", "b", "c", "d", "e", "f"))
    lab.faults(lab.fault("overloaded_529", "*"))
    answer = lab.ask("anthropic")
    assert (answer.status_code, answer.json()["error"]["type"]) == (529, "overloaded_error")
    assert lab.paid() == ["a", "b", "c", "d", "e"]
    assert lab.rows()[0]["state"] == "failed"


# ---- what is handed to the client as it is ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ask", "fault", "status"),
    [
        ("anthropic", "bad_request_400", 400),
        ("codex", "bad_request_400", 400),
        ("anthropic", "request_too_large_413", 413),
        ("chat", "status", 422),
    ],
)
def test_the_clients_own_mistakes_are_answered_unchanged_and_rest_nobody(
    ask: str, fault: str, status: int, lab: Lab
) -> None:
    lab.fresh(ask)
    lab.faults(lab.fault(fault, **({"status": status} if fault == "status" else {})))
    answer = lab.ask(ask)
    seen = lab.seen()
    assert (answer.status_code, answer.content) == (status, seen[0].response_bytes)
    assert lab.paid() == ["first"]
    assert lab.outcomes() == [("first", "client_error", "give_up")]
    assert (lab.token().cooldowns, lab.token().health) == ((), "healthy")


@pytest.mark.parametrize(
    ("ask", "fields", "words"),
    [
        ("anthropic", {"code": "invalid_request_error", "body": "prompt is too long"}, "prompt is too long"),
        ("codex", {"code": "context_length_exceeded"}, "context_length_exceeded"),
        ("responses", {"code": "context_length_exceeded", "flat_error_event": True}, "context_length_exceeded"),
        ("chat", {"code": "context_length_exceeded"}, "context_length_exceeded"),
    ],
)
def test_the_clients_own_mistake_inside_a_stream_is_passed_on_as_the_stream_it_is(
    ask: str, fields: dict[str, Any], words: str, lab: Lab
) -> None:
    lab.fresh(ask)
    lab.faults(lab.fault("error_in_stream", **fields))
    answer = lab.ask(ask, stream=True)
    assert (answer.status_code, answer.content) == (200, lab.seen()[0].response_bytes)
    assert words in answer.text
    assert lab.paid() == ["first"]
    assert (lab.token().cooldowns, lab.token().health) == ((), "healthy")
    assert lab.rows()[0]["state"] == "failed"


def test_a_429_about_this_request_alone_is_tried_once_more_and_then_handed_over(lab: Lab) -> None:
    lab.fresh("oauth")
    lab.faults(lab.fault("windowless_429", "*", times=1))
    assert lab.ask("oauth").status_code == 200
    assert lab.paid() == ["first", "first"]

    lab.fresh("oauth")
    lab.faults(lab.fault("windowless_429", "*"))
    answer = lab.ask("oauth")
    assert (answer.status_code, answer.content) == (429, lab.seen()[-1].response_bytes)
    assert lab.paid() == ["first", "first"]
    assert lab.token().cooldowns == ()


@pytest.mark.parametrize(
    ("ask", "fault", "status"), [("anthropic", "server_error_500", 500), ("chat", "timeout_504", 504)]
)
def test_when_every_token_meets_the_hosts_failure_the_client_gets_its_words(
    ask: str, fault: str, status: int, lab: Lab
) -> None:
    lab.fresh(ask)
    lab.faults(lab.fault(fault, "*"))
    answer = lab.ask(ask)
    assert (answer.status_code, answer.content) == (status, lab.seen()[-1].response_bytes)
    assert lab.paid() == list(ONCE_MORE)
    assert lab.token("first").cooldowns == lab.token("second").cooldowns == ()


@pytest.mark.parametrize("ask", ["anthropic", "chat", "codex"])
def test_an_html_page_reaches_nobody(ask: str, lab: Lab) -> None:
    lab.fresh(ask)
    lab.faults(lab.fault("bad_gateway_502_html", "*"))
    answer = lab.ask(ask)
    assert answer.status_code == 502
    assert answer.headers["content-type"] == "application/json"
    assert "502" in answer.json()["error"]["message"]
    assert (answer.json().get("type") == "error") == (ask == "anthropic")


@pytest.mark.parametrize("fault", ["close_before_headers", "garbage"])
def test_a_connection_that_always_breaks_ends_in_json(fault: str, lab: Lab) -> None:
    lab.fresh("anthropic")
    lab.faults(lab.fault(fault, "*"))
    answer = lab.ask("anthropic", stream=True)
    assert (answer.status_code, answer.json()["error"]["type"]) == (502, "api_error")
    assert "Tried 3 times" in answer.json()["error"]["message"]
    assert lab.outcomes()[-1] == ("second", "connection_closed", "give_up")


def test_half_a_json_answer_never_passes_for_a_whole_one(lab: Lab) -> None:
    lab.fresh("anthropic")
    lab.faults(lab.fault("cut_stream", "*"))
    answer = lab.ask("anthropic")
    assert answer.status_code == 502
    assert orjson.loads(answer.content)["type"] == "error"
