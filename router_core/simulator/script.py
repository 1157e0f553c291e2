"""What one simulator run does: its accounts, its faults, its pace. Written as TOML, checked by pydantic.

A script is data only. What a fault looks like on the wire is decided in `fault_answers.py`, when it fires in
`faults.py`; how a window fills in `accounts.py`. For example:

    reply_words = 80
    pace = { delay_s = 0.03 }

    [[accounts]]
    token = "sk-ant-oat01-first"
    kind = "anthropic_oauth"
    windows = [{ name = "5h", length_s = 18000, capacity_tokens = 50000, used = 0.9, reset_in_s = 600 }]

    [[faults]]              # the second request of this token breaks after three words
    fault = "cut_stream"
    token = "sk-ant-oat01-first"
    after = 1
    at_event = 3
"""

import tomllib
from pathlib import Path
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from router_core.errors import ConfigError

AccountKind = Literal[
    "anthropic_api", "anthropic_oauth", "openai", "codex", "gemini", "code-assist", "antigravity", "vertex", "copilot"
]

AnswerFault = Literal[
    "window_exhausted",
    "rate_limit",
    "windowless_429",
    "model_429",
    "overage_429",
    "concurrency_429",
    "spend_limit",
    "usage_limit_reached",
    "usage_not_included",
    "insufficient_quota",
    "billing_402",
    "unauthorized_401",
    "forbidden_403",
    "cloudflare_403",
    "overloaded_529",
    "overloaded_503",
    "server_error_500",
    "bad_gateway_502_html",
    "timeout_504",
    "bad_request_400",
    "not_found_404",
    "request_too_large_413",
    "status",
]
"""Answered with a status instead of a reply."""

StreamFault = Literal[
    "error_in_stream", "cut_stream", "stall_mid_stream", "slow_stream", "end_without_terminal", "broken_arguments"
]
"""The reply begins as if all were well."""

LineFault = Literal["close_before_headers", "reset", "stall_before_headers", "garbage", "huge_body"]
"""Done to the connection itself, or to the size of what it carries."""

WebSocketFault = Literal["websocket_limit_reached", "websocket_close"]
"""Strikes turns of a Responses WebSocket only. `websocket_close` closes with `code` (1008 when left out); given the
path of the handshake, right after it."""

FaultName = Literal[AnswerFault, StreamFault, LineFault, WebSocketFault]

ANSWER_FAULTS: frozenset[str] = frozenset(get_args(AnswerFault))
WEBSOCKET_FAULTS: frozenset[str] = frozenset(get_args(WebSocketFault))


class Section(BaseModel):
    """A part of a script: a misspelt key is an error."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Window(Section):
    """One quota window of an account."""

    name: str
    """`5h`, `7d`, `7d_opus` … for subscriptions; `requests`, `tokens`, `input-tokens`, `output-tokens` for API keys;
    `requests-per-minute`, `input-tokens-per-minute`, `requests-per-day` for Gemini;
    `gemini-5h`, `gemini-7d`, `claude-5h`, `claude-7d` for Antigravity."""
    length_s: float = Field(gt=0)
    """Seconds from one reset to the next."""
    capacity_tokens: int = Field(default=0, ge=0)
    """LLM tokens (requests for `requests…`) that fill it; 0 means that it never fills and `used` stays as it is."""
    used: float = Field(default=0.0, ge=0)
    """Fraction used at the start, 0 to 1."""
    reset_in_s: float | None = Field(default=None, gt=0)
    """Seconds from the start to the first reset; `length_s` when left out."""


class Account(Section):
    """One credential that the simulator knows."""

    token: str = Field(min_length=1)
    kind: AccountKind
    plan: str = ""
    """`max`, `plus` …; shown where the provider shows it."""
    windows: list[Window] = []
    """Empty: the usual windows of the kind, which never fill."""
    expired: bool = False
    revoked: bool = False
    inference_only: bool = False
    """A `claude setup-token` credential: it may infer, but not read its own usage or profile."""
    project: str = ""
    """Google: the account's own project; one is made up when left out."""
    models: list[str] = []
    """Model names that this account may use; empty means all that the provider would plausibly have."""
    refresh_token: str = ""
    """Its login's refresh token (`copilot`: the GitHub token); the authorization server then knows the login."""
    expires_in_s: float | None = Field(default=None, gt=0)
    """Seconds from the start until `token` is refused as expired; never when left out."""


class Person(Section):
    """Somebody who can log in, in one of the workspaces (organizations) that the same e-mail may have."""

    email: str = "person@example.com"
    workspace: str = "Personal"
    plan: str = ""


class ServiceAccount(Section):
    """A Google service account whose signed JWTs are taken."""

    email: str
    public_key: str
    """PEM; signatures are checked with it."""


