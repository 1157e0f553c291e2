"""Accounts and their windows, which really fill with the tokens used and really reset by the clock."""

import re
from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import blake2b

from router_core.simulator.jwt import plan_of, read_claims
from router_core.simulator.script import Account, AccountKind, Script, Window

FIVE_HOURS_S = 18_000.0
WEEK_S = 604_800.0
DAY_S = 86_400.0
MINUTE_S = 60.0

MAX_UNKNOWN_ACCOUNTS = 10_000

# Windows that hold one family of models only, by the word in the model name that puts a request into them.
MODEL_WINDOWS = {
    "7d_opus": "opus", "7d_sonnet": "sonnet", "7d_oi": "fable",
    "gemini-5h": "gemini", "gemini-7d": "gemini", "claude-5h": "claude", "claude-7d": "claude",
}  # fmt: skip

GOOGLE_CREDENTIAL = re.compile(r"AIza[\w-]{35}|ya29\.[\w.-]+", re.ASCII)
"""An API key of a Google project, or an access token of a Google login."""

OF_GOOGLE: frozenset[AccountKind] = frozenset({"gemini", "code-assist", "antigravity", "vertex"})
"""Their credentials look alike."""

_DEFAULT_WINDOWS: dict[AccountKind, list[Window]] = {
    "anthropic_oauth": [
        Window(name="5h", length_s=FIVE_HOURS_S, used=0.12),
        Window(name="7d", length_s=WEEK_S, used=0.31),
    ],
    "codex": [Window(name="5h", length_s=FIVE_HOURS_S, used=0.22), Window(name="7d", length_s=WEEK_S, used=0.43)],
    "anthropic_api": [
        Window(name="requests", length_s=MINUTE_S, used=0.001),
        Window(name="input-tokens", length_s=MINUTE_S),
        Window(name="output-tokens", length_s=MINUTE_S),
    ],
    "openai": [
        Window(name="requests", length_s=MINUTE_S, used=0.002),
        Window(name="tokens", length_s=MINUTE_S, used=0.01),
    ],
    "copilot": [
        Window(name="5h", length_s=FIVE_HOURS_S, used=0.1),
        Window(name="7d", length_s=WEEK_S, used=0.2),
        Window(name="premium", length_s=30 * DAY_S, used=0.05, capacity_tokens=300),
    ],
    "gemini": [
        Window(name="requests-per-minute", length_s=MINUTE_S),
        Window(name="input-tokens-per-minute", length_s=MINUTE_S),
        Window(name="requests-per-day", length_s=DAY_S),
    ],
    "code-assist": [
        Window(name="requests-per-minute", length_s=MINUTE_S),
        Window(name="requests-per-day", length_s=DAY_S, used=0.17),
    ],
    "antigravity": [
        Window(name="gemini-5h", length_s=FIVE_HOURS_S, used=0.21),
        Window(name="gemini-7d", length_s=WEEK_S, used=0.34),
        Window(name="claude-5h", length_s=FIVE_HOURS_S, used=0.11),
        Window(name="claude-7d", length_s=WEEK_S, used=0.47),
    ],
    "vertex": [],
}


