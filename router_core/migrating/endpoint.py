"""From the URL that another router calls to the base URL and kind that ours knows a service by."""

from urllib.parse import urlsplit

from router_core.config.schema import Kind

_ENDS: tuple[tuple[str, Kind], ...] = (
    ("/chat/completions", "openai-chat"),
    ("/completions", "openai-chat"),
    ("/responses", "openai-responses"),
    ("/v1/messages", "anthropic"),
    ("/messages", "anthropic"),
    ("/models", "openai-chat"),
)
"""What a full endpoint ends with → what is spoken there."""


def endpoint(url: str, hint: Kind | None = None) -> tuple[Kind, str]:
    """Kind and base URL.

    Args:
        url: a full endpoint, or a base URL, as people write them.
        hint: what the other program says that is spoken there, if it says so.
    """
    url = url.strip().rstrip("/")
    parts = urlsplit(url)
    host, path = (parts.hostname or "").lower(), parts.path
    root = f"{parts.scheme}://{parts.netloc}"
    if host == "chatgpt.com":
        return "codex", f"{root}/backend-api/codex"
    if host == "api.githubcopilot.com":
        return "copilot", root
    if host == "api.openai.com":
        return "openai", f"{root}/v1"
    if host.endswith("aiplatform.googleapis.com") and "/openapi" not in path:
        return "vertex", root
    if (host == "generativelanguage.googleapis.com" or hint == "gemini") and "/openai" not in path:
        base = url.partition("/models")[0]
        return "gemini", base if urlsplit(base).path else f"{base}/v1beta"
    for end, kind in _ENDS:
        if path.endswith(end):
            return hint or kind, _base(url.removesuffix(end), hint or kind)
    if hint is None and (host == "api.anthropic.com" or path.endswith("/anthropic")):
        hint = "anthropic"
    return hint or "openai-chat", _base(url, hint or "openai-chat")


def ollama_url(url: str) -> str:
    """Ollama's own API is at the root, the one that everybody speaks below `/v1`; "" stays that."""
    return f"{url.rstrip('/').removesuffix('/v1')}/v1" if url else ""


def _base(url: str, kind: Kind) -> str:
    """`anthropic` is called by what stands before `/v1`."""
    url = url.rstrip("/")
    return url.removesuffix("/v1") if kind == "anthropic" else url
