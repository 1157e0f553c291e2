"""What a scripted fault looks like from each provider.

One name means the same trouble everywhere, in the words of whoever is asked: `window_exhausted` is a unified 429 from
Anthropic, `usage_limit_reached` from Codex, a per-minute 429 from the OpenAI platform. So one script covers all.
"""

import math
from typing import Literal

import orjson

from router_core.simulator.accounts import FIVE_HOURS_S, WEEK_S, AccountState, WindowState
from router_core.simulator.answers import Answer, json_answer
from router_core.simulator.anthropic import too_large
from router_core.simulator.anthropic_errors import STATUS_OF_TYPE, TYPE_OF_STATUS, anthropic_error
from router_core.simulator.anthropic_quota import exhausted_answer
from router_core.simulator.call import Call, Headers, Json
from router_core.simulator.codex import usage_limit_reached
from router_core.simulator.copilot_rules import copilot_error
from router_core.simulator.gemini import in_array
from router_core.simulator.gemini_errors import gemini_error
from router_core.simulator.gemini_faults import gemini_fault
from router_core.simulator.google_accounts import code_assist_kinds
from router_core.simulator.openai import rate_limited
from router_core.simulator.openai_errors import detail_answer, mask_key, openai_error
from router_core.simulator.quota_headers import quota_headers, unified_headers
from router_core.simulator.script import AccountKind, Fault, Window
from router_core.simulator.world import World

type Provider = Literal["anthropic", "openai", "codex", "gemini", "copilot", "ollama"]

DEFAULT_WAIT_S = 30.0

BAD_GATEWAY_HTML = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
    b"<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n"
)
CHALLENGE_HTML = (
    b'<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title></head><body>'
    b"<h1>Enable JavaScript and cookies to continue</h1></body></html>"
)


def fault_answer(world: World, call: Call, provider: Provider, fault: Fault) -> Answer:
    """The answer that a status fault gives, with the row's own status, body and headers applied."""
    account = _account(world, call, provider)
    match provider:
        case "anthropic":
            answer = _anthropic(world, call, account, fault)
        case "openai" | "copilot" | "ollama":
            answer = _openai(world, call, account, fault) or _common(world, provider, fault)
        case "codex":
            answer = _codex(world, account, fault) or _common(world, provider, fault)
        case "gemini":
            answer = gemini_fault(call, account, fault, _wait_s(fault)) or _common(world, provider, fault)
            return in_array(call, _with_overrides(answer, fault))
    return _with_overrides(answer, fault)


def error_body_answer(world: World, provider: Provider, status: int, message: str, code: str | None) -> Answer:
    """An error of any status in the provider's envelope."""
    match provider:
        case "anthropic":
            return anthropic_error(world, status, message, error_type=code or "")
        case "openai" | "ollama":
            kind = "server_error" if status >= 500 else "invalid_request_error"
            return openai_error(world, status, message, code=code, error_type=kind)
        case "copilot":
            return copilot_error(world, status, message, code or "invalid_request_body")
        case "codex":
            if status >= 500 or code:
                return openai_error(world, status, message, code=code, error_type=code or "server_error")
            return detail_answer(world, status, message)
        case "gemini":
            return gemini_error(status, message, name=code if code and code.isupper() else "")


def _account(world: World, call: Call, provider: Provider) -> AccountState | None:
    now = world.clock.now()
    match provider:
        case "anthropic":
            return world.accounts.find(call.credential, ("anthropic_api", "anthropic_oauth"), now)
        case "openai" | "ollama":
            return world.accounts.find(call.credential, ("openai",), now)
        case "codex":
            return world.accounts.find(call.credential, ("codex",), now)
        case "gemini":
            return world.accounts.find(call.credential, google_kinds(call), now)
        case "copilot":
            return world.accounts.find(call.credential, ("copilot",), now)


def google_kinds(call: Call) -> tuple[AccountKind, ...]:
    """Which accounts the asked service of Google has."""
    if call.path.startswith("/v1internal"):
        return code_assist_kinds(call)
    return ("gemini",) if call.path.startswith("/v1beta/") else ("vertex",)


def _wait_s(fault: Fault) -> float:
    return DEFAULT_WAIT_S if fault.retry_after_s is None else fault.retry_after_s


def _wait_headers(fault: Fault) -> Headers:
    return [("retry-after", str(math.ceil(_wait_s(fault))))]


