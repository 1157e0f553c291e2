"""Asking the simulated authorization servers as a program, and as the person in front of a browser, would."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from router_core.simulator.oauth_authorize import challenge_of

CLAUDE = "9d1c250a-e61b-44d9-88ed-5944d1962f5e"
CODEX = "app_EMoamEEZ73f0CkXaXp7hrann"
GITHUB = "Iv1.b507a08c87ecfe98"
GOOGLE = "simulated.apps.googleusercontent.com"
VERIFIER = "v" * 50
CLOUD = "https://www.googleapis.com/auth/cloud-platform"

AUTHORIZE: dict[str, tuple[str, dict[str, str]]] = {
    "claude": (
        "/oauth/authorize",
        {
            "client_id": CLAUDE,
            "redirect_uri": "http://localhost:54545/callback",
            "scope": "user:inference user:profile",
        },
    ),
    "codex": (
        "/oauth/authorize",
        {"client_id": CODEX, "redirect_uri": "http://localhost:1455/auth/callback", "scope": "openid offline_access"},
    ),
    "google": (
        "/o/oauth2/v2/auth",
        {"client_id": GOOGLE, "redirect_uri": "http://127.0.0.1:4711/oauth2callback", "scope": CLOUD},
    ),
}
TOKEN = {"claude": "/v1/oauth/token", "codex": "/oauth/token", "google": "/token"}


def authorize_fields(server: str, **changes: str) -> dict[str, str]:
    """The query of the address that a person opens; an empty change leaves the field out."""
    fields = {
        "response_type": "code",
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
        "state": "state-1",
        **AUTHORIZE[server][1],
        **changes,
    }
    return {name: value for name, value in fields.items() if value}


def press(http: httpx.Client, url: str, server: str, decision: str = "allow", **changes: str) -> dict[str, str]:
    """A person presses a button of the consent page; what the program is called back with."""
    path = AUTHORIZE[server][0]
    fields = authorize_fields(server, **changes)
    shown = http.get(f"{url}{path}", params=fields)
    assert shown.status_code == 200, shown.text
    assert "Authorize" in shown.text
    done = http.post(f"{url}{path}", data={**fields, "decision": decision})
    assert done.status_code == 302, done.text
    return {name: value for name, (value,) in parse_qs(urlsplit(done.headers["location"]).query).items()}


def exchange(http: httpx.Client, url: str, server: str, code: str, **changes: str) -> httpx.Response:
    """The program exchanges its code."""
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": AUTHORIZE[server][1]["redirect_uri"],
        "client_id": AUTHORIZE[server][1]["client_id"],
        "code_verifier": VERIFIER,
        **({"state": "state-1"} if server == "claude" else {}),
        **({"client_secret": "simulated-secret"} if server == "google" else {}),
        **changes,
    }
    return post(http, url, server, {name: value for name, value in fields.items() if value})


def refresh(http: httpx.Client, url: str, server: str, refresh_token: str, **changes: str) -> httpx.Response:
    fields = {
        "grant_type": "refresh_token",
        "refresh_token": refresh_token,
        "client_id": AUTHORIZE[server][1]["client_id"],
        **({"client_secret": "simulated-secret"} if server == "google" else {}),
        **changes,
    }
    return post(http, url, server, fields)


def post(http: httpx.Client, url: str, server: str, fields: dict[str, str]) -> httpx.Response:
    if server == "claude":
        return http.post(f"{url}{TOKEN[server]}", json=fields)
    return http.post(f"{url}{TOKEN[server]}", data=fields)


def log_in(http: httpx.Client, url: str, server: str, **changes: str) -> dict[str, Any]:
    """A whole login."""
    answer = exchange(http, url, server, press(http, url, server, **changes)["code"])
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def key_pair() -> tuple[str, str]:
    """A private key and its public one, as a service account and its server have them."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()
