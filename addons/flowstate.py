"""What the addons know of one flow: typed notes, each written by one of them.

`flow.metadata` may hold JSON values only (else a flow cannot be saved), so the notes live beside the flow.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from mitmproxy import http
from mitmproxy.net.server_spec import ServerSpec

from addons.response_watch import ResponseWatch
from addons.websocket_link import Link, Turn
from router_core.answer import Answer
from router_core.asked_for import AskedFor
from router_core.attempt import Upstream
from router_core.config.schema import Config, ProviderConfig
from router_core.errors import BudgetExceeded
from router_core.failover import Verdict
from router_core.outgoing import Outgoing
from router_core.providers.auth import HeaderPairs
from router_core.providers.failure import Broken, Failure, FailureKind
from router_core.routing.decide import Route
from router_core.tokens.affinity import NOBODY, Asker
from router_core.tokens.leases import Lease
from router_core.tokens.token import Token
from router_core.trace.record import AttemptRecord, TraceRecord
from router_core.wire.format import Call
from router_core.wire.openai_responses.collect import OutputItems

ONLY_TOKEN = "mitmrouter.only_token"  # noqa: S105 - a name
"""In the flow's metadata: id of the one token that may pay."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """For what a request waits."""

    token: Token
    because: str
    """Why this token was chosen."""
    failure: Failure | None = None
    """The provider has refused its credential; None: it has run out."""


@dataclass(frozen=True, slots=True)
class Pause:
    """A failed request waits before it goes on: its token rests, but not for long."""

    seconds: float
    failure: Failure
    verdict: Verdict
    for_room: bool = False
    """It waits for a budget, not for a token."""


