"""A token as it is shown: everything but the secrets."""

import json

import pytest

from router_core.tokens.view import credential_kind, token_view
from tests.router_core.tokens.make import NOW, rest, token, window


def test_view_has_state_and_no_secret() -> None:
    one = token(
        access_token="sk-ant-oat01-canary", refresh_token="refresh-canary", expires_at=NOW + 5, created_at=NOW,
        cooldowns=(rest(60), rest(-5, "opus")), windows=(window("5h", 0.5), window("7d", None, None)),
    )  # fmt: skip
    view = token_view(one, NOW)
    assert "canary" not in json.dumps(view)
    assert (view["status"], view["because"], view["kind"]) == ("resting", "busy", "claude-oauth")
    assert view["can_refresh"] is True
    assert view["expires_at"] == (NOW + 5) * 1000
    assert [c["until"] for c in view["cooldowns"]] == [(NOW + 60) * 1000]
    assert [(w["name"], w["used"], w["reset_at"]) for w in view["windows"]] == [
        ("5h", 0.5, (NOW + 3600) * 1000),
        ("7d", None, None),
    ]


def test_an_unhealthy_token_says_why() -> None:
    view = token_view(token(health="unhealthy", health_because="401", cooldowns=(rest(60),)), NOW)
    assert (view["status"], view["because"]) == ("unhealthy", "401")


@pytest.mark.parametrize(
    ("secret", "kind"),
    [
        ("sk-ant-oat01-x", "claude-oauth"), ("sk-ant-api03-x", "api-key"), ("sk-proj-x", "api-key"),
        ("eyJhbGciOi.eyJzdWIi.x", "login"), ("gsk_x", "api-key"), ("", ""),
    ],
)  # fmt: skip
def test_kind_of_credential(secret: str, kind: str) -> None:
    assert credential_kind(secret) == kind
