"""A running router goes on when the key of the stored secrets is replaced."""

import time
from dataclasses import replace
from pathlib import Path

from router_core.clock import SystemClock
from router_core.store.key_source import KeySource
from router_core.store.rotate_key import rotate_key
from router_core.store.tokens import open_tokens
from tests.support.lab import LOOKED_FOR_EVERY_S, running_lab


def test_tokens_of_before_and_after_pay_and_what_the_router_writes_can_be_read(tmp_path: Path) -> None:
    with running_lab(tmp_path) as lab:
        lab.fresh("anthropic", tokens=("before",))
        assert lab.ask("anthropic").status_code == 200
        for _ in range(3):
            rotate_key(lab.router.home, KeySource(lab.router.home))
            assert lab.ask("anthropic").status_code == 200
        lab.add("after", "anthropic")
        lab.store.save(replace(lab.store.named("before"), enabled=False))  # else its session stays with it
        time.sleep(LOOKED_FOR_EVERY_S)
        assert lab.ask("anthropic").status_code == 200
        assert lab.paid()[-1] == "after"
        assert lab.token("before").access_token == lab.secrets["before"]
        store = open_tokens(lab.router.home, SystemClock())
        assert {token.access_token for token in store.all()} == set(lab.secrets.values())
        store.database.close()
        assert "cannot be decrypted" not in lab.router.log()
