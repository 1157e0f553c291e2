# ruff: noqa: E501 - a table is read by its rows
"""What a failed attempt means: the five meanings of 429, errors inside a 200 stream, and who is to blame."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from router_core.config.schema import Kind
from router_core.providers.classify import classify
from router_core.providers.failure import Broken, Failure, FailureKind, Outcome

K = FailureKind
NOW = 1_785_500_000.0
U = "anthropic-ratelimit-unified-"


def _error(type_: str, message: str = "words", **more: Any) -> dict[str, Any]:
    return {"type": "error", "error": {"type": type_, "message": message, **more}, "request_id": "req_1"}


def _claude(
    status: int, error: dict[str, Any] | None, headers: Mapping[str, str] | None = None, text: str = ""
) -> Failure:
    return classify("anthropic", Outcome(status, headers or {}, error, text), NOW)


def _openai(
    status: int, error: dict[str, Any] | None, headers: Mapping[str, str] | None = None, text: str = "",
    kind: Kind = "codex",
) -> Failure:  # fmt: skip
    return classify(kind, Outcome(status, headers or {}, error, text), NOW)


def _seen(failure: Failure) -> tuple[K, float | None, bool]:
    until = None if failure.rest_until is None else round(failure.rest_until - NOW, 3)
    return failure.kind, until, failure.rest_model_only


FIVE_REJECTED = {
    f"{U}status": "rejected", f"{U}reset": "1785518400", f"{U}representative-claim": "five_hour",
    f"{U}5h-status": "rejected", f"{U}5h-reset": "1785518400", f"{U}5h-utilization": "1.01",
    f"{U}7d-status": "allowed", f"{U}7d-reset": "1786006800", f"{U}7d-utilization": "0.69",
    "x-should-retry": "true",
}  # fmt: skip
OI_REJECTED = {
    f"{U}status": "rejected", f"{U}representative-claim": "seven_day_overage_included",
    f"{U}5h-status": "allowed", f"{U}5h-reset": "1785518400", f"{U}7d-status": "allowed", f"{U}7d-reset": "1786006800",
    f"{U}7d_oi-status": "rejected", f"{U}7d_oi-reset": "1785621320", f"{U}7d_oi-utilization": "1.02",
}  # fmt: skip
RATE = _error("rate_limit_error", "This request would exceed your account's rate limit. Please try again later.")


@pytest.mark.parametrize(
    ("headers", "error", "seen"),
    [
        pytest.param(FIVE_REJECTED, RATE, (K.WINDOW_EXHAUSTED, 18400, False), id="1-window-until-its-reset"),
        pytest.param(FIVE_REJECTED | {"retry-after": "30"}, RATE, (K.WINDOW_EXHAUSTED, 18400, False),
                     id="1-window-reset-wins-over-a-shorter-retry-after"),
        pytest.param(FIVE_REJECTED | {"retry-after": "99999"}, RATE, (K.WINDOW_EXHAUSTED, 99999, False),
                     id="1-the-latest-of-both"),
        pytest.param(FIVE_REJECTED | {f"{U}7d-status": "rejected"}, RATE, (K.WINDOW_EXHAUSTED, 506800, False),
                     id="1-both-windows-the-later-reset"),
        pytest.param(FIVE_REJECTED | {f"{U}5h-reset": "1700000000"}, RATE, (K.WINDOW_EXHAUSTED, None, False),
                     id="1-a-reset-in-the-past-is-none"),
        pytest.param(FIVE_REJECTED | {f"{U}5h-reset": "soon"}, RATE, (K.WINDOW_EXHAUSTED, None, False),
                     id="1-a-reset-that-is-no-number"),
        pytest.param({f"{U}status": "rejected", f"{U}reset": "1785518400", f"{U}representative-claim": "five_hour"}, RATE,
                     (K.WINDOW_EXHAUSTED, 18400, False), id="1-only-the-overall-verdict"),
        pytest.param({"x-should-retry": "true"}, RATE, (K.REQUEST_LIMITED, None, False), id="2-windowless"),
        pytest.param({f"{U}status": "allowed", f"{U}5h-status": "allowed", f"{U}5h-reset": "1785518400"}, RATE,
                     (K.REQUEST_LIMITED, None, False), id="2-all-allowed"),
        pytest.param({f"{U}status": "allowed", f"{U}5h-status": "allowed", f"{U}5h-reset": "1785518400", f"{U}5h-utilization": "1.2"},
                     RATE, (K.REQUEST_LIMITED, None, False), id="2-allowed-on-extra-usage"),
        pytest.param(OI_REJECTED, RATE, (K.MODEL_LIMITED, 121320, True), id="3-only-the-weekly-window-of-one-family"),
        pytest.param({f"{U}status": "rejected", f"{U}reset": "1785518400", f"{U}representative-claim": "seven_day_opus"},
                     RATE, (K.MODEL_LIMITED, 18400, True), id="3-only-the-verdict-names-the-model-window"),
        pytest.param({f"{U}status": "allowed", f"{U}overage-disabled-reason": "out_of_credits"}, RATE,
                     (K.MODEL_LIMITED, None, True), id="3-out-of-credits"),
        pytest.param({"retry-after": "7"}, _error("rate_limit_error", "Usage credits are required for fast mode"),
                     (K.MODEL_LIMITED, 7, True), id="3-fast-mode"),
        pytest.param({}, _error("rate_limit_error", "Extra usage is required for long context requests."),
                     (K.MODEL_LIMITED, None, True), id="3-long-context"),
        pytest.param({"retry-after": "12", "anthropic-ratelimit-requests-limit": "50"}, RATE,
                     (K.RATE_LIMITED, 12, False), id="4-per-minute"),
        pytest.param({"anthropic-ratelimit-requests-limit": "50", "anthropic-ratelimit-requests-remaining": "0",
                      "anthropic-ratelimit-requests-reset": "2026-07-31T12:13:50Z"}, RATE,
                     (K.WINDOW_EXHAUSTED, 30, False), id="4-per-minute-without-retry-after"),
        pytest.param({}, _error("rate_limit_error",
                                "You have reached your API usage limits: … You will regain access on 2026-09-01 at 00:00 UTC.",
                                details={"error_code": "enforced_spend_limit_reached"}),
                     (K.QUOTA_EXHAUSTED, datetime(2026, 9, 1, tzinfo=UTC).timestamp() - NOW, False), id="5-spend-cap"),
        pytest.param({}, _error("rate_limit_error", "no date", details={"error_code": "enforced_spend_limit_reached"}),
                     (K.QUOTA_EXHAUSTED, None, False), id="5-spend-cap-without-a-date"),
    ],
)  # fmt: skip
def test_the_five_meanings_of_an_anthropic_429(
    headers: dict[str, str], error: dict[str, Any], seen: tuple[K, float | None, bool]
) -> None:
    assert _seen(_claude(429, error, headers)) == seen


def test_a_model_window_never_rests_the_whole_credential() -> None:
    """CLIProxyAPI #5915: it cooled for 33.7 hours."""
    assert _claude(429, RATE, OI_REJECTED).rest_model_only


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (400, _error("invalid_request_error", "prompt is too long: 213462 tokens > 200000 maximum"), K.CLIENT_ERROR),
        (400, _error("invalid_request_error", "messages.1.content.0: Invalid `signature` in `thinking` block"),
         K.CLIENT_ERROR),
        (400, _error("invalid_request_error", "This credential is only authorized for use with Claude Code and cannot "
                     "be used for other API requests."), K.CLIENT_ERROR),
        (400, _error("invalid_request_error", "Third-party apps now draw from your extra usage, not your plan limits."),
         K.CLIENT_ERROR),
        (400, _error("invalid_request_error", "This organization has been disabled."), K.TOKEN_UNUSABLE),
        (400, _error("invalid_request_error", "Your credit balance is too low to access the Anthropic API."),
         K.QUOTA_EXHAUSTED),
        (401, _error("authentication_error", "invalid x-api-key"), K.CREDENTIAL_REFUSED),
        (401, _error("authentication_error", "OAuth token has expired."), K.CREDENTIAL_REFUSED),
        (401, _error("authentication_error", "OAuth authentication is currently not allowed for this organization."),
         K.TOKEN_UNUSABLE),
        (402, _error("billing_error"), K.QUOTA_EXHAUSTED),
        (403, _error("permission_error", "Your key has no access to the resource"), K.CREDENTIAL_REFUSED),
        (403, _error("permission_error", "OAuth token does not meet scope requirement user:profile"), K.CLIENT_ERROR),
        (404, _error("not_found_error", "model: claude-xyz"), K.MODEL_UNAVAILABLE),
        (404, _error("not_found_error", "Not found"), K.CLIENT_ERROR),
        (409, _error("conflict_error"), K.CLIENT_ERROR),
        (413, {"error": {"type": "request_too_large", "message": "Request exceeds the maximum size"}}, K.CLIENT_ERROR),
        (422, None, K.CLIENT_ERROR),
        (500, _error("api_error"), K.SERVER_ERROR),
        (500, _error("api_error", "Overloaded"), K.OVERLOADED),
        (502, None, K.SERVER_ERROR),
        (503, None, K.OVERLOADED),
        (504, _error("timeout_error"), K.SERVER_ERROR),
        (520, None, K.SERVER_ERROR),
        (529, _error("overloaded_error", "Overloaded"), K.OVERLOADED),
        (302, None, K.SERVER_ERROR),
    ],
)  # fmt: skip
def test_anthropic_errors_by_status(status: int, error: dict[str, Any] | None, kind: K) -> None:
    failure = _claude(status, error, {f"{U}status": "allowed"})
    assert (failure.kind, failure.status) == (kind, status)


