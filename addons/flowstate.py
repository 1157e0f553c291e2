"""What the addons know of one flow: typed notes, each written by one of them.

`flow.metadata` may hold JSON values only (else a flow cannot be saved), so the notes live beside the flow.
"""

from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from mitmproxy import http

from addons.response_watch import ResponseWatch
from router_core.attempt import Upstream
from router_core.config.schema import Config, ProviderConfig
from router_core.providers.auth import HeaderPairs
from router_core.providers.failure import Broken, FailureKind
from router_core.tokens.token import Token
from router_core.trace.record import AttemptRecord, TraceRecord
from router_core.wire.format import Call


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

    # aiming: the attempt under way
    token: Token | None = None
    upstream: Upstream | None = None
    attempt: AttemptRecord | None = None
    tried: set[str] = field(default_factory=set)

    # retry layer
    watch: ResponseWatch | None = None
    broken: Broken | None = None
    broken_detail: str = ""
    broke_after_content: bool = False

    # failover
    failures: list[FailureKind] = field(default_factory=list)
    retry: bool = False
    gave_up: bool = False
    """What the client gets now is an error: no usage, no success."""
    rested_a_token: bool = False
    """One of the failures was a token's own."""

    def attempt_action(self, action: str, reason: str) -> None:
        """Correct what is noted of the last attempt."""
        if self.attempt is not None:
            self.attempt.action = action
            self.attempt.reason = f"{self.attempt.reason}; {reason}" if self.attempt.reason else reason


_states: WeakKeyDictionary[http.HTTPFlow, FlowState] = WeakKeyDictionary()


def note(flow: http.HTTPFlow, state: FlowState) -> None:
    """Begin the notes of a flow."""
    _states[flow] = state


def find_state(flow: http.HTTPFlow) -> FlowState | None:
    """The notes of a flow; None for one that is answered here and never goes upstream."""
    return _states.get(flow)
