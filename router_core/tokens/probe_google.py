"""`token test` of Google's logins: what to ask that costs nothing, and what the answer says.

Code Assist and Antigravity: the account's tier and project. Vertex: the tokens of one word, counted by a model that
every region has.
"""

from router_core.config.schema import ProviderConfig
from router_core.providers.account import location_of, needs_project, project_of
from router_core.providers.code_assist_project import Found, GoogleKind, NoProject, metadata, read_load
from router_core.providers.failure import JsonObject
from router_core.text import printable
from router_core.tokens.token import Token

COUNTING_MODEL = "gemini-2.5-flash"


def google_question(provider: ProviderConfig, token: Token) -> tuple[str, JsonObject]:
    """Path and body of the question.

    Raises:
        NoProject: Vertex cannot be asked without one.
    """
    if provider.kind == "vertex":
        if needs_project(provider, token):
            problem = f"set [providers.{token.provider}] project, or log in again with --project"
            raise NoProject(f"its Google project is not known: {problem}", permanent=True)
        contents = [{"role": "user", "parts": [{"text": "OK"}]}]
        return f"/publishers/google/models/{COUNTING_MODEL}:countTokens", {"contents": contents}
    body: JsonObject = {"metadata": metadata(_kind(provider))}
    return "/v1internal:loadCodeAssist", body | (
        {"cloudaicompanionProject": provider.project} if provider.project else {}
    )


def google_verdict(provider: ProviderConfig, token: Token, body: JsonObject) -> tuple[bool, str]:
    """(it works, what was seen) from a 200."""
    if provider.kind == "vertex":
        project = project_of(provider, token) or "of the API key"
        return True, f"project {printable(project, 80)}, {location_of(provider, token)}"
    try:
        found = read_load(body, _kind(provider), wanted=provider.project or "")
    except NoProject as error:
        return False, error.message
    if isinstance(found, Found):
        return True, f"{printable(found.tier, 40)}, project {printable(found.project, 80)}"
    return True, f"a new account: it is set up ({found}) before its first request"


def _kind(provider: ProviderConfig) -> GoogleKind:
    return "antigravity" if provider.kind == "antigravity" else "code-assist"
