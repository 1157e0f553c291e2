"""`anthropic`: the provider is asked in Anthropic's format, at `/v1/messages` below its base URL, although its kind
speaks another one. Many services of kind `openai-chat` have both; Claude Code's requests then pass as they are."""

from router_core.transform.transformer import Transformer

TRANSFORMER = Transformer("anthropic", format="anthropic")
