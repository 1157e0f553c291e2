"""What Copilot's API refuses before a model sees the request: who calls, with which headers, for which model.

Words of the refusals from reports of users, 2026. Assumed, because no report shows them: what an unknown integration
id, a missing vision header, a system message behind the beginning, a foreign beta and Codex's namespaces are answered.
"""

from typing import Any

from router_core.simulator.accounts import AccountState
from router_core.simulator.answers import Answer, Refusal, json_answer
from router_core.simulator.call import Call, Json
from router_core.simulator.copilot_models import MESSAGES, MODELS, RESPONSES, CopilotModel
from router_core.simulator.world import World

INTEGRATIONS = ("vscode-chat", "copilot-developer-cli")
MOST_PROMPT_TOKENS = 128_000
FOREIGN_BETAS = ("claude-code-20250219", "oauth-2025-04-20")


def copilot_error(world: World, status: int, message: str, code: str) -> Answer:
    """`{"error": {"message", "code"}}`."""
    head = [("x-github-request-id", world.refusal_id())]
    return json_answer(status, {"error": {"message": message, "code": code}}, head)


def refuse(world: World, status: int, message: str, code: str) -> Refusal:
    """The same, to raise."""
    return Refusal(copilot_error(world, status, message, code))


def plain_refusal(status: int, text: str) -> Refusal:
    """What the front door says: text, no JSON."""
    return Refusal(Answer(status, [("content-type", "text/plain; charset=utf-8")], text.encode()))


def authenticate(world: World, call: Call) -> AccountState:
    """Find the account behind a Copilot token, for an editor that says which one it is."""
    account = world.accounts.find(call.bearer, ("copilot",), world.clock.now())
    if account is None or account.spec.revoked:
        raise plain_refusal(401, "unauthorized: AuthenticateToken authentication failed\n")
    if account.spec.expired or _ended(call.bearer, world.clock.now()):
        raise plain_refusal(401, "IDE token expired: unauthorized: token expired\n")
    if not call.header("editor-version"):
        raise plain_refusal(400, "bad request: missing Editor-Version header for IDE auth\n")
    if call.header("copilot-integration-id") not in INTEGRATIONS:
        raise plain_refusal(400, "bad request: unknown Copilot-Integration-Id\n")
    return account


def _ended(token: str, now: float) -> bool:
    """The token itself says when it ends: `tid=…;exp=1766000000;…`."""
    parts = dict(part.split("=", 1) for part in token.split(";") if "=" in part)
    return parts.get("exp", "").isdecimal() and float(parts["exp"]) <= now


def model_of(world: World, account: AccountState, body: Json, endpoint: str) -> CopilotModel:
    """The model asked for, if it answers here."""
    name = body.get("model")
    model = MODELS.get(name) if isinstance(name, str) and account.serves(name) else None
    if model is None or model.policy != "enabled":
        raise refuse(world, 400, "The requested model is not supported.", "model_not_supported")
    if endpoint not in model.endpoints:
        text = f'model "{name}" is not accessible via the {endpoint} endpoint'
        raise refuse(world, 400, text, "unsupported_api_for_model")
    return model


def check(world: World, call: Call, body: Json, endpoint: str) -> None:
    """The rules that are Copilot's own."""
    if _has_image(body) and call.header("copilot-vision-request").lower() != "true":
        text = "missing required Copilot-Vision-Request header for vision requests"
        raise refuse(world, 400, text, "invalid_request_body")
    if len(call.body) // 4 > MOST_PROMPT_TOKENS:
        text = f"prompt token count of {len(call.body) // 4} exceeds the limit of {MOST_PROMPT_TOKENS}"
        raise refuse(world, 400, text, "model_max_prompt_tokens_exceeded")
    if endpoint == MESSAGES:
        _check_messages(world, call, body)
    elif endpoint == RESPONSES:
        if any(tool.get("type") == "namespace" for tool in body.get("tools") or []):
            raise refuse(world, 400, "Invalid value: 'namespace'.", "invalid_request_body")
    else:
        roles = [message.get("role") for message in body.get("messages") or []]
        if any(role in ("system", "developer") for role in roles[1:]):
            raise plain_refusal(400, "Bad Request\n")
        if roles[:1] == ["system"] and not isinstance(body["messages"][0].get("content"), str):
            raise plain_refusal(500, "Internal Server Error\n")


def _check_messages(world: World, call: Call, body: Json) -> None:
    for beta in call.header("anthropic-beta").split(","):
        if beta.strip() in FOREIGN_BETAS:
            raise refuse(world, 400, f"unsupported beta header(s): {beta.strip()}", "invalid_request_body")
    system = body.get("system")
    texts = [system] if isinstance(system, str) else [block.get("text", "") for block in system or []]
    if any(str(text).startswith("x-anthropic-billing-header") for text in texts):
        text = "x-anthropic-billing-header is a reserved keyword and may not be used in the system prompt."
        raise refuse(world, 400, text, "invalid_request_body")
    if any(message.get("role") == "system" for message in body.get("messages") or []):
        text = "messages.0: use the top-level 'system' parameter for the initial system prompt"
        raise refuse(world, 400, text, "invalid_request_body")


def _has_image(value: Any) -> bool:
    """Any image block of any of the three formats, wherever it stands."""
    if isinstance(value, dict):
        if value.get("type") in ("image", "image_url", "input_image"):
            return True
        return any(_has_image(inner) for key, inner in value.items() if key != "tools")
    return isinstance(value, list) and any(_has_image(inner) for inner in value)
