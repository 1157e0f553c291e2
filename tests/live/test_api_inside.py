"""Health, configuration, models, keys and dry runs, as the API of a real router tells them."""

import time

from tests.live.test_admin_api import admin
from tests.live.test_api_traces import told
from tests.support.lab import Lab, wait_until


def test_health_tells_of_providers_writers_databases_and_the_loop(lab: Lab) -> None:
    lab.fresh("anthropic")
    lab.ask("anthropic")
    row = lab.rows(1)[0]
    health = told(lab, "/api/health")
    (claude,) = health["providers"]
    assert claude["name"] == "claude"
    assert claude["last_success_at"] == row["finished_at"]
    assert (claude["breaker"]["failures"], claude["breaker"]["open_for_s"]) == (0, None)
    assert claude["breaker"]["host"] == lab.simulator.url.partition("//")[2]
    assert claude["tokens"] == {"healthy": 2, "resting": 0, "unhealthy": 0, "disabled": 0}
    assert health["writers"].keys() == {"tokens", "traces", "state"}
    assert {file["name"]: file["bytes"] > 0 for file in health["databases"]}["traces.db"]
    assert 0 <= health["event_loop"]["last_ms"] <= health["event_loop"]["most_ms"]
    assert health["connections"] >= 1
    assert health["ok"] is (health["warnings"] == [])
    for name in ("first", "second"):
        admin(lab, "PATCH", f"/api/tokens/{name}", {"enabled": False})
    assert "claude has no token that can pay now" in told(lab, "/api/health")["warnings"]


def test_the_configuration_is_told_masked_with_where_it_comes_from(lab: Lab) -> None:
    config = told(lab, "/api/config")
    assert config["problem"] == ""
    assert config["path"] == str(lab.router.home.config)
    assert config["settings"]["server"]["auth"] == "token"
    assert config["origins"]["server.auth"] == "default"
    assert config["origins"]["providers.claude.base_url"].startswith("environment ")


def test_models_are_told_with_what_they_cost(lab: Lab) -> None:
    lab.fresh("anthropic", "codex")
    models = told(lab, "/api/models")["models"]
    sonnet = next(model for model in models if model["target"].startswith("claude/claude-sonnet"))
    assert sonnet["price"]["output"] > sonnet["price"]["input"] > sonnet["price"]["cache_read"] > 0
    assert (sonnet["formats"], sonnet["vendor"], sonnet["known"]) == (["anthropic"], "anthropic", True)
    assert {model["provider"] for model in models} == {"claude", "codex"}
    assert {model["provider"] for model in told(lab, "/api/models?provider=codex")["models"]} == {"codex"}
    assert told(lab, "/api/models?provider=nobody") == {"models": []}


def test_a_key_is_made_shown_once_used_and_revoked(lab: Lab) -> None:
    lab.fresh("anthropic")
    name = f"key-{time.time_ns()}"
    made = admin(lab, "POST", "/api/keys", {"name": name, "allow": ["claude/*"], "day": {"usd": "0.50"}})
    assert made.status_code == 201
    assert made.json()["limits"] == {"day": {"usd": "0.50"}}
    key = made.json()["key"]
    assert lab.ask("anthropic", headers={"authorization": f"Bearer {key}"}).status_code == 200
    lab.rows(1)
    listed = {each["name"]: each for each in told(lab, "/api/keys")["keys"]}
    assert listed[name]["used_today"]["requests"] == 1
    assert key not in str(listed)
    assert admin(lab, "POST", "/api/keys", {"name": name}).status_code == 409
    gone = admin(lab, "DELETE", f"/api/keys/{name}")
    assert (gone.status_code, gone.json()["state"]) == (200, "revoked")
    wait_until(lambda: lab.ask("anthropic", headers={"authorization": f"Bearer {key}"}).status_code == 403)
    assert admin(lab, "DELETE", "/api/keys/nobody", {}).status_code == 404
    plain = {**lab.router.admin_headers, "content-type": "text/plain"}
    assert lab.http.delete(f"/api/keys/{name}", headers=plain).status_code == 415
    for wrong in ({"name": "-"}, {"name": "x", "expires_at": 1}, {"name": "x", "day": {"usd": "much"}}):
        assert admin(lab, "POST", "/api/keys", wrong).status_code == 400


def test_a_dry_run_tells_target_token_rules_and_cost_and_sends_nothing(lab: Lab) -> None:
    lab.fresh("anthropic")
    request = {"model": "claude-sonnet-4-5", "max_tokens": 100, "messages": [{"role": "user", "content": "hello"}]}
    said = admin(lab, "POST", "/api/route/explain", {"path": "/v1/messages", "request": request}).json()
    (target,) = said["targets"]
    assert (target["provider"], target["model"], target["chosen"]) == ("claude", "claude-sonnet-4-5", "first")
    assert target["expected_nano_usd"] > 0
    assert [token["taken"] for token in target["tokens"]] == [True, False]
    assert said["decision"][-1]["rule"]
    strict = {"path": "/codex/responses", "request": {"model": "gpt-5.5"}, "headers": {"User-Agent": "codex"}}
    told_of_path = admin(lab, "POST", "/api/route/explain", strict).json()
    assert (told_of_path["because"], told_of_path["targets"][0]["chosen"]) == ("path /codex/", "")
    gemini = {"path": "/v1beta/models/claude/claude-sonnet-4-5:generateContent"}
    assert admin(lab, "POST", "/api/route/explain", gemini).json()["targets"][0]["provider"] == "claude"
    assert lab.seen() == []
    for path, says in (("/v1/nothing", "nothing is routed there"), ("/nowhere/v1/messages", "no provider 'nowhere'")):
        refused = admin(lab, "POST", "/api/route/explain", {"path": path, "request": request})
        assert refused.status_code == 400
        assert says in refused.json()["error"]["message"]
