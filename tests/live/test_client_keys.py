"""Named client keys: accepted like the gateway token, each with its own lists and budget, worthless once revoked."""

import time
from collections.abc import Iterator

import httpx
import pytest

from router_core.clock import SystemClock
from router_core.store.client_keys import KeyStore, open_keys
from tests.live.budgeting import clear, standings
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
    assert "'key one' allows 1 request a day" in ask(shared, one).json()["error"]["message"]
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


def test_a_key_sees_only_the_models_that_it_may_use(keys: KeyStore, shared: Lab) -> None:
    headers = {"authorization": f"Bearer {keys.add('seer', allow=('claude/*haiku*',))}", **ANTHROPIC}
    with httpx.Client(base_url=shared.router.url, headers=headers, trust_env=False) as http:
        seen = [model["id"] for model in http.get("/v1/models?limit=1000").json()["data"]]
        assert seen
        assert all("haiku" in name for name in seen)
        assert http.get(f"/v1/models/{seen[0]}").status_code == 200
        all_ = [model["id"] for model in shared.http.get("/v1/models?limit=1000", headers=ANTHROPIC).json()["data"]]
        other = next(name for name in all_ if "haiku" not in name)
        assert http.get(f"/v1/models/{other}").status_code == 404


def test_the_model_of_a_path_counts_and_not_what_a_body_says_beside_it(keys: KeyStore, shared: Lab) -> None:
    shared.add("google", "gemini")
    headers = {"x-goog-api-key": keys.add("flash", allow=("gemini/gemini-2.5-flash",))}
    body = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
    with httpx.Client(base_url=f"{shared.router.url}/gemini/v1beta/models", headers=headers, trust_env=False) as http:
        asked = [("gemini-2.5-flash:generateContent", {}), ("gemini-2.5-flash:generateContent", {"model": "x"})]
        asked += [("gemini-2.5-pro:generateContent", {"model": "gemini-2.5-flash"})]
        asked += [("gemini-2.5-pro%3AgenerateContent", {"model": "gemini-2.5-flash"})]
        statuses = [http.post(f"/{path}", json={**body, **more}).status_code for path, more in asked]
    assert statuses == [200, 200, 403, 403]
    assert [row["model"] for row in shared.rows(4)] == ["gemini-2.5-flash"] * 2 + ["gemini-2.5-pro"] * 2


def test_lists_that_cannot_be_compared_refuse(keys: KeyStore, shared: Lab) -> None:
    headers = {"authorization": f"Bearer {keys.add('blind', deny=('*opus*',))}", **ANTHROPIC}
    body = b'{"model": "claude-opus-4-5", "max_tokens": 5, "messages": []}'
    for more in ({"content-encoding": "x-unknown"}, {"content-encoding": "gzip"}):
        url = f"{shared.router.url}/claude/v1/messages"
        answer = httpx.post(url, content=body, headers={**headers, **more}, trust_env=False)
        assert (answer.status_code, "names no model" in answer.text) == (403, True)
    assert not shared.seen()


def test_a_key_with_a_budget_gets_nothing_that_is_not_counted(keys: KeyStore, shared: Lab) -> None:
    counted = {key: value for key, value in BODY.items() if key != "max_tokens"}
    headers = {"authorization": f"Bearer {keys.add('batcher', limits={'day': {'usd': '5'}})}", **ANTHROPIC}
    with httpx.Client(base_url=f"{shared.router.url}/claude/v1", headers=headers, trust_env=False) as http:
        refused = http.post("/messages/batches", json={"requests": []})
        assert (refused.status_code, "cannot be counted" in refused.text) == (403, True)
        assert http.post("/messages/count_tokens", json=counted).status_code == 200
        assert http.get("/models").status_code == 200
        assert http.get("/messages/batches", headers={"x-http-method-override": "POST"}).status_code == 403
    assert not [seen for seen in shared.seen() if seen.path.endswith("/batches")]


def test_auto_chooses_among_what_a_key_may_use(keys: KeyStore, shared: Lab) -> None:
    for target in ("claude/*sonnet*", "claude/*opus-5-5"):
        answer = ask_auto(shared, keys.add(f"auto{len(target)}", allow=(target,)))
        assert answer.status_code == 200, answer.text
    assert ask_auto(shared, keys.add("none", allow=("nobody/*",))).status_code == 403
    assert ["sonnet" in shared.rows(3)[0]["model"], "opus" in shared.rows(3)[1]["model"]] == [True, True]


def ask_auto(lab: Lab, key: str) -> httpx.Response:
    headers = {**ANTHROPIC, "authorization": f"Bearer {key}"}
    return httpx.post(f"{lab.router.url}/v1/messages", json={**BODY, "model": "auto"}, headers=headers, trust_env=False)
