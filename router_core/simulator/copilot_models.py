"""The models of the simulated Copilot plan: where each answers, what it costs in premium requests, and its terms."""

from dataclasses import dataclass

from router_core.simulator.accounts import AccountState
from router_core.simulator.call import Json

CHAT, RESPONSES, MESSAGES = "/chat/completions", "/responses", "/v1/messages"


@dataclass(frozen=True, slots=True)
class CopilotModel:
    """One row of `GET /models`."""

    name: str
    vendor: str
    endpoints: tuple[str, ...]
    multiplier: float = 1.0
    """Premium requests that one call of a person costs; 0 is included in the plan."""
    says_endpoints: bool = True
    """Its list entry has `supported_endpoints`."""
    policy: str = "enabled"
    vision: bool = True


MODELS = {
    "gpt-4.1": CopilotModel("GPT-4.1", "Azure OpenAI", (CHAT,), 0, says_endpoints=False),
    "gpt-5.4": CopilotModel("GPT-5.4", "OpenAI", (RESPONSES,)),
    "gpt-5.4-mini": CopilotModel("GPT-5.4 mini", "OpenAI", (CHAT, RESPONSES), 0.33),
    "gpt-5.5": CopilotModel("GPT-5.5", "OpenAI", (RESPONSES,), 3, says_endpoints=False),
    "claude-sonnet-4.5": CopilotModel("Claude Sonnet 4.5", "Anthropic", (CHAT, MESSAGES)),
    "claude-haiku-4.5": CopilotModel("Claude Haiku 4.5", "Anthropic", (CHAT,), 0.33),
    "gemini-2.5-pro": CopilotModel("Gemini 2.5 Pro", "Google", (CHAT,)),
    "grok-code-fast-1": CopilotModel("Grok Code Fast 1", "xAI", (CHAT,), 0.25, vision=False),
    "claude-opus-4.8": CopilotModel("Claude Opus 4.8", "Anthropic", (CHAT, MESSAGES), 10, policy="unconfigured"),
}


def listed(account: AccountState) -> list[Json]:
    """The entries that this account sees."""
    return [_entry(name, model) for name, model in MODELS.items() if account.serves(name)]


def _entry(name: str, model: CopilotModel) -> Json:
    said = {"supported_endpoints": list(model.endpoints)} if model.says_endpoints else {}
    return {
        "id": name,
        "name": model.name,
        "vendor": model.vendor,
        "version": name,
        "object": "model",
        "preview": False,
        "model_picker_enabled": True,
        **said,
        "policy": {"state": model.policy, "terms": f"Enable access to the latest {model.name} model."},
        "billing": {"is_premium": model.multiplier > 0, "multiplier": model.multiplier},
        "capabilities": {
            "family": name,
            "type": "chat",
            "object": "model_capabilities",
            "tokenizer": "o200k_base",
            "limits": {
                "max_context_window_tokens": 200_000,
                "max_prompt_tokens": 128_000,
                "max_output_tokens": 16_000,
            },
            "supports": {
                "tool_calls": True,
                "parallel_tool_calls": True,
                "streaming": True,
                "structured_outputs": True,
                "vision": model.vision,
            },
        },
    }