def _codex_limit(**more: Any) -> dict[str, Any]:
    return {"error": {"type": "usage_limit_reached", "message": "The usage limit has been reached", **more}}


PRIMARY_FULL = {
    "x-codex-primary-used-percent": "100", "x-codex-primary-window-minutes": "300",
    "x-codex-primary-reset-at": str(int(NOW + 900)),
}  # fmt: skip
FAMILY_FULL = {key.replace("codex-", "codex-bengalfox-"): value for key, value in PRIMARY_FULL.items()}


@pytest.mark.parametrize(
    ("headers", "error", "seen"),
    [
        pytest.param({}, _codex_limit(resets_at=NOW + 3600, resets_in_seconds=1), (K.QUOTA_EXHAUSTED, 3600, False),
                     id="usage-limit-resets-at"),
        pytest.param({}, _codex_limit(resets_in_seconds=120), (K.QUOTA_EXHAUSTED, 120, False),
                     id="usage-limit-resets-in"),
        pytest.param({}, _codex_limit(resets_at=NOW - 5, resets_in_seconds=0), (K.QUOTA_EXHAUSTED, None, False),
                     id="usage-limit-reset-in-the-past"),
        pytest.param({}, _codex_limit(resets_at=(NOW + 60) * 1000), (K.QUOTA_EXHAUSTED, None, False),
                     id="usage-limit-in-milliseconds-is-not-believed"),
        pytest.param(PRIMARY_FULL, _codex_limit(), (K.QUOTA_EXHAUSTED, 900, False), id="usage-limit-from-headers"),
        pytest.param({"retry-after": "44"}, _codex_limit(), (K.QUOTA_EXHAUSTED, 44, False), id="usage-limit-retry-after"),
        pytest.param({}, {"error": {"type": "usage_not_included", "message": "m"}}, (K.TOKEN_UNUSABLE, None, False),
                     id="plan-without-codex"),
        pytest.param({}, {"error": {"code": "insufficient_quota", "type": "insufficient_quota", "message": "m"}},
                     (K.QUOTA_EXHAUSTED, None, False), id="insufficient-quota"),
        pytest.param({}, {"error": {"code": "rate_limit_exceeded", "message": "Please try again in 2.3s."}},
                     (K.RATE_LIMITED, 2.3, False), id="try-again-in-seconds"),
        pytest.param({}, {"error": {"code": "rate_limit_exceeded", "message": "Please try again in 20ms"}},
                     (K.RATE_LIMITED, 0.02, False), id="try-again-in-milliseconds"),
        pytest.param({}, {"error": {"code": "rate_limit_exceeded", "message": "Please try again in 7m12s. Visit"}},
                     (K.RATE_LIMITED, 432, False), id="try-again-in-minutes-and-seconds"),
        pytest.param({}, {"error": {"code": "rate_limit_exceeded", "message": "Try again in 26 seconds."}},
                     (K.RATE_LIMITED, 26, False), id="try-again-in-words"),
        pytest.param({"retry-after-ms": "1500"}, {"error": {"message": "m"}}, (K.RATE_LIMITED, 1.5, False),
                     id="retry-after-ms"),
        pytest.param({"retry-after": "3"}, {"error": {"message": "Rate limit reached for gpt-5.5 in organization o"}},
                     (K.RATE_LIMITED, 3, True), id="platform-limits-are-per-model"),
        pytest.param({}, {"error": {"message": "Selected model is at capacity. Please try a different model."}},
                     (K.OVERLOADED, None, True), id="at-capacity"),
        pytest.param(PRIMARY_FULL, {"error": {"message": "m"}}, (K.WINDOW_EXHAUSTED, 900, False), id="full-window"),
        pytest.param(FAMILY_FULL, {"error": {"message": "m"}}, (K.MODEL_LIMITED, 900, True), id="full-window-of-a-family"),
        pytest.param({}, {"error": {"message": "m"}}, (K.REQUEST_LIMITED, None, False), id="nothing-named"),
        pytest.param({}, None, (K.REQUEST_LIMITED, None, False), id="no-body"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["codex", "openai", "openai-chat", "openai-responses"])
def test_openai_429(
    kind: Kind, headers: dict[str, str], error: dict[str, Any], seen: tuple[K, float | None, bool]
) -> None:
    assert _seen(_openai(429, error, headers, kind=kind)) == seen


def test_a_codex_usage_limit_rests_the_account_not_the_model() -> None:
    """CLIProxyAPI #5286: every other model retried a dead account."""
    assert not _openai(429, _codex_limit(resets_in_seconds=9), FAMILY_FULL).rest_model_only


@pytest.mark.parametrize(
    ("status", "error", "text", "kind"),
    [
        (400, {"detail": "Unsupported parameter: previous_response_id"}, "", K.CLIENT_ERROR),
        (400, {"error": {"code": "invalid_encrypted_content", "message": "m"}}, "", K.CLIENT_ERROR),
        (400, {"error": {"code": "context_length_exceeded", "message": "m"}}, "", K.CLIENT_ERROR),
        (401, {"error": {"code": "token_invalidated", "message": "m"}}, "", K.CREDENTIAL_REFUSED),
        (401, {"detail": {"code": "token_expired"}}, "", K.CREDENTIAL_REFUSED),
        (401, {"error": {"code": "invalid_api_key", "type": "invalid_request_error", "message": "m"}}, "",
         K.CREDENTIAL_REFUSED),
        (401, None, "Unauthorized", K.CREDENTIAL_REFUSED),
        (401, None, "", K.CREDENTIAL_REFUSED),
        (401, None, "<html><title>Just a moment</title></html>", K.SERVER_ERROR),
        (402, {"detail": {"code": "deactivated_workspace"}}, "", K.TOKEN_UNUSABLE),
        (402, {"error": {"message": "Insufficient Balance"}}, "", K.QUOTA_EXHAUSTED),
        (403, None, "<!doctype html><title>Attention Required!</title>", K.SERVER_ERROR),
        (403, {"error": {"code": "unsupported_country_region_territory", "message": "m"}}, "", K.CLIENT_ERROR),
        (403, {"error": {"code": "model_not_found", "message": "Project does not have access to model m"}}, "",
         K.MODEL_UNAVAILABLE),
        (403, {"detail": "Forbidden"}, "", K.CREDENTIAL_REFUSED),
        (404, {"error": {"code": "model_not_found", "message": "m"}}, "", K.MODEL_UNAVAILABLE),
        (404, {"error": {"message": "The model `m` does not exist or you do not have access to it."}}, "",
         K.MODEL_UNAVAILABLE),
        (404, {"error": {"message": "Invalid URL (POST /v1/respones)"}}, "", K.CLIENT_ERROR),
        (400, {"error": {"message": "Model Not Exist", "type": "invalid_request_error"}}, "", K.MODEL_UNAVAILABLE),
        (400, {"detail": "The 'gpt-x' model is not supported when using Codex with a ChatGPT account."}, "",
         K.MODEL_UNAVAILABLE),
        (400, {"detail": "The 'gpt-x' model requires a newer version of Codex."}, "", K.CLIENT_ERROR),
        (404, {"detail": "Model not found gpt-6.2-sol"}, "", K.CLIENT_ERROR),
        (422, {"detail": [{"msg": "field required"}]}, "", K.CLIENT_ERROR),
        (500, {"error": {"type": "server_error", "message": "m"}}, "", K.SERVER_ERROR),
        (500, {"error": {"message": "The engine is currently overloaded"}}, "", K.OVERLOADED),
        (503, {"error": {"code": "server_is_overloaded", "message": "m"}}, "", K.OVERLOADED),
        (503, {"error": {"code": "slow_down", "message": "m"}}, "", K.OVERLOADED),
    ],
)  # fmt: skip
def test_openai_errors_by_status(status: int, error: dict[str, Any] | None, text: str, kind: K) -> None:
    assert _openai(status, error, text=text).kind is kind


@pytest.mark.parametrize(
    ("provider", "event", "kind", "status"),
    [
        ("anthropic", _error("overloaded_error", "Overloaded"), K.OVERLOADED, 529),
        ("anthropic", _error("rate_limit_error"), K.REQUEST_LIMITED, 429),
        ("anthropic", _error("api_error", "Internal server error"), K.SERVER_ERROR, 500),
        ("anthropic", _error("authentication_error"), K.CREDENTIAL_REFUSED, 401),
        ("anthropic", _error("invalid_request_error"), K.CLIENT_ERROR, 400),
        ("anthropic", _error("something_new"), K.SERVER_ERROR, 500),
        ("codex", {"type": "response.failed", "response": {"error": {"code": "server_is_overloaded", "message": "m"}}},
         K.OVERLOADED, 503),
        ("codex", {"type": "response.failed", "response": {"error": {"code": "slow_down", "message": "m"}}},
         K.OVERLOADED, 503),
        ("codex", {"type": "response.failed", "response": {"error": {"code": "insufficient_quota", "message": "m"}}},
         K.QUOTA_EXHAUSTED, 429),
        ("codex", {"type": "response.failed", "response": {"error": {"code": "usage_not_included", "message": "m"}}},
         K.TOKEN_UNUSABLE, 429),
        ("codex", {"type": "response.failed", "response":
                   {"error": {"code": "rate_limit_exceeded", "message": "try again in 1.5s"}}}, K.RATE_LIMITED, 429),
        ("codex", {"type": "response.failed", "response": {"error": {"code": "context_length_exceeded", "message": "m"}}},
         K.CLIENT_ERROR, 400),
        ("codex", {"type": "response.failed", "response": {"error": {"code": "cyber_policy", "message": "m"}}},
         K.CLIENT_ERROR, 400),
        ("codex", {"type": "response.failed", "response": {"error": {"code": None, "message": "Selected model is at capacity"}}},
         K.OVERLOADED, 503),
        ("codex", {"type": "response.failed", "response": {"error": None}}, K.SERVER_ERROR, 500),
        ("openai", {"type": "error", "code": "insufficient_quota", "message": "m", "param": None}, K.QUOTA_EXHAUSTED, 429),
        ("openai", {"type": "error", "code": None, "message": "m"}, K.SERVER_ERROR, 500),
        ("openai-chat", {"error": {"message": "m", "type": "tokens", "code": "rate_limit_exceeded"}}, K.REQUEST_LIMITED, 429),
        ("openai-chat", {"error": {"message": "m", "code": 502}, "choices": []}, K.SERVER_ERROR, 502),
        ("openai-chat", {"error": {"message": "m", "code": 429}}, K.REQUEST_LIMITED, 429),
        ("openai-chat", {"error": "just words"}, K.SERVER_ERROR, 500),
        ("openai-chat", {"object": "error", "message": "too long", "code": 400}, K.CLIENT_ERROR, 400),
        ("openai-chat", {"message": "m", "type": "overloaded_error"}, K.OVERLOADED, 529),
    ],
)  # fmt: skip
def test_errors_inside_a_200_stream(provider: Kind, event: dict[str, Any], kind: K, status: int) -> None:
    failure = classify(provider, Outcome(200, {}, event, in_stream=True), NOW)
    assert (failure.kind, failure.status) == (kind, status)


@pytest.mark.parametrize("provider", get_args(Kind))
@pytest.mark.parametrize(
    ("broken", "kind"),
    [
        (Broken.CONNECT, K.CONNECT_FAILED), (Broken.CONNECT_TIMEOUT, K.CONNECT_FAILED), (Broken.CLOSED, K.CONNECTION_CLOSED),
        (Broken.FIRST_BYTE_TIMEOUT, K.TIMED_OUT), (Broken.IDLE_TIMEOUT, K.TIMED_OUT), (Broken.TOTAL_TIMEOUT, K.TIMED_OUT),
        (Broken.INVALID, K.SERVER_ERROR),
    ],
)  # fmt: skip
def test_transport_failures(provider: Kind, broken: Broken, kind: K) -> None:
    failure = classify(provider, Outcome(broken=broken, detail="\x1b[31mconnection refused"), NOW)
    assert failure.kind is kind
    assert failure.message == f"{broken.value}: connection refused"


def test_every_way_the_transport_breaks_is_understood() -> None:
    for broken in Broken:
        assert classify("anthropic", Outcome(broken=broken), NOW).message


def test_the_message_is_the_provider_s_short_and_without_control_characters() -> None:
    failure = _claude(400, _error("invalid_request_error", "bad\x1b[2J\n" + "x" * 1000))
    assert failure.message.startswith("400 invalid_request_error: bad xxx")
    assert len(failure.message) < 340


@pytest.mark.parametrize("in_stream", [True, False])
def test_an_error_without_the_envelope_says_why(in_stream: bool) -> None:
    """SiliconFlow's form; its codes are no statuses."""
    error = {"code": 50501, "message": "Model is loading", "data": None}
    failure = classify("openai-chat", Outcome(503, {}, error, in_stream=in_stream), NOW)
    assert (failure.code, "Model is loading" in failure.message) == ("50501", True)


def test_of_an_html_page_only_the_title_is_told() -> None:
    page = "<html><head><title> 502 Bad Gateway </title></head><body>" + "x" * 5000
    assert _claude(502, None, text=page).message == "502: an HTML page (502 Bad Gateway)"


@pytest.mark.parametrize(
    "error", [{"error": None}, {"error": []}, {"detail": None}, {"response": 5}, {}, {"error": {"message": 5}}]
)
@pytest.mark.parametrize("status", [400, 401, 429, 500])
@pytest.mark.parametrize("kind", get_args(Kind))
def test_odd_bodies_never_raise(kind: Kind, status: int, error: dict[str, Any]) -> None:
    assert classify(kind, Outcome(status, {}, error), NOW).message


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (403, {"error": "Your team has reached its monthly spending limit."}, K.QUOTA_EXHAUSTED),  # xAI
        (403, {"error": {"code": "AccountOverdueError", "message": "m"}}, K.QUOTA_EXHAUSTED),  # Volcengine
        (403, {"code": 30001, "message": "Sorry, your account balance is insufficient"}, K.QUOTA_EXHAUSTED),
        (400, {"error": {"code": "Arrearage", "message": "Access denied"}}, K.QUOTA_EXHAUSTED),  # DashScope
        (400, {"error": {"code": "bad", "message": "why is my account overdue?"}}, K.CLIENT_ERROR),
        (403, {"error": {"message": "Forbidden"}}, K.CREDENTIAL_REFUSED),
        (498, {"error": {"message": "Flex tier capacity exceeded"}}, K.OVERLOADED),  # Groq
    ],
)
def test_compatible_services_have_words_of_their_own(status: int, error: dict[str, Any], kind: K) -> None:
    assert classify("openai-chat", Outcome(status, {}, error), NOW).kind is kind


def test_without_premium_requests_copilot_still_has_other_models() -> None:
    headers = {"x-quota-snapshot-premium_interactions": "ent=300&rem=0.0&rst=2100-01-01T00%3A00%3A00Z"}
    error = {"error": {"code": "quota_exceeded", "message": "m"}}
    failure = classify("copilot", Outcome(402, headers, error), NOW)
    assert (failure.kind, failure.rest_model_only, failure.rest_until) == (K.MODEL_LIMITED, True, 4102444800.0)
    assert classify("openai-chat", Outcome(402, headers, error), NOW).kind is K.QUOTA_EXHAUSTED
