"""The providers that exist without being configured."""

from typing import get_args

import pytest

from router_core.config.schema import RESERVED_PROVIDER_NAMES, Kind
from router_core.providers.catalogue import CATALOGUE


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_row_is_safe_to_send_a_token_to(name: str) -> None:
    row = CATALOGUE[name]
    assert row.base_url.startswith("https://")
    assert row.kind in get_args(Kind)
    assert name not in RESERVED_PROVIDER_NAMES
    assert row.api_key is None


def test_the_tools_of_the_main_job_are_there() -> None:
    assert {name: CATALOGUE[name].kind for name in ("claude", "codex", "openai")} == {
        "claude": "anthropic",
        "codex": "codex",
        "openai": "openai",
    }


def test_places_in_listings_differ() -> None:
    assert len({row.order for row in CATALOGUE.values()}) == len(CATALOGUE)
