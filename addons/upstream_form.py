"""How a request is put to a target: path and body, and the headers that go with a body of ours."""

from collections.abc import Sequence

from router_core.asked_for import AskedFor
from router_core.config.schema import ProviderConfig
from router_core.models.info import Endpoint
from router_core.outgoing import Outgoing, put
from router_core.outgoing_compact import put_compact, put_compaction_turn
from router_core.providers.auth import HeaderPairs
from router_core.routing.target import RouteTarget


def put_to(
    asked: AskedFor, target: RouteTarget, provider: ProviderConfig, *, compat: bool, offered: Sequence[Endpoint]
) -> Outgoing:
    """The request as this target is asked.

    Raises:
        WireError: the target cannot be told what the client asks for.
    """
    if asked.entrance.operation == "compact":
        return put_compact(asked, target, provider, compat=compat, offered=offered)
    turn = put_compaction_turn(asked, target, provider, compat=compat, offered=offered)
    return turn or put(asked, target, provider, compat=compat, offered=offered)


def with_headers(fields: HeaderPairs, more: Sequence[tuple[str, str]]) -> HeaderPairs:
    """The headers with those that the provider wants; what the client says itself stays."""
    if not more:
        return fields
    said = {name.lower() for name, _ in fields}
    return [*fields, *((n.encode(), v.encode()) for n, v in more if n.lower().encode() not in said)]


def with_body(fields: HeaderPairs, body: bytes) -> HeaderPairs:
    """The headers for a body of ours instead of the client's."""
    framing = (b"content-length", b"content-encoding", b"transfer-encoding")
    kept = [(name, value) for name, value in fields if name.lower() not in framing]
    return [*kept, (b"Content-Length", str(len(body)).encode())]
