"""A listing made straight from the rows says what one made of Tokens says."""

from dataclasses import replace

import pytest

from router_core.clock import FixedClock
from router_core.home import Home
from router_core.store.tokens import open_tokens
from router_core.tokens.view import token_view
from tests.router_core.tokens.make import NOW, rest, token, window


def test_both_ways_give_the_same(home: Home) -> None:
    store = open_tokens(home.ensure(), FixedClock(NOW))
    store.add(token("plain", priority=3))
    store.add(token("full", weight=2.0, max_concurrent=4, account_id="acc", expires_at=NOW + 60, refresh_token="r"))
    store.add(token("off", enabled=False, claude_code_compat=True, access_token="sk-ant-oat01-x"))
    store.add(token("known", facts={"plan": "max"}, login="claude"))
    for name in ("resting", "resting for a model", "rested", "unhealthy"):
        store.add(token(name.replace(" ", "-")))
    windows = (window("7d", 0.5, 90, 604_800), window("5h", None, None, 18_000), window("7d_opus", 1.2, -5))
    store.save_state(replace(store.named("full"), windows=windows))
    store.save_state(replace(store.named("resting"), windows=windows, cooldowns=(rest(60),)))
    store.save_state(replace(store.named("resting-for-a-model"), cooldowns=(rest(60, "opus"),)))
    store.save_state(replace(store.named("rested"), cooldowns=(rest(-60),)))
    store.save_state(replace(store.named("unhealthy"), health="unhealthy", health_because="401: revoked"))
    expected = [token_view(each, NOW) for each in store.all()]
    assert store.views(NOW) == expected
    assert [list(view) for view in store.views(NOW)] == [list(view) for view in expected]


@pytest.mark.parametrize("lost", [True, False])
def test_a_lost_key_is_told_of_each_token(lost: bool, home: Home) -> None:
    store = open_tokens(home.ensure(), FixedClock(NOW))
    store.add(token("a"))
    store.add(token("b"))
    store.database.conn.close()
    if lost:
        home.key_file.unlink(missing_ok=True)
    seen = {view["name"]: view["status"] for view in open_tokens(home, FixedClock(NOW)).views(NOW)}
    assert seen == dict.fromkeys("ab", "unhealthy" if lost else "healthy")