def _anthropic(world: World, call: Call, account: AccountState | None, fault: Fault) -> Answer:
    oauth = account is not None and account.spec.kind == "anthropic_oauth"
    limit_text = "This request would exceed your account's rate limit. Please try again later."
    match fault.fault:
        case "window_exhausted" | "usage_limit_reached":
            return _anthropic_window(world, account, fault, fault.code or "5h")
        case "model_429":
            family = "7d_opus" if "opus" in call.model else "7d_oi"
            return _anthropic_window(world, account, fault, fault.code or family)
        case "rate_limit" | "concurrency_429":
            headers = [*_wait_headers(fault), *(quota_headers(account, world.clock.now()) if account else [])]
            text = "Number of concurrent connections has exceeded your rate limit."
            return anthropic_error(
                world, 429, text if fault.fault == "concurrency_429" else limit_text, headers=headers
            )
        case "windowless_429":
            # neither windows nor retry-after: it is about this request alone
            return anthropic_error(world, 429, "rate limit exceeded")
        case "overage_429":
            headers = unified_headers(account, ()) if oauth and account else []
            head = [pair for pair in headers if "overage" not in pair[0]]
            prefix = "anthropic-ratelimit-unified-overage"
            head += [(f"{prefix}-status", "rejected"), (f"{prefix}-disabled-reason", "out_of_credits")]
            return anthropic_error(world, 429, "Extra usage is required for long context requests.", headers=head)
        case "spend_limit" | "insufficient_quota":
            return _spend_limit(world)
        case "usage_not_included":
            text = "OAuth authentication is currently not allowed for this organization."
            return anthropic_error(world, 403, text)
        case "unauthorized_401":
            text = "OAuth token has expired. Please obtain a new token or refresh your existing token."
            return anthropic_error(world, 401, text if oauth else "invalid x-api-key")
        case "request_too_large_413":
            return too_large()
        case "not_found_404":
            return anthropic_error(world, 404, f"model: {call.model}")
        case _:
            return _common(world, "anthropic", fault)


def _anthropic_window(world: World, account: AccountState | None, fault: Fault, name: str) -> Answer:
    if account is None or account.spec.kind != "anthropic_oauth":
        headers = [*_wait_headers(fault), *(quota_headers(account, world.clock.now()) if account else [])]
        text = "This request would exceed your organization's rate limit. Please try again later."
        return anthropic_error(world, 429, text, headers=headers)
    shown = _with_full_window(world, account, fault, name)
    return exhausted_answer(world, shown, (name,))


def _with_full_window(world: World, account: AccountState, fault: Fault, name: str) -> AccountState:
    """A copy of the account that shows the window as full: the fault passes, the real windows stay."""
    length = FIVE_HOURS_S if name == "5h" else WEEK_S
    known = next((state for state in account.windows if state.spec.name == name), None)
    spec = known.spec if known else Window(name=name, length_s=length)
    reset_at = known.reset_at if known else world.clock.now() + length
    if fault.retry_after_s is not None:
        reset_at = world.clock.now() + fault.retry_after_s
    full = WindowState(spec, 1.01, reset_at)
    others = [state for state in account.windows if state is not known]
    return AccountState(account.spec, [full, *others] if name == "5h" else [*others, full])


def _spend_limit(world: World) -> Answer:
    text = "You have reached your API usage limits: monthly spend. You will regain access on 2030-01-01 at 00:00 UTC."
    request_id = world.refusal_id()
    error: Json = {"type": "rate_limit_error", "message": text}
    error["details"] = {"error_code": "enforced_spend_limit_reached"}
    payload = {"type": "error", "error": error, "request_id": request_id}
    return json_answer(429, payload, [("request-id", request_id), ("x-should-retry", "false")])


def _openai(world: World, call: Call, account: AccountState | None, fault: Fault) -> Answer | None:
    match fault.fault:
        case "window_exhausted" | "rate_limit" | "concurrency_429" | "model_429":
            return rate_limited(world, account, "requests", _wait_s(fault), call.model)
        case "windowless_429":
            text = f"Rate limit reached for {call.model}."
            return openai_error(world, 429, text, code="rate_limit_exceeded", error_type="requests")
        case "insufficient_quota" | "spend_limit" | "overage_429" | "usage_limit_reached" | "usage_not_included":
            text = "You exceeded your current quota, please check your plan and billing details."
            return openai_error(world, 429, text, code="insufficient_quota", error_type="insufficient_quota")
        case "unauthorized_401":
            text = f"Incorrect API key provided: {mask_key(call.credential)}."
            return openai_error(world, 401, text, code=fault.code or "invalid_api_key")
        case "not_found_404":
            text = f"The model `{call.model}` does not exist or you do not have access to it."
            return openai_error(world, 404, text, code="model_not_found")
        case "overloaded_529" | "overloaded_503":
            text = "The engine is currently overloaded, please try again later."
            code = fault.code or "server_is_overloaded"
            return openai_error(world, 503, text, code=code, error_type="server_error")
        case _:
            return None


