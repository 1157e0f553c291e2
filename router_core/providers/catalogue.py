"""The providers that exist without being configured. A new compatible provider is one row.

Base URLs from the vendors' own documentation, read 2026-11.
"""

from types import MappingProxyType

from router_core.config.schema import ProviderConfig

CATALOGUE = MappingProxyType(
    {
        "claude": ProviderConfig(kind="anthropic", base_url="https://api.anthropic.com", order=10),
        "codex": ProviderConfig(
            kind="codex",
            base_url="https://chatgpt.com/backend-api/codex",
            usage_base_url="https://chatgpt.com/backend-api",
            order=20,
        ),
        "openai": ProviderConfig(kind="openai", base_url="https://api.openai.com/v1", order=30),
        "gemini": ProviderConfig(kind="gemini", base_url="https://generativelanguage.googleapis.com/v1beta", order=35),
        "openrouter": ProviderConfig(kind="openai-chat", base_url="https://openrouter.ai/api/v1", order=40),
        "deepseek": ProviderConfig(kind="openai-chat", base_url="https://api.deepseek.com/v1", order=50),
        "groq": ProviderConfig(kind="openai-chat", base_url="https://api.groq.com/openai/v1", order=60),
        "mistral": ProviderConfig(kind="openai-chat", base_url="https://api.mistral.ai/v1", order=70),
        "xai": ProviderConfig(kind="openai-chat", base_url="https://api.x.ai/v1", order=80),
    }
)
