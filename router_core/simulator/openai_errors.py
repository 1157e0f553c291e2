"""The error envelopes of OpenAI's platform and of the ChatGPT Codex backend."""

from router_core.simulator.answers import Answer, Refusal, json_answer
from router_core.simulator.call import Headers, Json
from router_core.simulator.world import World


def openai_error(
    world: World,
    status: int,
    message: str,
    *,
    code: str | None = None,
    param: str | None = None,
    error_type: str = "invalid_request_error",
    headers: Headers | None = None,
) -> Answer:
    """`{"error": {message, type, param, code}}`."""
    error = {"message": message, "type": error_type, "param": param, "code": code}
    return json_answer(status, {"error": error}, [("x-request-id", world.refusal_id()), *(headers or [])])


def refuse_openai(
    world: World, status: int, message: str, *, code: str | None = None, param: str | None = None
) -> Refusal:
    """The same, to raise."""
    return Refusal(openai_error(world, status, message, code=code, param=param))


def detail_answer(world: World, status: int, detail: str | Json) -> Answer:
    """`{"detail": …}`, the Codex backend's form for requests that it does not understand."""
    return json_answer(status, {"detail": detail}, [("x-request-id", world.refusal_id())])


def refuse_detail(world: World, status: int, detail: str | Json) -> Refusal:
    """The same, to raise."""
    return Refusal(detail_answer(world, status, detail))


def mask_key(key: str) -> str:
    """A key as OpenAI echoes it: a few characters at both ends."""
    return f"{key[:8]}{'*' * 8}{key[-4:]}" if len(key) > 16 else f"{key[:2]}***"