class OAuth(Section):
    """How the authorization servers behave."""

    people: list[Person] = [Person()]
    """Who can consent; the consent page offers them in this order."""
    consent: Literal["ask", "allow", "deny"] = "ask"
    """`ask`: a person presses a button on the consent page, or types the device code. Else the page presses it."""
    access_life_s: float | None = Field(default=None, gt=0)
    """Seconds that an access token lives; each provider's own when left out."""
    refresh_life_s: float | None = Field(default=None, gt=0)
    """Seconds that a refresh token lives unless it is used; for ever when left out."""
    code_life_s: float = Field(default=600.0, gt=0)
    device_life_s: float = Field(default=900.0, gt=0)
    device_interval_s: int = Field(default=5, ge=0)
    """Polling a device code more often than this is answered with `slow_down`."""
    google_clients: dict[str, str] = {"simulated.apps.googleusercontent.com": "simulated-secret"}
    """OAuth clients that Google knows: id → secret."""
    service_accounts: list[ServiceAccount] = []


class Fault(Section):
    """One planned failure. Rows are tried in order; the first one that is due fires."""

    fault: FaultName
    token: str = "*"  # noqa: S105 - a pattern, not a secret
    """Exact credential, or `*`."""
    model: str = "*"
    """Model name pattern (`claude-opus-*`)."""
    path: str = ""
    """Path pattern (`/backend-api/*`); empty means every path that generates text."""
    times: int = Field(default=1, ge=0)
    """How often it fires; 0 means for ever."""
    after: int = Field(default=0, ge=0)
    """That many matching requests are let through first."""
    status: int | None = Field(default=None, ge=200, le=599)
    body: str | None = None
    """Replaces the message, or the whole body when it starts with `{` or `<`."""
    code: str | None = None
    """Error type or code inside the body or the event (`overloaded_error`, `rate_limit_exceeded` …)."""
    headers: dict[str, str] = {}
    """Added to the answer, or replacing what would be there; an empty value removes the header."""
    retry_after_s: float | None = Field(default=None, ge=0)
    """Seconds; also moves the reset that an exhausted window names."""
    at_event: int | None = Field(default=None, ge=0)
    """In-stream faults: after how many content events; 0 is before any content."""
    delay_s: float | None = Field(default=None, ge=0)
    """Stalls end after this long (never when left out); `slow_stream` waits this long between events."""
    size_bytes: int = Field(default=32 * 1024 * 1024, ge=0)
    """`huge_body`: how much to send."""
    flat_error_event: bool = False
    """Responses streams: an `error` event instead of `response.failed`."""


class Pace(Section):
    """How fast a reply is written. The default is as fast as the socket takes it."""

    events_per_chunk: int = Field(default=1, ge=1)
    chunk_bytes: int = Field(default=0, ge=0)
    """More than 0: cut the stream every so many bytes, wherever that falls, instead of at events."""
    delay_s: float = Field(default=0.0, ge=0)
    """Between two chunks."""
    first_delay_s: float = Field(default=0.0, ge=0)
    """Before the first byte of the body, after the headers."""


class Script(Section):
    """Everything that one simulator run does."""

    accounts: list[Account] = []
    faults: list[Fault] = []
    pace: Pace = Pace()
    accept_unknown: bool = True
    """A credential that is not listed but well-shaped gets an account with windows that never fill."""
    check_claude_code: bool = True
    """Subscription tokens answer genuine Claude Code requests only, as the provider does."""
    tool_turn: bool = False
    """Ask for a tool call in every turn that offers tools, whatever the user says."""
    reply_words: int = Field(default=40, ge=1, le=200_000)
    """Length of a reply, in words."""
    compress: bool = False
    """Compress answers when the request's `Accept-Encoding` allows it."""
    websocket: bool = False
    """Speak Responses over WebSockets; else the handshake is answered 426, as it is by most stand-ins."""
    bind_encrypted_content: bool = False
    """Encrypted reasoning is refused (`invalid_encrypted_content`) when another credential minted it."""
    oauth: OAuth = OAuth()

    @model_validator(mode="after")
    def _tokens_are_unique(self) -> "Script":
        tokens = [account.token for account in self.accounts]
        if len(set(tokens)) != len(tokens):
            raise ValueError("two accounts have the same token")
        return self


def load_script(path: Path | str) -> Script:
    """Read a script file.

    Raises:
        ConfigError: it cannot be read, is not TOML, or a key is wrong; the message names file, key and reason.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigError(f"{path}: cannot read the script: {why}") from error
    try:
        return Script.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    except ValidationError as error:
        raise ConfigError(f"{path}: {describe(error)}") from error


def describe(error: ValidationError) -> str:
    """One line for a validation error: `faults.0.fault: …; pace.delay_s: …`."""
    parts = []
    for problem in error.errors():
        where = ".".join(str(step) for step in problem["loc"]) or "script"
        reason = "unknown key" if problem["type"] == "extra_forbidden" else problem["msg"]
        parts.append(f"{where}: {reason}")
    return "; ".join(parts)
