"""What is free among what no budget counts."""

import pytest

from router_core.spend.uncounted import is_free


@pytest.mark.parametrize(
    ("rest", "free"),
    [
        ("/v1/messages/count_tokens?beta=true", True),
        ("/v1beta/models/m:countTokens", True),
        ("/v1beta/models/m%3AcountTokens", True),
        ("/v1/messages/batches", False),
        ("/v1/embeddings?x=/count_tokens", False),
        ("/v1beta/models/m:predictLongRunning", False),
    ],
)
def test_only_what_is_known_to_cost_nothing_is_free(rest: str, free: bool) -> None:
    assert is_free(rest) is free
