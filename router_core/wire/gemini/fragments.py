"""A streamed answer in a client's history, put together again.

Google's SDKs keep the frames of a stream as they came: each as a turn of its own, or as parts of one turn
(googleapis/python-genai#2508, read 2026-11-20). For other formats a turn more is a message more, and a thought that is
given back in pieces is not the thought that was given. So thoughts side by side are one, and so are texts where one
turn of the model follows another; texts within a turn may have been told apart on purpose. A signature ends the block
that it stands on.
"""

from collections.abc import Collection, Sequence

from msgspec.structs import replace

from router_core.wire.model import Block, Text, Thinking


def put_together(blocks: Sequence[Block], seams: Collection[int]) -> list[Block]:
    """The blocks of one turn of the model that came in fragments.

    Args:
        seams: numbers of the blocks that began a turn of their own.
    """
    if len(blocks) < 2:
        return list(blocks)
    out: list[Block] = []
    texts: list[list[str]] = []
    for number, block in enumerate(blocks):
        said = [block.text] if isinstance(block, Text | Thinking) else []
        if out and _continues(out[-1], block, at_seam=number in seams):
            out[-1] = block
            texts[-1] += said
        else:
            out.append(block)
            texts.append(said)
    return [_with_text(block, parts) for block, parts in zip(out, texts, strict=True)]


def _continues(first: Block, second: Block, *, at_seam: bool) -> bool:
    match first, second:
        case Thinking(proof=None), Thinking():
            return True
        case Text(proof=None), Text():
            return at_seam and first.extras == second.extras
    return False


def _with_text(block: Block, parts: list[str]) -> Block:
    if len(parts) > 1 and isinstance(block, Text | Thinking):
        return replace(block, text="".join(parts))
    return block
