"""Paths of clients whose base URL is nearly right: it lacks the `/v1` that OpenAI's want, or has one too many."""

_OPENAI = ("/chat/completions", "/completions", "/embeddings", "/models", "/responses")
_TWICE = ("/v1/v1/", "/v1/v1beta/", "/v1beta/v1beta/")


def base_url_hint(path: str) -> str:
    """What to change; "" where the path is no such one.

    Args:
        path: without what follows a `?`.
    """
    if path.startswith(_TWICE):
        return "The client adds the version itself: its base URL must end before /v1."
    if any(path == ending or path.startswith(f"{ending}/") for ending in _OPENAI):
        return "The base URL of OpenAI's clients ends with /v1: add it."
    return ""
