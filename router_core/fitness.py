"""Which tokens must not pay for one very request, whoever's turn it is: by what the provider serves to whom."""

from collections.abc import Mapping

from router_core.asked_for import AskedFor
from router_core.claude_code import is_genuine
from router_core.config.schema import ProviderConfig
from router_core.outgoing_google import GOOGLE_KINDS
from router_core.providers.account import needs_project
from router_core.tokens.select import Unfit
from router_core.tokens.token import Token, credential_kind


def unfit_for(
    asked: AskedFor | None, provider: ProviderConfig, client: str, problems: Mapping[str, str]
) -> Unfit | None:
    """Says why a token must not pay ("" when it may); None when any may.

    Args:
        asked: a routed request; None for one that names its provider by the path: it goes as it is.
        client: as `client_name` calls it.
        problems: token id → why the Google project that pays is not known.
    """
    if asked is not None and provider.kind in GOOGLE_KINDS:
        return lambda token: _without_project(provider, token, problems.get(token.id, ""))
    if not is_for_other_clients(asked, provider, client):
        return None

    def unfit(token: Token) -> str:
        sort = token.credential or credential_kind(token.access_token)
        if sort != "claude-oauth" or token.claude_code_compat or is_claude_codes(asked):
            return ""
        remedy = f" (token edit {token.name} --claude-code-compat)" if token.origin == "user" else ""
        return f"a subscription token serves Claude Code only{remedy}"

    return unfit


def only(token_id: str, unfit: Unfit | None) -> Unfit:
    """No token but this one may pay, and it only if nothing else speaks against it."""

    def others(token: Token) -> str:
        if token.id != token_id:
            return "another token was asked for"
        return unfit(token) if unfit is not None else ""

    return others


def is_for_other_clients(asked: AskedFor | None, provider: ProviderConfig, client: str) -> bool:
    """A routed request to Anthropic; those that name the provider by the path go as they are."""
    return asked is not None and provider.kind == "anthropic" and client != "claude-code"


def is_claude_codes(asked: AskedFor | None) -> bool:
    """The body is what Claude Code itself would send."""
    return asked is not None and asked.entrance.format == "anthropic" and is_genuine(asked.json)


def _without_project(provider: ProviderConfig, token: Token, problem: str) -> str:
    if not needs_project(provider, token):
        return ""
    because = f" ({problem})" if problem else ""
    return f"its Google project is not known{because}: set [providers.{token.provider}] project"
