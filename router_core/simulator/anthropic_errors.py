"""Anthropic's error envelope."""

from router_core.simulator.answers import Answer, Refusal, json_answer
from router_core.simulator.call import Headers, Json
from router_core.simulator.world import World

ORGANIZATION_ID = "00000000-0000-4000-8000-00000000a1b2"

TYPE_OF_STATUS = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    503: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}

STATUS_OF_TYPE = {error_type: status for status, error_type in TYPE_OF_STATUS.items() if status not in (405, 503)}


def error_payload(error_type: str, message: str, request_id: str) -> Json:
    """The body, also of an `error` event."""
    return {"type": "error", "error": {"type": error_type, "message": message}, "request_id": request_id}


def anthropic_error(
    world: World, status: int, message: str, *, error_type: str = "", headers: Headers | None = None
) -> Answer:
    """A finished error answer."""
    request_id = world.refusal_id()
    retry = "true" if status in (429, 500, 502, 503, 504, 529) else "false"
    head = [("request-id", request_id), ("anthropic-organization-id", ORGANIZATION_ID), ("x-should-retry", retry)]
    error_type = error_type or TYPE_OF_STATUS.get(status, "api_error")
    return json_answer(status, error_payload(error_type, message, request_id), [*head, *(headers or [])])


def refuse(world: World, status: int, message: str) -> Refusal:
    """The same, to raise."""
    return Refusal(anthropic_error(world, status, message))
