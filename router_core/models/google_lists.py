"""Where Google's services list their models: `fetchAvailableModels` of Code Assist, the publishers' lists of Vertex."""

from router_core.config.schema import ProviderConfig
from router_core.outgoing_google import GOOGLE_KINDS
from router_core.providers.account import project_of
from router_core.providers.failure import JsonObject
from router_core.tokens.token import Token

type Question = tuple[str, str, JsonObject | None]
"""(method, path, body)."""

PUBLISHERS = {"google": "gemini-", "anthropic": "claude-"}
"""Who publishes what conversations are held with, by the beginning of its names; the lists hold much else."""


def list_questions(provider: ProviderConfig, token: Token) -> list[Question]:
    """What to ask for the whole list; [] for providers that list their models in the usual way."""
    if provider.kind not in GOOGLE_KINDS:
        return []
    if provider.kind == "vertex":
        return [("GET", f"/v1beta1/publishers/{name}/models?pageSize=1000", None) for name in PUBLISHERS]
    project = project_of(provider, token)
    return [("POST", "/v1internal:fetchAvailableModels", {"project": project} if project else {})]


def joined(answers: list[object]) -> JsonObject:
    """One list of the answers, in the order of the questions."""
    models: list[object] = []
    for answer in answers:
        if not isinstance(answer, dict):
            continue
        published, own = answer.get("publisherModels"), answer.get("models")
        if isinstance(published, list):
            models += [entry for entry in published if _is_offered(entry)]
        if isinstance(own, dict):
            models += [{**entry, "id": name} for name, entry in own.items() if isinstance(entry, dict)]
    return {"models": models}


def _is_offered(entry: object) -> bool:
    name = str(entry.get("name") or "").rpartition("/")[2] if isinstance(entry, dict) else ""
    return name.startswith(tuple(PUBLISHERS.values()))
