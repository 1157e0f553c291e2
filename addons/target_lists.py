"""Whose request it is, and which targets it may use: the lists of `[spend]` and of client keys."""

from dataclasses import replace

from mitmproxy import http

from addons.flowstate import FlowState, find_state
from addons.guard import CLIENT_KEY
from addons.hooks import request_hook
from addons.runtime import Runtime
from router_core.config.schema import Config
from router_core.errors import Refused
from router_core.routing.target import RouteTarget
from router_core.spend.allowed import why_denied


class TargetLists:
    """Before a token is chosen: takes out of the route what may not be used."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    @request_hook
    def request(self, flow: http.HTTPFlow) -> None:
        """Whose request it is, and whether it may use what the route leads to."""
        state = find_state(flow)
        if state is None or state.is_handshake:
            return
        state.record.client_key = str(flow.metadata.get(CLIENT_KEY, ""))
        self._check_lists(state)

    def _check_lists(self, state: FlowState) -> None:
        """Take the targets out of the route that may not be used.

        Raises:
            Refused: none is left.
        """
        if not has_lists(self.runtime, state.config, state.record.client_key):
            return
        if state.call.inference and not state.counts and not state.record.model:
            raise Refused(
                final_status(state), "target_denied", "The request names no model that lists of targets could tell."
            )
        route = state.route
        present = RouteTarget(state.provider_name, state.record.model)
        targets = route.targets[state.target_index :] if route is not None else (present,)
        denied = [
            (target, why_not_allowed(self.runtime, state.config, state.record.client_key, target)) for target in targets
        ]
        left = tuple(target for target, why in denied if not why)
        if not left:
            raise Refused(final_status(state), "target_denied", "; ".join(why for _, why in denied) + ".")
        if route is None or len(left) == len(targets):
            return
        why = "; ".join(why for _, why in denied if why)
        state.route = replace(route, targets=left, because=f"{route.because}; {why}")
        state.record.because = state.route.because
        first = left[0]
        state.target_index = 0
        state.provider_name, state.provider = first.provider, state.config.providers[first.provider]
        state.record.provider, state.record.model = first.provider, first.model[:200]


def has_lists(runtime: Runtime, config: Config, client_key: str) -> bool:
    """Whether anything is not allowed at all."""
    key = runtime.keys.named(client_key)
    return bool(config.spend.allow or config.spend.deny or (key is not None and (key.allow or key.deny)))


def why_not_allowed(runtime: Runtime, config: Config, client_key: str, target: RouteTarget) -> str:
    """ "" when the lists let it be used.

    Args:
        client_key: name of the key that the client gave; "": none.
    """
    spend, key = config.spend, runtime.keys.named(client_key)
    why = why_denied(target, spend.allow, spend.deny)
    if not why and key is not None:
        why = why_denied(target, key.allow, key.deny, f"the client key {key.name!r}")
    return why


def final_status(state: FlowState) -> int:
    """At which the client stops and shows the words: Codex asks again at a 403."""
    return 400 if state.is_codex else 403
