from collections.abc import Callable
from pathlib import Path

import pytest

from router_core.importing.machine import Machine
from router_core.providers.catalogue import CATALOGUE
from router_core.vendors.keychain import KeyringPlace, MacKeychainPlace

NOW = 1_795_000_000.0
"""Before the logins of tests/router_core/vendors/logins.py end."""

BASE_URLS = {name: provider.base_url for name, provider in CATALOGUE.items()}

type MakeMachine = Callable[..., Machine]


class NoRing:
    def get_password(self, service: str, username: str) -> str | None:
        return None

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine with an empty home folder, an empty environment and empty keychains."""
    return Machine(
        tmp_path,
        {},
        NOW,
        BASE_URLS,
        platform="linux",
        keychain=lambda service: MacKeychainPlace(service, lambda _arguments, _given: (44, "")),
        keyring=lambda service, account: KeyringPlace(service, account, NoRing),
    )