@dataclass(slots=True)
class WindowState:
    """One window as it stands."""

    spec: Window
    used: float
    """Fraction; may end a little above 1, as the request that fills it is still served."""
    reset_at: float
    """Epoch seconds."""

    def roll(self, now: float) -> None:
        """Empty it when its reset has passed."""
        if now >= self.reset_at:
            passed = int((now - self.reset_at) // self.spec.length_s) + 1
            self.reset_at += passed * self.spec.length_s
            self.used = 0.0 if self.spec.capacity_tokens else self.used

    @property
    def exhausted(self) -> bool:
        return self.used >= 1.0

    def holds(self, model: str) -> bool:
        """Whether requests for this model count towards it."""
        family = MODEL_WINDOWS.get(self.spec.name)
        return family is None or family in model


@dataclass(slots=True)
class AccountState:
    """One credential as it stands."""

    spec: Account
    windows: list[WindowState]
    cached_prefixes: OrderedDict[bytes, None] = field(default_factory=OrderedDict)
    usage_polls: list[float] = field(default_factory=list)
    charged_usd: float = 0.0
    """OpenRouter: what its answers said that they cost."""
    expires_at: float | None = None
    """Epoch seconds from which on the credential is refused as expired."""

    @property
    def token(self) -> str:
        return self.spec.token

    @property
    def plan(self) -> str:
        if self.spec.plan:
            return self.spec.plan
        claims = read_claims(self.token)
        return (plan_of(claims) if claims else "") or ("plus" if self.spec.kind == "codex" else "max")

    @property
    def project(self) -> str:
        """Google: the account's own project; made up where the script names none, the same for the same credential."""
        return self.spec.project or f"sim-project-{blake2b(self.token.encode(), digest_size=4).hexdigest()}"

    def roll(self, now: float) -> None:
        for window in self.windows:
            window.roll(now)
        if self.expires_at is not None and now >= self.expires_at and not self.spec.expired:
            self.spec = self.spec.model_copy(update={"expired": True})

    def exhausted(self, model: str) -> list[WindowState]:
        """The full windows that stand in the way of this model."""
        return [window for window in self.windows if window.exhausted and window.holds(model)]

    def charge(self, model: str, input_tokens: int, output_tokens: int) -> None:
        """Count one answered request."""
        amounts = {"requests": 1, "input-tokens": input_tokens, "output-tokens": output_tokens}
        amounts |= {"requests-per-minute": 1, "requests-per-day": 1, "input-tokens-per-minute": input_tokens}
        amounts["premium"] = 0  # counted by who speaks, not by tokens
        for window in self.windows:
            if window.spec.capacity_tokens and window.holds(model):
                amount = amounts.get(window.spec.name, input_tokens + output_tokens)
                window.used += amount / window.spec.capacity_tokens

    def is_cached(self, prefix: bytes) -> bool:
        """Whether this account's prompt cache holds the prefix; from now on it does."""
        known = prefix in self.cached_prefixes
        self.cached_prefixes[prefix] = None
        self.cached_prefixes.move_to_end(prefix)
        if len(self.cached_prefixes) > 1000:
            self.cached_prefixes.popitem(last=False)
        return known

    def serves(self, model: str) -> bool:
        return not self.spec.models or model in self.spec.models


class AccountBook:
    """All accounts of one run: those of the script, and those made up for credentials nobody listed."""

    def __init__(self, script: Script, now: float) -> None:
        self._accept_unknown = script.accept_unknown
        self._accounts = {account.token: _state(account, now) for account in script.accounts}
        self._unknown: OrderedDict[str, AccountState] = OrderedDict()

    def find(self, token: str, kinds: tuple[AccountKind, ...], now: float) -> AccountState | None:
        """The account behind a credential, its windows rolled to `now`; None when the provider would not know it.

        Args:
            kinds: which sorts of account this provider has; the first one that the token's shape fits is used
                for a credential that nobody listed.
        """
        account = self._accounts.get(token) or self._unknown.get(token)
        if account is None and self._accept_unknown:
            shape = kind_of_shape(token)
            kind = next((kind for kind in kinds if kind == shape or (shape == "gemini" and kind in OF_GOOGLE)), None)
            if kind is not None:
                account = _state(Account(token=token, kind=kind), now)
                self._unknown[token] = account
                if len(self._unknown) > MAX_UNKNOWN_ACCOUNTS:
                    self._unknown.popitem(last=False)
        if account is None or account.spec.kind not in kinds:
            return None
        account.roll(now)
        return account

    def issue(self, spec: Account, expires_at: float | None, now: float, like: AccountState | None) -> AccountState:
        """Know a new credential from now on.

        Args:
            like: the same person's account, whose windows and caches it shares.
        """
        account = _state(spec, now)
        account.expires_at = expires_at
        if like is not None:
            account.windows, account.usage_polls = like.windows, like.usage_polls
            account.cached_prefixes = like.cached_prefixes
        self._accounts[spec.token] = account
        return account


def kind_of_shape(token: str) -> AccountKind | None:
    """What a credential looks like; None when like nothing that these providers issue."""
    if token.startswith("sk-ant-api"):
        return "anthropic_api"
    if token.startswith("sk-ant-oat"):
        return "anthropic_oauth"
    if token.startswith("sk-ant"):
        return None
    if token.startswith("sk-") and len(token) > 3:
        return "openai"
    if GOOGLE_CREDENTIAL.fullmatch(token):
        return "gemini"
    if token.startswith("tid="):
        return "copilot"
    return "codex" if read_claims(token) is not None else None


def _state(account: Account, now: float) -> AccountState:
    specs = account.windows or _DEFAULT_WINDOWS[account.kind]
    windows = [WindowState(spec, spec.used, now + (spec.reset_in_s or spec.length_s)) for spec in specs]
    ends = None if account.expires_in_s is None else now + account.expires_in_s
    return AccountState(account, windows, expires_at=ends)
