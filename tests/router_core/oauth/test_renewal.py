"""Renewal of each login: what is asked, what an answer gives, and which refusals mean that only a person can help."""

import json
from collections.abc import Mapping
from urllib.parse import parse_qs

import pytest

from router_core.config.schema import Config
from router_core.oauth.http import HttpAnswer, HttpCall
from router_core.oauth.logins import LOGINS, renewal_of
from router_core.oauth.token_set import RefreshFailed
from router_core.simulator import make_jwt
from router_core.tokens.token import Login, Token

NOW = 1_800_000_000.0
PLAIN = Config()
CLIENT = {"client_id": "id-1.apps.googleusercontent.com", "client_secret": "secret-1"}


def token(login: Login, refresh_token: str | None = "refresh-1", **extra: str) -> Token:
    return Token("t1", "mine", login, "access-1", refresh_token, expires_at=NOW, login=login, extra=extra)


def answer(status: int = 200, body: object = None, **headers: str) -> HttpAnswer:
    data = body.encode() if isinstance(body, str) else json.dumps(body or {}).encode()
    return HttpAnswer(status, {name.replace("_", "-"): value for name, value in headers.items()}, data)


def asked(call: HttpCall) -> Mapping[str, object]:
    if ("content-type", "application/json") in call.headers:
        return dict(json.loads(call.body))
    return {name: value for name, (value,) in parse_qs(call.body.decode()).items()}


@pytest.mark.parametrize(
    ("login", "url", "body"),
    [
        pytest.param(
            "claude", "https://platform.claude.com/v1/oauth/token",
            {"grant_type": "refresh_token", "refresh_token": "refresh-1",
             "client_id": "9d1c250a-e61b-44d9-88ed-5944d1962f5e"}, id="claude",
        ),
        pytest.param(
            "codex", "https://auth.openai.com/oauth/token",
            {"grant_type": "refresh_token", "refresh_token": "refresh-1", "client_id": "app_EMoamEEZ73f0CkXaXp7hrann"},
            id="codex",
        ),
        pytest.param(
            "gemini", "https://oauth2.googleapis.com/token",
            {"grant_type": "refresh_token", "refresh_token": "refresh-1", **CLIENT}, id="gemini",
        ),
        pytest.param(
            "antigravity", "https://oauth2.googleapis.com/token",
            {"grant_type": "refresh_token", "refresh_token": "refresh-1", **CLIENT}, id="antigravity",
        ),
    ],
)  # fmt: skip
def test_refresh_token_is_sent_to_its_own_server_as_that_server_wants_it(
    login: Login, url: str, body: Mapping[str, str]
) -> None:
    extra = CLIENT if login in ("gemini", "antigravity") else {}
    call = renewal_of(login).refresh_call(token(login, **extra), PLAIN, NOW)
    assert (call.method, call.url, asked(call)) == ("POST", url, body)


def test_copilot_token_is_made_of_the_github_token() -> None:
    call = renewal_of("copilot").refresh_call(token("copilot", "ghu_1"), PLAIN, NOW)
    assert (call.method, call.url) == ("GET", "https://api.github.com/copilot_internal/v2/token")
    assert dict(call.headers)["authorization"] == "token ghu_1"
    assert dict(call.headers)["editor-version"]


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        ("https://acme.ghe.com", "https://api.acme.ghe.com/copilot_internal/v2/token"),
        ("https://api.acme.ghe.com", "https://api.acme.ghe.com/copilot_internal/v2/token"),
        ("http://127.0.0.1:9", "http://127.0.0.1:9/copilot_internal/v2/token"),
    ],
)
def test_github_of_an_enterprise_has_its_api_beside_it(base_url: str, url: str) -> None:
    config = Config.model_validate({"oauth": {"copilot": {"base_url": base_url}}})
    assert renewal_of("copilot").refresh_call(token("copilot", "ghu_1"), config, NOW).url == url


@pytest.mark.parametrize("life", ["inf", "nan", "-5", "1e400", 10**30, True, None, [], "soon", 0])
def test_odd_life_of_a_token_is_taken_for_the_usual_one(life: object) -> None:
    body = f'{{"access_token": "a", "expires_in": {json.dumps(life)}}}'
    assert renewal_of("claude").read_refresh(answer(200, body), token("claude"), NOW).expires_at == NOW + 8 * 3600


