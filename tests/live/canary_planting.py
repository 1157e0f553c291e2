"""Plants secrets in every place at which one can come in: configuration, tokens, other programs, logins, clients."""

import json
import os
import re
import subprocess
import sys
import time

from router_core.clock import SystemClock
from router_core.simulator import make_jwt
from router_core.store.tokens import open_tokens
from router_core.tokens.token import Token
from tests.live.canary_scene import Scene
from tests.support.router import ROOT

ODD = "+/=~%"
"""What is written in other ways in addresses, JSON and shells."""


def plant_config(scene: Scene) -> None:
    plant, url = scene.canaries.plant, scene.provider.url
    plant("config $VAR", "sk-proj-{}")
    scene.home.config.write_text(
        f"""
[server]
log_level = "debug"
[providers.claude]
base_url = "{url}"
[providers.openai]
base_url = "{url}/v1"
api_key = "$CANARY_API_KEY"
[providers.gemini]
base_url = "{url}/v1beta"
api_key = "{plant("config literal", "AIza{}" + ODD)}"
[providers.mine]
kind = "openai-chat"
base_url = "{url}/v1"
api_key = "{plant("config literal 2", "key-{}" + ODD)}"
headers = {{ "x-team-token" = "{plant("config header", "team-{}")}" }}
[telemetry]
otlp_endpoint = "{url}"
headers = {{ "x-team" = "{plant("telemetry header", "team-{}" + ODD)}" }}
interval_s = 0.5
[notify]
desktop = false
webhook = "{url}/{plant("webhook", "T0-{}")}"
[oauth.claude]
base_url = "{url}"
[oauth.gemini]
client_id = "public"
client_secret = "{plant("client secret", "GOCSPX-{}")}"
"""
    )


def plant_tokens(scene: Scene) -> None:
    plant = scene.canaries.plant
    stdin = plant("stdin", "sk-ant-api03-{}" + ODD)
    scene.command("token", "add", "by-stdin", "--provider", "claude", "--access-token-stdin", stdin=stdin)
    argument, refresh = plant("argument", "sk-ant-api03-{}" + ODD), plant("refresh", "sk-ant-ort01-{}")
    with_argument = ("token", "add", "by-argument", "--provider", "claude", "--access-token", argument)
    scene.command(*with_argument, "--refresh-token", refresh)
    scene.outputs = {where: said for where, said in scene.outputs.items() if argument not in where}
    key = "\n".join([plant("private key 1", "MIIEvQ{}"), plant("private key 2", "AoIBAQ{}" + ODD)])
    account = {
        "type": "service_account",
        "private_key": f"-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----\n",
    }
    store = open_tokens(scene.home, SystemClock())
    extra = {"id_token": plant("id token", "eyJ{}.eyJx.y"), "client_secret": plant("extra secret")}
    extra["service_account"] = json.dumps(account)
    store.add(Token("", "with-extra", "claude", plant("with extra", "sk-ant-oat01-{}"), extra=extra, priority=200))
    begun = {"login": "claude", "expires_at": time.time() - 60}
    old, new = plant("refresh to be renewed", "sk-ant-ort01-{}"), plant("refresh renewed", "sk-ant-ort01-{}")
    access = plant("access renewed", "sk-ant-oat01-{}")
    scene.provider.renewals[old] = {"access_token": access, "refresh_token": new, "expires_in": 28800}
    store.add(Token("", "renewed", "claude", plant("access run out", "sk-ant-oat01-{}"), old, priority=1, **begun))
    refused = plant("refresh refused", "sk-ant-ort01-{}")
    store.add(Token("", "refused", "claude", plant("access refused", "sk-ant-oat01-{}"), refused, priority=2, **begun))
    store.database.close()


def plant_elsewhere(scene: Scene) -> None:
    """What `token import` finds: the environment and a vendor's own file."""
    plant = scene.canaries.plant
    vendor = scene.user / ".claude" / ".credentials.json"
    vendor.parent.mkdir(parents=True)
    access, refresh = plant("vendor access", "sk-ant-oat01-{}"), plant("vendor refresh", "sk-ant-ort01-{}")
    login = {
        "accessToken": access,
        "refreshToken": refresh,
        "expiresAt": 1_900_000_000_000,
        "scopes": ["user:inference"],
    }
    vendor.write_text(json.dumps({"claudeAiOauth": login}))
    codex = scene.user / ".codex" / "auth.json"
    codex.parent.mkdir()
    plant("codex refresh", "rt_{}")
    jwt = scene.canaries.adopt("codex access", make_jwt("acc-canary"))
    tokens = {
        "id_token": jwt,
        "access_token": jwt,
        "refresh_token": scene.canaries["codex refresh"].value,
        "account_id": "a",
    }
    codex.write_text(json.dumps({"tokens": tokens, "last_refresh": "2026-11-20T00:00:00Z"}))
    variables = {"OPENROUTER_API_KEY": plant("environment", "sk-or-v1-{}")}
    for arguments in (["--dry-run"], ["--dry-run", "--json"], ["--all"]):
        scene.command("token", "import", "claude", "codex", "env", *arguments, **variables)


def log_in(scene: Scene, code: str) -> None:
    """`auth login claude`, the code pasted, as on a machine without a browser."""
    environment = {**os.environ, "HOME": str(scene.user), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "router_core.cli", "--home", str(scene.home.path), "auth", "login", "claude"]
    process = subprocess.Popen(
        [*command, "--paste", "--no-browser", "--name", f"login-{len(scene.outputs)}"],
        env={**environment, **scene.variables},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        said = ""
        while (state := re.search(r"[?&]state=([\w-]+)", said)) is None:
            line = process.stdout.readline()
            assert line, said
            said += line
        rest, _ = process.communicate(f"{code}#{state[1]}\n", timeout=30)
    finally:
        process.kill()
    scene.outputs[f"login {len(scene.outputs)}"] = (said + rest).encode()


def plant_logins(scene: Scene) -> None:
    """One that is refused, and one that gives a set."""
    plant = scene.canaries.plant
    log_in(scene, plant("code refused"))
    code, refresh = plant("code"), plant("login refresh", "sk-ant-ort01-{}")
    new = {"access_token": plant("login access", "sk-ant-oat01-{}"), "refresh_token": refresh, "expires_in": 28800}
    scene.provider.renewals[code] = new
    log_in(scene, code)


def client_secrets(scene: Scene) -> dict[str, str]:
    """What a client may send along by mistake: its own keys."""
    plant = scene.canaries.plant
    return {"x-api-key": plant("client x-api-key"), "cookie": f"session={plant('client cookie')}"}
