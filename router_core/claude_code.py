"""Is this request Claude Code's own? Subscription tokens (`sk-ant-oat…`) serve nothing else.

The provider looks at the system prompt: an array that opens with Claude Code's (or the Agent SDK's) sentence, behind
the attribution line where there is one. We look at the same, so that a request that would be refused is never sent.
What is done for other clients if the owner wants it is in claude_code_compat.py.
"""

from typing import Any

PREAMBLE = "You are Claude Code, Anthropic's official CLI for Claude."
SUBSCRIPTION_REFUSAL = "only authorized for use with Claude Code"
"""In the provider's refusal of any other request (400)."""
_OPENINGS = (PREAMBLE, "You are a Claude agent, built on Anthropic's Claude Agent SDK.")
_ATTRIBUTION = "x-anthropic-billing-header:"


def hides_the_words(status: int, client: str, asked: str, sent: str) -> bool:
    """True where Claude Code would show its own words instead of the provider's, and they would be wrong: it takes any
    404 for the absence of the model that it asked for. At a 400 it shows what is said.

    Args:
        asked: the model that the client named; "" where its path names the provider.
        sent: the model that the rules have put in its place.
    """
    return status == 404 and client == "claude-code" and asked not in ("", sent)


def is_genuine(body: Any) -> bool:
    """True for a Messages body that the provider takes for Claude Code's.

    Args:
        body: parsed JSON.
    """
    system = body.get("system") if isinstance(body, dict) else None
    if not isinstance(system, list):
        return False
    texts = [block.get("text") for block in system[:3] if isinstance(block, dict)]
    spoken = [text for text in texts if isinstance(text, str) and not text.startswith(_ATTRIBUTION)]
    return bool(spoken) and spoken[0].startswith(_OPENINGS)