@pytest.mark.parametrize("login", LOGINS)
def test_configured_server_is_asked_instead(login: Login) -> None:
    config = Config.model_validate({"oauth": {login: {"base_url": "http://127.0.0.1:9/auth"}}})
    user = json.dumps({"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r"})
    call = renewal_of(login).refresh_call(token(login, **CLIENT, service_account=user), config, NOW)
    assert call.url.startswith("http://127.0.0.1:9/auth/")


@pytest.mark.parametrize("login", LOGINS)
def test_without_anything_to_renew_with_only_a_login_helps(login: Login) -> None:
    with pytest.raises(RefreshFailed, match=f"mitmrouter auth login {login}") as failed:
        renewal_of(login).refresh_call(token(login, None), PLAIN, NOW)
    assert failed.value.permanent


def test_claude_answer_brings_the_next_refresh_token_and_says_whose_it_is() -> None:
    body = {
        "access_token": "sk-ant-oat01-2", "expires_in": 28800, "refresh_token": "sk-ant-ort01-2", "scope": "user:x",
        "account": {"uuid": "a-1", "email_address": "p@example.com"}, "organization": {"uuid": "o-1", "name": "Home"},
    }  # fmt: skip
    found = renewal_of("claude").read_refresh(answer(200, body), token("claude"), NOW)
    assert (found.access_token, found.refresh_token, found.expires_at) == (
        "sk-ant-oat01-2",
        "sk-ant-ort01-2",
        NOW + 28800,
    )
    assert (found.account_id, found.facts["organization_id"], found.facts["email"]) == ("a-1", "o-1", "p@example.com")
    kept = renewal_of("claude").read_refresh(answer(200, {"access_token": "a"}), token("claude"), NOW)
    assert kept.put_into(token("claude"), NOW).refresh_token == "refresh-1"


def test_codex_expiry_and_account_are_read_from_the_jwt_and_absent_tokens_stay() -> None:
    jwt = make_jwt("acc-1", "pro", exp=NOW + 500)
    found = renewal_of("codex").read_refresh(answer(200, {"access_token": jwt, "id_token": jwt}), token("codex"), NOW)
    assert (found.expires_at, found.account_id, found.refresh_token) == (NOW + 500, "acc-1", None)
    assert (found.facts["plan"], found.facts["user_id"], found.extra["id_token"]) == ("pro", "user-acc-1", jwt)
    only = renewal_of("codex").read_refresh(answer(200, {"refresh_token": "refresh-2"}), token("codex"), NOW)
    assert (only.access_token, only.refresh_token, only.expires_at) == ("access-1", "refresh-2", NOW)


def test_google_refresh_token_is_reusable_and_stays() -> None:
    found = renewal_of("gemini").read_refresh(
        answer(200, {"access_token": "ya29.2", "expires_in": 3599}), token("gemini"), NOW
    )
    assert (found.refresh_token, found.expires_at) == (None, NOW + 3599)
    assert found.put_into(token("gemini"), NOW).refresh_token == "refresh-1"


@pytest.mark.parametrize(
    ("body", "base"),
    [
        pytest.param(
            {"endpoints": {"api": "https://api.individual.githubcopilot.com"}},
            "https://api.individual.githubcopilot.com", id="named",
        ),
        pytest.param({}, "https://api.business.githubcopilot.com", id="from proxy-ep"),
        pytest.param(
            {"endpoints": {"api": "https://githubcopilot.com.evil.example"}},
            "https://api.business.githubcopilot.com", id="somebody else's host is not believed",
        ),
        pytest.param(
            {"endpoints": {"api": "http://api.githubcopilot.com"}},
            "https://api.business.githubcopilot.com", id="plain http is not believed",
        ),
    ],
)  # fmt: skip
def test_copilot_answer_says_where_its_api_is(body: Mapping[str, object], base: str) -> None:
    secret = "tid=1;exp=9;sku=business;proxy-ep=proxy.business.githubcopilot.com;st=x"
    full = {"token": secret, "expires_at": NOW + 1800, "refresh_in": 1500, **body}
    found = renewal_of("copilot").read_refresh(answer(200, full), token("copilot", "ghu_1"), NOW)
    assert (found.access_token, found.refresh_token, found.expires_at) == (secret, None, NOW + 1800)
    assert (found.facts["api_base"], found.facts["refresh_in"], found.facts["plan"]) == (base, "1500", "business")


