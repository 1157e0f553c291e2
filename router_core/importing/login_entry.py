"""A login as other routers keep it: access and refresh token beside each other, now and then an id token and an e-mail.

Another router goes on renewing what it holds, and knows nothing of us: where the refresh token is single-use, one of
both loses the login. That is said when such a login is imported.
"""

from router_core.importing.copilot_source import github_token
from router_core.importing.found import Found, unusable
from router_core.oauth.codex import account_facts
from router_core.providers.auth import jwt_claims
from router_core.tokens.token import Login
from router_core.vendors.fields import seconds_of, text_of, without_empty

LOGIN_OF_PROVIDER: dict[str, Login] = {
    "claude": "claude",
    "codex": "codex",
    "gemini-cli": "gemini",
    "antigravity": "antigravity",
    "copilot": "copilot",
}


def login_entry(
    source: str,
    provider: str,
    place: str,
    *,
    access_token: str,
    refresh_token: str = "",
    expires_at: float | None = None,
    account_id: str = "",
    id_token: str = "",
    email: str = "",
    organization_id: str = "",
    project: str = "",
    client: tuple[str, str] = ("", ""),
) -> Found:
    """One entry, completed by what its JWTs say.

    Args:
        expires_at: epoch seconds.
        client: id and secret of the OAuth client that made it, where it is kept with it.
    """
    login = LOGIN_OF_PROVIDER.get(provider)
    if login is None and refresh_token:
        return unusable(
            source, provider, place, f"It is a login of {provider}, which is not supported. Use an API key."
        )
    if provider == "copilot":  # the GitHub token is what lasts; the Copilot token is made of it
        return github_token(source, refresh_token or access_token, place)
    facts = {"email": email, "organization_id": organization_id, "project": project}
    if provider == "codex":
        said = {**account_facts(access_token), **account_facts(id_token)}
        account_id = account_id or said.pop("account_id", "")
        facts = {**facts, **said, "email": email or said.get("email", "")}
        facts.pop("account_id", None)
        expires_at = seconds_of(jwt_claims(access_token).get("exp")) or expires_at
    elif id_token:
        claims = jwt_claims(id_token)
        account_id, facts["email"] = account_id or text_of(claims, "sub"), email or text_of(claims, "email")
    lasting = not refresh_token and expires_at is None
    return Found(
        source,
        provider,
        place,
        sort="long-lived token" if lasting else "login",
        access_token=access_token,
        refresh_token=refresh_token or None,
        expires_at=expires_at,
        account_id=account_id or None,
        extra=without_empty({"id_token": id_token, "client_id": client[0], "client_secret": client[1]}),
        facts=without_empty(facts),
        login=(login or "") if refresh_token else "",
    )