@dataclass(slots=True)
class FlowState:
    """The notes of one client request that is on its way."""

    # ingress
    config: Config
    provider_name: str
    provider: ProviderConfig
    rest: str
    call: Call
    record: TraceRecord
    client_headers: HeaderPairs
    is_codex: bool
    received_at: float
    """Monotonic seconds."""
    asker: Asker = NOBODY
    """The session that the request belongs to, and the line of work within it."""
    asked: AskedFor | None = None
    """A routed request (`/v1/…`); None for one that names its provider by the path."""
    route: Route | None = None
    tag: str = ""
    """The target that the subagent's prompt names."""
    target_index: int = 0

    # websocket
    link: Link | None = None
    """Of a WebSocket's handshake, or of one of its turns."""
    turn: Turn | None = None
    """None: the handshake, or plain HTTP."""
    as_it_is: bool = False
    """A turn whose path names the provider: its body is not edited."""
    over_socket: bool = False
    """The attempt under way goes over a provider's WebSocket."""

    only_token: str = ""
    """Id of the one token that may pay, where the owner has named one."""

    # aiming: the attempt under way
    token: Token | None = None
    upstream: Upstream | None = None
    via: ServerSpec | None = None
    """The HTTP proxy that the attempt goes through."""
    attempt: AttemptRecord | None = None
    outgoing: Outgoing | None = None
    """How a routed request is put to the present target."""
    body_replaced: bool = False
    """The flow's body is no longer the client's own bytes."""
    reserved: bool = False
    """Budgets hold what the attempt is expected to use."""
    budget_warning: str = ""
    """Budgets that are nearly used up."""
    loop_warning: str = ""
    """What the session does again and again."""
    stopped: BudgetExceeded | None = None
    """It is not to go on with that."""
    without_room: BudgetExceeded | None = None
    """A budget that the request waits for."""
    cheaper_added: bool = False
    """The route has been extended by cheaper targets."""
    lease: Lease | None = None
    """The hold on the token, as long as the attempt is under way."""
    wait_s: float = 0.0
    """Before the first attempt is made."""
    waited: str = ""
    """That the next attempt has waited for a token, and why."""
    has_waited: bool = False
    tried: set[str] = field(default_factory=set)
    waits_for: "Waiting | None" = None
    """A token has to be renewed before the next attempt can be made with it."""
    renewed: set[str] = field(default_factory=set)
    """Tokens that were renewed because the provider had refused them."""
    without_token: list[tuple[str, float | None]] = field(default_factory=list)
    """Of each target that had no token to pay: why, and after how many seconds it has one again. Not the exceptions:
    their tracebacks would hold these notes."""

    # retry layer
    watch: ResponseWatch | None = None
    answer: Answer | None = None
    """Turns the attempt's answer into the client's, where its bytes do not pass as they are."""
    raw_body: bytes | None = None
    """The provider's JSON body behind a translated one."""
    client_bytes: bytearray = field(default_factory=bytearray)
    """What the client got of a translated answer, as far as traces keep it."""
    broken: Broken | None = None
    broken_detail: str = ""
    broke_after_content: bool = False

    # responses state
    must_resolve: bool = False
    """Codex's own files must be read for what the request continues."""
    continues: str = ""
    """The response that this request continues."""
    input_items: list[Any] = field(default_factory=list)
    collector: OutputItems | None = None
    """Gathers an answer that the client may continue by its id."""

    # failover
    pause: Pause | None = None
    failed_watch: ResponseWatch | None = None
    """Of the attempt that failed last."""
    failure: Failure | None = None
    """The one that came last."""
    failures: list[FailureKind] = field(default_factory=list)
    retry: bool = False
    gave_up: bool = False
    """What the client gets now is an error: no usage, no success."""
    repaired: bool = False
    """The one self-healing retry has been made."""
    mended: bytes | None = None
    """The body of the self-healing retry, where the request names its provider by the path."""
    rested_a_token: bool = False
    """One of the failures was a token's own."""

    @property
    def is_handshake(self) -> bool:
        """It has no row in the trace: its turns have."""
        return self.link is not None and self.turn is None

    @property
    def upstream_call(self) -> Call:
        """What the provider is asked, in its own format."""
        if self.outgoing is None:
            return self.call
        return Call(self.outgoing.format, self.call.inference, self.outgoing.envelope is not None)

    @property
    def counts(self) -> bool:
        """A routed request to count tokens: where the first target cannot do it, an estimate is the answer."""
        return self.asked is not None and self.asked.entrance.operation == "count"

    def next_target(self) -> bool:
        """Go on to the route's next target; False when there is none. What failed before says nothing of it."""
        if self.counts or self.route is None or self.target_index + 1 >= len(self.route.targets):
            return False
        self.target_index += 1
        target = self.route.targets[self.target_index]
        self.provider_name, self.provider = target.provider, self.config.providers[target.provider]
        self.record.provider, self.record.model = target.provider, target.model
        self.outgoing, self.upstream = None, None
        self.tried, self.failures, self.repaired = set(), [], False
        return True

    def place(self) -> Callable[[], None]:
        """Where the request stands; call it to come back, when none of the targets after this one could be asked."""
        own = {name: getattr(self, name) for name in _PLACE}
        record = {name: getattr(self.record, name) for name in _RECORDED_PLACE}

        def go_back() -> None:
            for name, value in own.items():
                setattr(self, name, value)
            for name, value in record.items():
                setattr(self.record, name, value)

        return go_back

    def attempt_action(self, action: str, reason: str) -> None:
        """Correct what is noted of the last attempt."""
        if self.attempt is not None:
            self.attempt.action = action
            self.attempt.reason = f"{self.attempt.reason}; {reason}" if self.attempt.reason else reason


_PLACE = (
    "target_index", "provider_name", "provider", "rest", "upstream", "outgoing", "tried", "failures", "repaired",
)  # fmt: skip
_RECORDED_PLACE = ("provider", "model", "losses", "upstream_format")

_states: WeakKeyDictionary[http.HTTPFlow, FlowState] = WeakKeyDictionary()


def note(flow: http.HTTPFlow, state: FlowState) -> None:
    """Begin the notes of a flow."""
    state.only_token = flow.metadata.get(ONLY_TOKEN, "")
    _states[flow] = state


def find_state(flow: http.HTTPFlow) -> FlowState | None:
    """The notes of a flow; None for one that is answered here and never goes upstream."""
    return _states.get(flow)
