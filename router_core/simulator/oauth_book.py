"""What the simulated authorization servers remember: who consented, which codes are out, which refresh tokens live.

A login is a chain: each use of its refresh token gives the next one, and an old one that comes back ends the chain, as
with Anthropic and OpenAI. GitHub's and Google's stay the same. The access tokens are accounts of the simulated APIs,
and share the windows of the person whom they belong to.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Literal

from router_core.clock import Clock
from router_core.simulator.accounts import OF_GOOGLE, AccountBook, AccountState
from router_core.simulator.jwt import account_id_of, make_jwt, read_claims
from router_core.simulator.script import Account, AccountKind, Person, Script

Server = Literal["claude", "codex", "github", "google"]

LIVES_S: dict[Server, float] = {"claude": 28_800.0, "codex": 864_000.0, "github": 1_500.0, "google": 3_599.0}
KINDS: dict[Server, AccountKind] = {
    "claude": "anthropic_oauth",
    "codex": "codex",
    "github": "copilot",
    "google": "gemini",
}
ROTATING: frozenset[Server] = frozenset({"claude", "codex"})
SERVICE_ACCOUNT = "service account"
MORE_THAN_INFERENCE = "user:profile"


@dataclass(slots=True)
class Chain:
    """One login: its living refresh token and everything that came before it."""

    server: Server
    person: Person
    client_id: str
    scope: str
    refresh_token: str
    account_id: str
    user_id: str
    ends_at: float | None = None
    alive: bool = True
    refreshes: int = 0
    reuses: int = 0
    access_token: str = ""
    """The newest one."""

    def as_json(self) -> dict[str, object]:
        return {
            "server": self.server,
            "email": self.person.email,
            "workspace": self.person.workspace,
            "alive": self.alive,
            "refreshes": self.refreshes,
            "reuses": self.reuses,
            "refresh_token": self.refresh_token,
            "access_token": self.access_token,
        }


@dataclass(slots=True)
class Code:
    """An authorization code that was handed out."""

    server: Server
    client_id: str
    redirect_uri: str
    challenge: str
    state: str
    scope: str
    person: Person
    ends_at: float
    chain: Chain | None = None
    """Set when it has been used."""


@dataclass(slots=True)
class Device:
    """A device that waits for its person."""

    server: Server
    client_id: str
    scope: str
    user_code: str
    ends_at: float
    interval_s: float
    person: Person | None = None
    denied: bool = False
    asked_at: float | None = None
    polls: int = 0


@dataclass
class OAuthBook:
    """All logins of one run."""

    script: Script
    accounts: AccountBook
    clock: Clock
    chains: list[Chain] = field(default_factory=list)
    codes: dict[str, Code] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)
    _known: dict[str, Chain] = field(default_factory=dict)
    """Every refresh token that was ever given out."""
    _owners: dict[tuple[Server, str, str], AccountState] = field(default_factory=dict)
    _made: int = 0

    def __post_init__(self) -> None:
        for account in self.script.accounts:
            server = _server_of(account.kind)
            if account.refresh_token and server is not None:
                self._adopt(server, account)

    def _adopt(self, server: Server, account: Account) -> None:
        """A login that was made before this run."""
        person = Person(email=f"{account.token[-6:]}@example.com", plan=account.plan)
        claims = read_claims(account.token) or {}
        chain = self._chain(server, person, "", "", account.refresh_token)
        chain.account_id = account_id_of(claims) or chain.account_id
        chain.access_token = account.token
        state = self.accounts.find(account.token, (account.kind,), self.clock.now())
        if state is not None:
            self._owners[self._owner(chain)] = state

    # ---- logins -----------------------------------------------------------------------------------------------------

    def begin(self, server: Server, person: Person, client_id: str = "", scope: str = "") -> Chain:
        """A new login with its first tokens."""
        prefix = {"claude": "sk-ant-ort01-", "codex": "rt_", "github": "ghu_", "google": "1//"}[server]
        chain = self._chain(server, person, client_id, scope, self.secret(prefix))
        if server != "github":
            self.mint(chain)
        return chain

    def _chain(self, server: Server, person: Person, client_id: str, scope: str, refresh_token: str) -> Chain:
        place = stable(f"{server}/{person.email}/{person.workspace}")
        chain = Chain(server, person, client_id, scope, refresh_token, place, f"user-{stable(person.email)[:12]}")
        self.chains.append(chain)
        self._keep(chain, refresh_token)
        return chain

    def _keep(self, chain: Chain, refresh_token: str) -> None:
        chain.refresh_token = refresh_token
        self._known[refresh_token] = chain
        life = self.script.oauth.refresh_life_s
        chain.ends_at = None if life is None else self.clock.now() + life

    def find(self, server: Server, refresh_token: str) -> Chain | None:
        """The chain that a refresh token belongs to, also when it is an old one."""
        chain = self._known.get(refresh_token)
        return chain if chain is not None and chain.server == server else None

    def is_live(self, chain: Chain, refresh_token: str) -> bool:
        return chain.alive and chain.refresh_token == refresh_token and not self.is_over(chain)

    def is_over(self, chain: Chain) -> bool:
        """Whether its refresh token lay unused for too long."""
        return chain.ends_at is not None and self.clock.now() >= chain.ends_at

    def refuse_reuse(self, chain: Chain) -> None:
        """An old refresh token came back: somebody else has it, so the chain ends."""
        chain.reuses += 1
        chain.alive = False

    def renew(self, chain: Chain) -> None:
        """New tokens for a chain whose refresh token was found to be live."""
        chain.refreshes += 1
        if chain.server in ROTATING:
            self._keep(chain, self.secret({"claude": "sk-ant-ort01-", "codex": "rt_"}[chain.server]))
        self.mint(chain)

    def mint(self, chain: Chain) -> None:
        """A new access token, known to the simulated API from now on."""
        now = self.clock.now()
        ends = now + self.life_s(chain.server)
        chain.access_token = self._access_token(chain, ends)
        owner = self._owner(chain)
        like = self._owners.get(owner)
        spec = Account(
            token=chain.access_token,
            kind=KINDS[chain.server],
            plan=chain.person.plan,
            inference_only=chain.server == "claude" and bool(chain.scope) and MORE_THAN_INFERENCE not in chain.scope,
        )
        if chain.server == "google":
            _place_at_google(spec, chain, like)
        state = self.accounts.issue(spec, ends, now, like)
        self._owners.setdefault(owner, state)

    def _owner(self, chain: Chain) -> tuple[Server, str, str]:
        product = "/cclog" if "/cclog" in chain.scope else ""  # Antigravity has windows of its own
        return chain.server, chain.user_id, chain.account_id + product

    def life_s(self, server: Server) -> float:
        return self.script.oauth.access_life_s or LIVES_S[server]

    def _access_token(self, chain: Chain, ends: float) -> str:
        person = chain.person
        match chain.server:
            case "claude":
                return self.secret("sk-ant-oat01-")
            case "codex":
                return make_jwt(
                    chain.account_id, person.plan or "plus", ends, email=person.email, user_id=chain.user_id,
                    workspace=person.workspace, jti=self.secret(""),
                )  # fmt: skip
            case "google":
                return self.secret("ya29.")
            case "github":
                sku = person.plan or "individual"
                return (
                    f"tid={self.secret('')};exp={int(ends)};sku={sku};proxy-ep=proxy.{sku}.githubcopilot.com;st=dotcom"
                )

    def secret(self, prefix: str) -> str:
        """A credential that no other one equals."""
        self._made += 1
        return f"{prefix}{stable(f'secret {self._made}')}{self._made:06d}"

    # ---- codes and devices ------------------------------------------------------------------------------------------

    def hand_out(self, code: Code) -> str:
        text = self.secret("code-")
        self.codes[text] = code
        return text

    def new_device(self, server: Server, client_id: str, scope: str) -> tuple[str, Device]:
        number = len(self.devices) + 1
        letters = stable(f"device {number}").translate(str.maketrans("0123456789", "GHJKLMNPQR")).upper()
        options = self.script.oauth
        device = Device(
            server, client_id, scope, f"{letters[:4]}-{letters[4:8]}", self.clock.now() + options.device_life_s,
            options.device_interval_s,
        )  # fmt: skip
        secret = self.secret("device-")
        self.devices[secret] = device
        return secret, device

    def decide(self, user_code: str, person: Person | None) -> bool:
        """A person typed a device code and consented, or (None) did not; False when there is no such code."""
        for device in self.devices.values():
            if device.user_code == user_code.strip().upper() and self.clock.now() < device.ends_at:
                device.person, device.denied = person, person is None
                return True
        return False

    def polled_too_soon(self, device: Device) -> bool:
        """Count one poll; with `consent` set to other than `ask` the person decides after the first one."""
        now = self.clock.now()
        soon = device.asked_at is not None and now - device.asked_at < device.interval_s - 0.05
        device.asked_at = now
        device.polls += 1
        options = self.script.oauth
        if device.polls > 1 and options.consent != "ask" and device.person is None:
            device.person = options.people[0] if options.consent == "allow" else None
            device.denied = options.consent == "deny"
        return soon


def _server_of(kind: AccountKind) -> Server | None:
    """Whose login an account of a kind has; None for keys."""
    if kind in OF_GOOGLE:
        return "google"
    return next((server for server, known in KINDS.items() if known == kind), None)


def _place_at_google(spec: Account, chain: Chain, like: AccountState | None) -> None:
    """A login of Google's is good where its scopes lead to, and its project stays the same."""
    if like is not None:
        spec.kind, spec.project = like.spec.kind, like.project
        return
    service_account = chain.person.workspace == SERVICE_ACCOUNT
    spec.kind = "vertex" if service_account else "antigravity" if "/cclog" in chain.scope else "code-assist"
    spec.project = f"sim-project-{chain.account_id[:8]}"


def stable(text: str) -> str:
    """24 hex digits, the same for the same text."""
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