def _codex(world: World, account: AccountState | None, fault: Fault) -> Answer | None:
    now = world.clock.now()
    match fault.fault:
        case "window_exhausted" | "usage_limit_reached" | "overage_429" | "spend_limit":
            resets = [state.reset_at for state in account.windows[:1]] if account else []
            reset_at = resets[0] if resets and fault.retry_after_s is None else now + _wait_s(fault)
            shown = _with_full_window(world, account, fault, account.windows[0].spec.name) if account else None
            return usage_limit_reached(world, shown, reset_at)
        case "usage_not_included":
            return usage_limit_reached(world, account, now + _wait_s(fault), "usage_not_included")
        case "insufficient_quota":
            text = "You exceeded your current quota, please check your plan and billing details."
            return openai_error(world, 429, text, code="insufficient_quota", error_type="insufficient_quota")
        case "rate_limit" | "concurrency_429":
            text = f"Rate limit reached. Please try again in {_wait_s(fault):.3g}s"
            head = _wait_headers(fault)
            return openai_error(world, 429, text, code="rate_limit_exceeded", error_type="tokens", headers=head)
        case "windowless_429":
            return openai_error(world, 429, "Too many requests", code="rate_limit_exceeded", error_type="requests")
        case "model_429":
            text = "Selected model is at capacity. Please try a different model."
            return openai_error(world, 429, text, error_type="server_error")
        case "billing_402":
            return detail_answer(world, 402, {"code": fault.code or "deactivated_workspace"})
        case "unauthorized_401":
            text = "Provided authentication token is expired. Please try signing in again."
            return openai_error(world, 401, text, code=fault.code or "token_expired")
        case "overloaded_529" | "overloaded_503":
            text = "Our servers are currently overloaded. Please try again later."
            return openai_error(world, 503, text, code=fault.code or "server_is_overloaded", error_type="server_error")
        case _:
            return None


# status and words of the faults that differ between providers in their envelope only
_COMMON: dict[str, tuple[int, str]] = {
    "billing_402": (402, "There is a problem with your payment method."),
    "unauthorized_401": (401, "Invalid authentication credentials"),
    "forbidden_403": (403, "Your account does not have permission to use this resource."),
    "overloaded_529": (529, "Overloaded"),
    "overloaded_503": (503, "Service unavailable"),
    "server_error_500": (500, "Internal server error"),
    "timeout_504": (504, "Request timed out"),
    "bad_request_400": (400, "Your request could not be processed."),
    "not_found_404": (404, "Not found"),
    "request_too_large_413": (413, "Request exceeds the maximum size"),
    "status": (500, "Scripted status"),
}


def _common(world: World, provider: Provider, fault: Fault) -> Answer:
    if fault.fault == "bad_gateway_502_html":
        return Answer(502, [("content-type", "text/html")], BAD_GATEWAY_HTML)
    if fault.fault == "cloudflare_403":
        head = [("content-type", "text/html; charset=UTF-8"), ("cf-mitigated", "challenge")]
        return Answer(403, head, CHALLENGE_HTML)
    status, text = _COMMON.get(fault.fault, (500, fault.fault))
    status = fault.status or status
    if fault.code and fault.status is None and provider == "anthropic":
        status = STATUS_OF_TYPE.get(fault.code, status)
    code = fault.code or (TYPE_OF_STATUS.get(status) if provider == "anthropic" else None)
    answer = error_body_answer(world, provider, status, fault.body or text, code)
    if fault.retry_after_s is not None:
        answer.headers += _wait_headers(fault)
    return answer


def _with_overrides(answer: Answer, fault: Fault) -> Answer:
    """Apply the row's own status, message or body, and headers."""
    if fault.status is not None:
        answer.status = fault.status
    if fault.body is not None:
        if fault.body.startswith(("{", "[", "<")):
            answer.body = fault.body.encode()
            kind = "text/html" if fault.body.startswith("<") else "application/json"
            answer.headers = [pair for pair in answer.headers if pair[0] != "content-type"]
            answer.headers.insert(0, ("content-type", kind))
        else:
            answer.body = _with_message(answer.body, fault.body)
    changed = {name.lower() for name in fault.headers}
    answer.headers = [pair for pair in answer.headers if pair[0].lower() not in changed]
    answer.headers += [(name, value) for name, value in fault.headers.items() if value]
    return answer


def _with_message(body: bytes, message: str) -> bytes:
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError:
        return message.encode()
    if isinstance(payload.get("error"), dict):
        payload["error"]["message"] = message
    else:
        payload["detail"] = message
    return orjson.dumps(payload)
