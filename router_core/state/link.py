"""One response as a link of its conversation: the id of the response before it, and what this one added."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Link:
    """A stored response.

    Args:
        previous_id: the response that this one continues; "" at the start of a chain.
        chain: id of the first response; all links of a chain are kept or forgotten together.
        depth: responses before this one in its chain.
        fingerprint: of the whole conversation up to and with this response (see fingerprint.py).
        used_at: epoch seconds.
        content: zstd of `{"input": […], "output": […]}`.
        item_ids: ids of the output items, by which an `item_reference` finds them; not read back.
    """

    id: str
    previous_id: str
    chain: str
    depth: int
    fingerprint: bytes
    provider: str
    token_id: str
    session: str
    used_at: float
    content: bytes
    item_ids: tuple[str, ...] = ()
