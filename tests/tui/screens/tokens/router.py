"""A stand-in for the running router's token endpoints: stores changes as it would, and remembers what was asked."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from router_core.errors import RouterError
from router_core.home import Home
from router_core.oauth.flows import WAYS
from router_core.store.tokens import TokenStore
from router_core.tokens.order import ordered, priorities_of
from router_core.tokens.token import Token
from tests.tui.fake_router import FakeRouter

PROVIDERS = (
    (
        "claude",
        "Anthropic",
        "anthropic",
        "claude",
        "claude setup-token (subscription), or a key of platform.claude.com",
    ),
    ("codex", "ChatGPT", "codex", "codex", "the login of a ChatGPT plan"),
    ("openai", "OpenAI", "openai", "", "platform.openai.com"),
    ("copilot", "GitHub Copilot", "copilot", "copilot", "mitmrouter auth login copilot"),
    ("openrouter", "OpenRouter", "openai-chat", "", "openrouter.ai/keys"),
    ("ollama", "Ollama", "openai-chat", "", ""),
)
FOUND = (
    {"id": "a1", "provider": "claude", "kind": "login", "account": "anna@example.com (max)", "name": "claude-anna",
     "where": "~/.claude/.credentials.json", "shared_with": "Claude Code (~/.claude/.credentials.json)",
     "action": "add", "because": ""},
    {"id": "b2", "provider": "openai", "kind": "key", "account": "", "name": "openai-env", "where": "$OPENAI_API_KEY",
     "shared_with": "", "action": "add", "because": ""},
    {"id": "c3", "provider": "groq", "kind": "key", "account": "", "name": "", "where": "$GROQ_API_KEY",
     "shared_with": "", "action": "skip", "because": "It is too short for a credential: a placeholder, most likely."},
)  # fmt: skip
ADDRESS = "https://auth.example/authorize?client_id=app&code_challenge=abcdefghijklmnopqrstuvwxyz0123456789&state=x"


class TokenRouter(FakeRouter):
    """Announces itself while it runs."""

    def __init__(self, home: Home, tokens: TokenStore) -> None:
        super().__init__(home, tokens)
        self.works = True
        """What a token that is added with a test turns out to do."""
        self.login: dict[str, Any] = {}
        self.ends_at = 0

    def asked(self, method: str, path: str) -> list[dict[str, Any]]:
        """The bodies of such calls."""
        return [body for called, where, body in self.calls if (called, where) == (method, path)]

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        parts = [unquote(part) for part in path.strip("/").split("/")[1:]]
        found = self._of(method, parts)
        if found is None or self.refuse_with:
            return super().answer(method, path, body)
        self.calls.append((method, path, body))
        try:
            return found(body)
        except RouterError as error:
            return error.status, {"error": {"message": error.message}}

    def _of(self, method: str, parts: list[str]) -> Callable[[dict[str, Any]], tuple[int, dict[str, Any]]] | None:
        match method, parts:
            case "GET", ["tokens"]:
                return lambda _: (200, {"tokens": self._views()})
            case "GET", ["providers"]:
                return lambda _: (200, {"providers": self._providers()})
            case "POST", ["tokens"]:
                return self._add
            case "PUT", ["tokens", "order"]:
                return self._put_in_order
            case "PATCH", ["tokens", name]:
                return lambda body: self._change(name, body)
            case "DELETE", ["tokens", name]:
                return lambda _: self._remove(name)
            case "DELETE", ["tokens", name, "cooldowns"]:
                return lambda _: self._wake(name)
            case "POST", ["tokens", name, "refresh"]:
                return lambda _: (200, {"ok": True, "state": "renewed", "because": f"{name} was due"})
            case "GET", ["imports"]:
                return lambda _: (200, {"found": list(FOUND)})
            case "POST", ["imports"]:
                return self._import
            case _, ["logins", *rest]:
                return lambda body: self._log_in(method, rest, body)
        return None

    def _views(self) -> list[dict[str, Any]]:
        return [
            {"id": token.id, "name": token.name, "in_flight": 2 if token.name == "max-anna" else 0}
            for token in self._tokens.all()
        ]

    def _providers(self) -> list[dict[str, Any]]:
        have = [token.provider for token in self._tokens.all()]
        return [
            {
                "name": name, "title": title, "kind": kind, "credential": key, "login": login, "enabled": True,
                "keyless": name == "ollama", "ways": list(WAYS.get(login, ())), "tokens": have.count(name),  # type: ignore[call-overload]
            }
            for name, title, kind, login, key in PROVIDERS
        ]  # fmt: skip

    def _add(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if body.get("test") and not self.works:
            return 200, {"stored": False, "token": None, "tested": "401 invalid key", "notes": []}
        self._tokens.add(Token("", body["name"], body["provider"], body.get("access_token", "-")))
        return 201, {"stored": True, "token": {}, "tested": "200", "notes": []}

    def _put_in_order(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        tokens = {token.id: token for token in self._tokens.all()}
        for token_id, priority in priorities_of(ordered(body["names"], list(tokens.values()))).items():
            self._tokens.save(replace(tokens[token_id], priority=priority))
        return 200, {"tokens": []}

    def _change(self, name: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        token, values = self._tokens.named(name), dict(body)
        if values.get("max_concurrent") == 0:
            values["max_concurrent"] = None
        self._tokens.save(replace(token, **values), new_credential="access_token" in values)
        return 200, {}

    def _remove(self, name: str) -> tuple[int, dict[str, Any]]:
        self._tokens.remove(self._tokens.named(name).id)
        return 200, {"name": name}

    def _wake(self, name: str) -> tuple[int, dict[str, Any]]:
        self._tokens.save_state(replace(self._tokens.named(name), cooldowns=()))
        return 200, {}

    def _import(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        chosen = [row for row in FOUND if row["id"] in body["ids"]]
        for row in chosen:
            self._tokens.add(Token("", row["name"], row["provider"], f"secret-{row['id']}"))
        return 200, {"imported": [{"name": row["name"], "action": "add", "notes": []} for row in chosen]}

    def _log_in(self, method: str, rest: list[str], body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if method == "POST" and not rest:
            device = body.get("way") == "device" or body["provider"] == "copilot"
            self.login = {
                "id": "l1", "state": "waiting", "url": ADDRESS, "user_code": "ABCD-1234" if device else "",
                "prompt": "" if device else "Paste the code that the page shows", "ends_at": self.ends_at,
                "notes": ["Anthropic's terms: see there."] if body["provider"] == "claude" else [],
            }  # fmt: skip
        elif method == "POST":
            given = body.get("code") or body.get("callback_url")
            if given == "wrong":
                self.login["problem"] = "That holds no code."
            else:
                self.finish_login()
        elif method == "DELETE":
            self.login["state"] = "cancelled"
        return 200, self.login

    def finish_login(self) -> None:
        """The person has consented."""
        self._tokens.add(Token("", "codex-new", "codex", "eyJ", "refresh", login="codex"))
        self.login |= {"state": "done", "token": "codex-new"}
