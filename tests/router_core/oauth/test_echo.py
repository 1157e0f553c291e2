"""What a server's refusal repeats of the secrets in the request."""

import base64
import json
from urllib.parse import quote

import pytest

from router_core.oauth.echo import secrets_sent, without_echo
from router_core.oauth.http import HttpAnswer, HttpCall

SECRET = "rt-CANARY-0123456789+/=abc"
BASIC = base64.b64encode(f"client:{SECRET}".encode()).decode()


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ((), json.dumps({"grant_type": "refresh_token", "refresh_token": SECRET})),
        ((), f"grant_type=authorization_code&code={quote(SECRET, safe='')}&client_id=public"),
        ((("Authorization", f"Bearer {SECRET}"),), ""),
        ((("authorization", f"Basic {BASIC}"),), ""),
        ((("x-api-key", SECRET),), ""),
    ],
    ids=["json", "form", "bearer", "basic", "key"],
)
def test_it_is_masked_in_body_and_headers(headers: tuple[tuple[str, str], ...], body: str) -> None:
    call = HttpCall("POST", "https://login.example/token", headers, body.encode())
    said = json.dumps({"error": "invalid_grant", "error_description": f"bad {SECRET} {quote(SECRET, safe='')} {BASIC}"})
    answer = without_echo(HttpAnswer(400, {"x-echo": SECRET, "x-other": "1"}, said.encode()), call)
    assert answer.json["error"] == "invalid_grant"
    assert "CANARY" not in answer.body.decode()
    assert BASIC[8:20] not in answer.body.decode()
    assert answer.headers == {"x-echo": "[redacted]", "x-other": "1"}


def test_what_is_public_is_no_secret() -> None:
    body = json.dumps({"grant_type": "refresh_token", "client_id": "app_0123456789", "scope": "openid profile"})
    assert list(secrets_sent(HttpCall("POST", "https://login.example/token", (), body.encode()))) == []
    assert list(secrets_sent(HttpCall("POST", "https://login.example/token", (), b"\xff\xfe"))) == []
