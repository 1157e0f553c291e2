"""The providers of the matrix: what serves each format, with which model, and what the format can hold.

Two services stand for Chat Completions: OpenAI's, and DeepSeek's, because only other companies' services show what
they think there. The Codex backend speaks Responses, but a smaller one, and is what people have: it has a row too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from router_core.simulator import make_jwt
from router_core.tokens.token import Token
from tests.support.lab import Lab
from tests.support.router import wait_until

SECRETS = {
    "claude": "sk-ant-api03-matrix-000001",
    "openai": "sk-proj-matrix-0123456789-000002",
    "deepseek": "sk-proj-matrix-0123456789-000003",
    "platform": "sk-proj-matrix-0123456789-000004",
    "codex": make_jwt("acc-matrix-5"),
    "gemini": f"AIza{'matrix-000006':-<35}",
}
"""Provider's config name → its token."""


@dataclass(frozen=True)
class Target:
    """A provider in the matrix."""

    format: str
    """What it speaks."""
    model: str
    """`provider/model`."""
    instead: Mapping[str, str] = field(default_factory=dict)
    """Feature → model, for what `model` does not do."""
    counts_writes: bool = True
    """Its usage tells cache writes."""


TARGETS = {
    "claude": Target("anthropic", "claude/claude-opus-5"),
    "chat": Target(
        "openai-chat",
        "openai/gpt-5.5",
        {"thinking": "deepseek/deepseek-v4-pro", "stop sequence": "openai/gpt-4.1"},
    ),
    "responses": Target("openai-responses", "platform/gpt-6-sol"),
    "codex": Target("openai-responses", "codex/gpt-5.5"),
    "gemini": Target("gemini", "gemini/gemini-3.8-flash", counts_writes=False),
}


def settings(simulator_url: str) -> tuple[dict[str, str], dict[str, str]]:
    """(environment, base URLs) by which a router knows them all; `claude`, `codex` and `gemini` it knows anyway."""
    kinds = {"openai": "openai-chat", "deepseek": "openai-chat", "platform": "openai-responses"}
    environment = {f"MITMROUTER__PROVIDERS__{name.upper()}__KIND": kind for name, kind in kinds.items()}
    return environment, dict.fromkeys(kinds, f"{simulator_url}/v1")


def register(lab: Lab) -> None:
    """One token for each."""
    lab.fresh()
    for provider, secret in SECRETS.items():
        lab.store.add(Token("", provider, provider, secret))
    wanted = {token.id for token in lab.store.all()}
    wait_until(lambda: {token["id"] for token in lab.status()} == wanted)
