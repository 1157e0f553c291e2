"""Gemini CLI: variables in `~/.gemini/.env`, and in `settings.json` beside it that it logs in with a key.

It takes its key from the environment only, so the gateway token stands in that `.env` file, which is made readable for
its owner only. It reads one `.env`, the nearest, and only in folders that it was told to trust; one of a project takes
the place of this one. (Tried with 0.61.)
"""

from router_core.applying.settings import FileEdit, Lead, Person

TITLE = "Gemini CLI"
PROGRAM = "gemini"
VARIABLE = ""

KEYS = ("GEMINI_API_KEY", "GOOGLE_GEMINI_BASE_URL")
OTHER_CLOUD = "GOOGLE_GENAI_USE_VERTEXAI"


def edits(person: Person, lead: Lead) -> list[FileEdit]:
    folder = person.home / ".gemini"
    variables: dict[tuple[str, ...], str] = {("GOOGLE_GEMINI_BASE_URL",): lead.url, ("GEMINI_API_KEY",): lead.token}
    variables |= {(name,): value for name, value in lead.around_proxy.items()}
    return [
        FileEdit(folder / ".env", "env", variables, holds_secret=True),
        FileEdit(folder / "settings.json", "jsonc", {("security", "auth", "selectedType"): "gemini-api-key"}),
    ]


def bypasses(person: Person) -> list[str]:
    found = [
        f"${name} is set, which wins over ~/.gemini/.env: unset it."
        for name in (*KEYS, OTHER_CLOUD)
        if person.environ.get(name)
    ]
    for folder in person.folders_upwards():
        for file in (folder / ".gemini" / ".env", folder / ".env"):
            if file.is_file():
                found.append(f"{file} is read in place of ~/.gemini/.env.")
                return found
    return found
