"""What costs nothing among the requests that no budget counts: only answers of models are counted."""

from urllib.parse import unquote

_FREE = (
    "/count_tokens", "/count-tokens:rawPredict", "/input_tokens", ":countTokens", ":loadCodeAssist", ":onboardUser",
    "/moderations", "/cancel",
)  # fmt: skip


def is_free(rest: str) -> bool:
    """Whether a POST to a provider that makes no model answer is known to cost nothing.

    Args:
        rest: the path after the provider's name, with or without query.
    """
    return unquote(rest.partition("?")[0]).rstrip("/").endswith(_FREE)