GRANT = {"error": "invalid_grant", "error_description": "Refresh token not found or invalid"}
REFUSALS = [
    # login, answer, permanent, code
    ("claude", answer(400, GRANT), True, "invalid_grant"),
    ("claude", answer(400, {"type": "error", "error": {"type": "invalid_request_error",
     "message": "Refresh token not found or invalid"}}), True, "invalid_request_error"),
    ("claude", answer(401, {"type": "error", "error": {"type": "invalid_grant", "message": "x"}}), True,
     "invalid_grant"),
    ("claude", answer(400, {"type": "error", "error": {"type": "invalid_request_error", "message": "try"}}), False,
     "invalid_request_error"),
    ("claude", answer(529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}), False,
     "overloaded_error"),
    *[("codex", answer(401, {"error": {"message": "m", "type": "invalid_request_error", "param": None, "code": code}}),
       True, code) for code in ("refresh_token_expired", "refresh_token_reused", "refresh_token_invalidated",
                                "app_session_terminated", "account_deactivated")],
    ("codex", answer(400, {"error": "invalid_grant"}), True, "invalid_grant"),
    ("codex", answer(401, {"code": "token_invalidated", "message": "m"}), True, "token_invalidated"),
    ("codex", answer(401, {"detail": {"code": "account_deleted"}}), True, "account_deleted"),
    ("codex", answer(400, {"detail": "Bad Request"}), False, "400"),
    ("codex", answer(403, "<html>Just a moment...</html>"), False, "403"),
    ("codex", answer(503, "upstream connect error"), False, "503"),
    ("gemini", answer(400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}), True,
     "invalid_grant"),
    ("gemini", answer(401, {"error": "invalid_client"}), True, "invalid_client"),
    ("gemini", answer(500, {"error": {"code": 500, "message": "x", "status": "INTERNAL"}}), False, "500"),
    ("copilot", answer(401, {"message": "Bad credentials"}), True, "401"),
    ("copilot", answer(404, {"message": "Not Found"}), True, "404"),
    ("copilot", answer(403, {"message": "No Copilot"}), True, "403"),
    ("copilot", answer(403, {"message": "API rate limit exceeded"}, x_ratelimit_remaining="0"), False, "429"),
    ("vertex", answer(400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}), True,
     "invalid_grant"),
]  # fmt: skip


@pytest.mark.parametrize(("login", "refused", "permanent", "code"), REFUSALS)
def test_refusal_is_permanent_only_when_it_says_that_the_credential_is_dead(
    login: Login, refused: HttpAnswer, permanent: bool, code: str
) -> None:
    with pytest.raises(RefreshFailed) as failed:
        renewal_of(login).read_refresh(refused, token(login), NOW)
    assert (failed.value.permanent, failed.value.code) == (permanent, code)
    assert ("mitmrouter auth login" in failed.value.message) is permanent
    assert "refresh-1" not in failed.value.message


@pytest.mark.parametrize(
    ("header", "wait"),
    [("30", 30), ("0", 5), ("90000", 300), ("Fri, 15 Jan 2027 08:01:00 GMT", 60), ("soon", 5), ("nan", 5), ("", 5)],
)
def test_too_many_requests_waits_as_told_but_never_too_short_or_too_long(header: str, wait: float) -> None:
    with pytest.raises(RefreshFailed) as failed:
        renewal_of("claude").read_refresh(answer(429, {}, retry_after=header), token("claude"), NOW)
    assert (failed.value.permanent, failed.value.not_before) == (False, NOW + wait)


@pytest.mark.parametrize("body", [{}, {"access_token": ""}, {"access_token": None}, {"access_token": 7}, "[]", "<p>"])
@pytest.mark.parametrize("login", LOGINS)
def test_empty_credential_is_never_taken_for_a_new_one(login: Login, body: object) -> None:
    with pytest.raises(RefreshFailed) as failed:
        renewal_of(login).read_refresh(answer(200, body), token(login), NOW)
    assert (failed.value.permanent, failed.value.code) == (False, "empty_answer")
