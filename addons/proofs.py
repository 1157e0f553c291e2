"""Who minted the opaque values of a conversation: remembered from answers, foreign ones taken out of requests."""

import re

import orjson

from addons.flowstate import FlowState
from addons.runtime import Runtime
from router_core.asked_for import AskedFor
from router_core.config.schema import ProviderConfig
from router_core.outgoing import Outgoing, edited
from router_core.state.owner import ProofKind, family_of, foreign
from router_core.state.proofs_in_answer import MARKS
from router_core.state.take_out import take_out
from router_core.wire.codec import Loss
from router_core.wire.format import FormatName
from router_core.wire.model import Issuer
from router_core.wire.proof import is_sealed

_VALUES = re.compile(rb'"(signature|data|encrypted_content|thoughtSignature|thought_signature)"\s*:\s*"([^"]{8,})"')
_KINDS: dict[bytes, ProofKind] = {
    b"signature": "signature",
    b"data": "signature",
    b"encrypted_content": "encrypted_content",
    b"thoughtSignature": "thought_signature",
    b"thought_signature": "thought_signature",
}
_FAMILY_OF_FORMAT: dict[FormatName, Issuer] = {
    "anthropic": "anthropic",
    "openai-chat": "other",
    "openai-responses": "openai",
    "gemini": "gemini",
}


def without_foreign(runtime: Runtime, state: FlowState, asked: AskedFor, outgoing: Outgoing) -> Outgoing:
    """A request that keeps its format, without the proofs that its target cannot read.

    Bodies are large and hardly ever hold one: they are searched as bytes first, and parsed only if there is one. A
    body with headers of ours was written by a codec, which knows about proofs.
    """
    if outgoing.headers is not None or not any(mark in outgoing.body for mark in MARKS[outgoing.format]):
        return outgoing
    judge = _Judge(runtime, state.provider_name, state.provider, outgoing.format)
    found = ((_text(match[2]), _KINDS[match[1]]) for match in _VALUES.finditer(outgoing.body))
    if not any(is_sealed(value) or judge.is_foreign(value, kind) for value, kind in found):
        return outgoing
    body, removed = take_out(
        orjson.loads(outgoing.body), outgoing.format, judge.is_foreign, model=outgoing.target.model
    )
    losses = tuple(Loss(path, "a proof that another provider issued") for path in removed)
    return edited(outgoing, orjson.dumps(body), "proofs", losses) if removed else outgoing


def _text(written: bytes) -> str:
    """A value as JSON means it: some encoders write every slash of base64 with a backslash."""
    return (written.replace(b"\\/", b"/") if b"\\" in written else written).decode("ascii", "replace")


class _Judge:
    """Whose proofs one target can read."""

    def __init__(self, runtime: Runtime, name: str, provider: ProviderConfig, format: FormatName) -> None:
        self._minted = runtime.minted
        self._name = name
        self._family = family_of(provider.kind, provider.base_url, format)
        self._client = _FAMILY_OF_FORMAT[format]

    def is_foreign(self, value: str, kind: ProofKind) -> bool:
        owner = self._minted.owner(value)
        return foreign(owner, self._name, "", self._family, client_family=self._client)


def remember(runtime: Runtime, state: FlowState) -> None:
    """Note who minted the proofs of an answer that has just gone to the client."""
    watch, token = state.watch, state.token
    if watch is None or token is None:
        return
    turn_state = watch.headers.get("x-codex-turn-state")
    if not watch.proofs and not turn_state:
        return
    issuer = family_of(state.provider.kind, state.provider.base_url, state.upstream_call.format)
    for value, kind in watch.proofs:
        runtime.minted.remember(value, state.provider_name, token.id, kind, issuer)
    if turn_state:
        runtime.minted.remember(turn_state, state.provider_name, token.id, "turn_state", issuer)


def turn_state_is_foreign(runtime: Runtime, state: FlowState, value: bytes, token_id: str) -> bool:
    """`x-codex-turn-state` names one account's session on one machine of the backend: nobody else can use it."""
    owner = runtime.minted.owner(value)
    if owner is None:  # from before the router was restarted: good for the first token that is tried
        return any(attempt.token_id != token_id for attempt in state.record.attempts)
    return (owner.provider, owner.token_id) != (state.provider_name, token_id)
