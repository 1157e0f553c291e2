"""What a scripted fault looks like from the Gemini API."""

from collections.abc import Sequence

import orjson

from router_core.simulator.accounts import AccountState
from router_core.simulator.answers import Answer, Frame, Refusal
from router_core.simulator.call import Call, Json
from router_core.simulator.code_assist_quota import quota_exceeded as quota_exceeded_there
from router_core.simulator.gemini_errors import (
    STATUS_NAMES,
    bad_key,
    error_info,
    error_payload,
    gemini_error,
    overloaded,
    project_number,
    quota_exceeded,
    shown_delay_s,
    unknown_model,
)
from router_core.simulator.google_accounts import check_standing
from router_core.simulator.script import Fault

_MESSAGES = {
    400: "Request contains an invalid argument.",
    429: "Resource has been exhausted (e.g. check quota).",
    500: "An internal error has occurred. Please retry or report in "
    "https://developers.generativeai.google/guide/troubleshooting",
    503: "The model is overloaded. Please try again later.",
    504: "The request timed out. Please try again.",
}

_STATUS_OF_NAME = {
    name: status for status, name in STATUS_NAMES.items() if status in (400, 401, 403, 404, 429, 499, 500, 503, 504)
}


def gemini_fault(call: Call, account: AccountState | None, fault: Fault, wait_s: float) -> Answer | None:
    """The answer that a status fault gives; None for those that differ from other providers in their envelope only.

    Args:
        wait_s: the wait to name, the row's own or the usual one.
    """
    token = account.token if account else call.credential
    if call.path.startswith("/v1internal") and (answer := _code_assist(call, account, fault, wait_s)):
        return answer
    match fault.fault:
        case "window_exhausted" | "usage_limit_reached":
            window = fault.code or "requests-per-day"
            wait_s = _reset_in_s(call, account, window, wait_s) if fault.retry_after_s is None else wait_s
            return quota_exceeded(window, call.model, shown_delay_s(window, wait_s), _limit(account, window))
        case "rate_limit" | "concurrency_429" | "model_429":
            window = fault.code or "requests-per-minute"
            return quota_exceeded(window, call.model, wait_s, _limit(account, window))
        case "windowless_429":
            return gemini_error(429, _MESSAGES[429])
        case "insufficient_quota" | "overage_429":
            return quota_exceeded("requests-per-day", call.model, wait_s, 0)
        case "spend_limit":
            text = "Your prepayment credits are depleted. Please go to AI Studio at https://ai.studio/projects to "
            return gemini_error(429, f"{text}manage your project and billing.")
        case "billing_402":
            text = "Gemini API free tier is not available in your country. Please enable billing on your project in "
            return gemini_error(400, f"{text}Google AI Studio.", name="FAILED_PRECONDITION")
        case "usage_not_included":
            text = f"Generative Language API has not been used in project {project_number(token)} before or it is "
            info = error_info("SERVICE_DISABLED", consumer=f"projects/{project_number(token)}")
            return gemini_error(403, f"{text}disabled.", details=[info])
        case "unauthorized_401" if call.bearer:
            text = "Request had invalid authentication credentials. Expected OAuth 2 access token."
            return gemini_error(401, text, details=[error_info(fault.code or "ACCESS_TOKEN_EXPIRED")])
        case "unauthorized_401":
            return bad_key()  # Google answers a wrong key with 400
        case "forbidden_403":
            return gemini_error(403, "The caller does not have permission")
        case "not_found_404":
            return unknown_model(call.model, call.path.rpartition(":")[2])
        case "overloaded_529" | "overloaded_503":
            return overloaded()
        case "server_error_500":
            return gemini_error(500, _MESSAGES[500])
        case "timeout_504":
            return gemini_error(504, _MESSAGES[504])
        case _:
            return None


def _code_assist(call: Call, account: AccountState | None, fault: Fault, wait_s: float) -> Answer | None:
    """The limits of that service have details of their own."""
    match fault.fault:
        case "window_exhausted" | "usage_limit_reached" | "insufficient_quota" | "model_429":
            window = fault.code or "requests-per-day"
            named = wait_s if fault.retry_after_s is not None else _reset_in_s(call, account, window, 7200.0)
            return quota_exceeded_there(call.model, call.at + named, call.at, minute=False).answer
        case "rate_limit" | "concurrency_429":
            return quota_exceeded_there(call.model, call.at + wait_s, call.at, minute=True).answer
        case "usage_not_included" if account is not None:
            account.spec.plan = account.spec.plan or "individual"
            try:
                check_standing(account)
            except Refusal as refusal:
                return refusal.answer
    return None


def gemini_stream_error(fault: Fault) -> Json:
    """The error that strikes inside a stream; the row's `code` is a status name, or another provider's word for it."""
    name = fault.code if fault.code in _STATUS_OF_NAME else _status_name(fault.code or "overloaded")
    status = _STATUS_OF_NAME[name]
    return error_payload(status, fault.body or _MESSAGES.get(status, name), name=name)


def gemini_error_frame(payload: Json, stream: Sequence[Frame]) -> Frame:
    """The error in the form of the stream that it interrupts: an event, or the last element of the array."""
    if stream[0].data.startswith(b"data:"):
        return Frame(b"data: %s\r\n\r\n" % orjson.dumps(payload), "terminal")
    return Frame(orjson.dumps(payload) + b"\n]\n", "terminal")


def _status_name(code: str) -> str:
    if "context" in code or "invalid" in code:
        return "INVALID_ARGUMENT"
    if "limit" in code or "quota" in code:
        return "RESOURCE_EXHAUSTED"
    return "UNAVAILABLE" if "overload" in code or "slow" in code else "INTERNAL"


def _reset_in_s(call: Call, account: AccountState | None, window: str, wait_s: float) -> float:
    states = [state for state in account.windows if state.spec.name == window] if account else []
    return max(0.0, states[0].reset_at - call.at) if states else wait_s


def _limit(account: AccountState | None, window: str) -> int | None:
    states = [state for state in account.windows if state.spec.name == window] if account else []
    return (states[0].spec.capacity_tokens or None) if states else None
