"""Named client keys: accepted like the gateway token, each with its own lists and budget, worthless once revoked."""

import time
from collections.abc import Iterator

import httpx
import pytest

from router_core.clock import SystemClock
from router_core.store.client_keys import KeyStore, open_keys
from tests.live.test_budgets import clear, standings
from tests.support.lab import ANTHROPIC, LOOKED_FOR_EVERY_S, Lab, running_lab
from tests.support.websocket import opened

BODY = {"model": "claude-sonnet-4-5", "max_tokens": 50, "messages": [{"role": "user", "content": "hi"}]}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("keys")) as running:
        yield running


@pytest.fixture
def keys(shared: Lab) -> Iterator[KeyStore]:
    shared.fresh("anthropic", tokens=("only",))
    store = open_keys(shared.router.home, SystemClock())
    yield store
    for key in store.all():
        store.revoke(key.name)
    store.database.close()
    clear(shared.router.home)


def ask(lab: Lab, key: str, header: str = "authorization", path: str = "/claude/v1/messages") -> httpx.Response:
    given = {header: f"Bearer {key}" if header == "authorization" else key}
    with httpx.Client(base_url=lab.router.url, headers={**ANTHROPIC, **given}, trust_env=False, timeout=20) as http:
        return http.post(path, json=BODY)


@pytest.mark.parametrize("header", ["authorization", "x-api-key", "x-goog-api-key"])
def test_a_new_key_opens_what_clients_use_and_is_named_in_the_trace(header: str, keys: KeyStore, shared: Lab) -> None:
    key = keys.add("alice")
    assert ask(shared, key, header).status_code == 200
    (row,) = shared.rows()
    assert row["client_key"] == "alice"
    assert key not in str(shared.seen()[0])


def test_the_gateway_token_has_no_name(keys: KeyStore, shared: Lab) -> None:
    keys.add("alice")
    assert shared.ask("anthropic").status_code == 200
    assert shared.rows()[0]["client_key"] == ""


@pytest.mark.parametrize("path", ["/api/tokens", "/api/spend", "/status"])
def test_a_key_opens_neither_the_admin_plane_nor_the_status(path: str, keys: KeyStore, shared: Lab) -> None:
    headers = {"authorization": f"Bearer {keys.add('alice')}"}
    assert httpx.get(shared.router.url + path, headers=headers, trust_env=False).status_code == 403


def test_a_revoked_key_is_refused_at_once_in_the_form_at_which_clients_stop(keys: KeyStore, shared: Lab) -> None:
    key = keys.add("bob")
    assert ask(shared, key).status_code == 200
    keys.revoke("bob")
    time.sleep(LOOKED_FOR_EVERY_S)
    refused = ask(shared, key)
    assert (refused.status_code, refused.json()["error"]["type"]) == (403, "permission_error")
    assert "'bob' is revoked" in refused.json()["error"]["message"]
    assert ask(shared, keys.add("bob")).status_code == 200  # the name's next key
    assert ask(shared, key).status_code == 403
    assert len(shared.seen()) == 2


def test_codex_gets_the_status_at_which_it_stops(keys: KeyStore, shared: Lab) -> None:
    headers = {"authorization": f"Bearer {keys.add('x')}", "originator": "codex_exec", "user-agent": "codex_exec/0.169"}
    keys.revoke("x")
    time.sleep(LOOKED_FOR_EVERY_S)
    answer = httpx.post(f"{shared.router.url}/codex/responses", json={}, headers=headers, trust_env=False)
    assert (answer.status_code, "'x' is revoked" in answer.json()["error"]["message"]) == (400, True)


def test_an_expired_key_and_one_that_never_was_are_refused(keys: KeyStore, shared: Lab) -> None:
    key = keys.add("short", expires_at=time.time() + 0.5)
    assert ask(shared, key).status_code == 200
    time.sleep(0.5)
    assert "is expired" in ask(shared, key).json()["error"]["message"]
    assert ask(shared, "mr-" + "x" * 43).status_code == 403


def test_a_key_has_its_own_budget(keys: KeyStore, shared: Lab) -> None:
    one, other = (keys.add(name, limits={"day": {"requests": 1, "usd": "5.00"}}) for name in ("one", "other"))
    assert [ask(shared, key).status_code for key in (one, other, one, other)] == [200, 200, 429, 429]
    assert "'key one' allows 1 requests a day" in ask(shared, one).json()["error"]["message"]
    assert shared.ask("anthropic").status_code == 200
    counted = {row["budget"]: row["used"]["requests"] for row in standings(shared)}
    assert (counted["key one"], counted["key other"]) == (1, 1)


def test_a_key_has_its_own_targets(keys: KeyStore, shared: Lab) -> None:
    key = keys.add("narrow", allow=("claude/*haiku*",))
    refused = ask(shared, key)
    assert refused.status_code == 403
    assert "not among what the client key 'narrow' allows (claude/*haiku*)" in refused.json()["error"]["message"]
    assert ask(shared, key, path="/v1/messages").status_code == 403
    assert ask(shared, key, path="/claude/v1/messages/count_tokens").status_code == 403
    assert ask(shared, key, path="/claude/v1/messages/batches").status_code == 403  # would be paid for, too
    assert ask(shared, keys.add("wide", deny=("codex",))).status_code == 200


def test_a_websocket_is_opened_by_a_key_and_closed_to_a_revoked_one(keys: KeyStore, shared: Lab) -> None:
    from websockets.exceptions import InvalidStatus

    key = keys.add("gone")
    keys.revoke("gone")
    with pytest.raises(InvalidStatus, match="403"), opened(shared, authorization=f"Bearer {key}"):
        pass
