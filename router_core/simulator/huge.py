"""A body that is far too large, in valid form: an answer blown up in its middle."""

from router_core.simulator.answers import Answer

FILLER_TEXT = b"very long "


def huge_parts(answer: Answer) -> tuple[bytes, bytes, bytes]:
    """Head, filler and tail of a huge version of `answer`; the filler repeats between the other two.

    A stream repeats its first text event, a JSON body stretches its longest plain text.
    """
    if answer.frames is not None:
        number = next((i for i, frame in enumerate(answer.frames) if frame.kind == "content"), 0)
        head = b"".join(frame.data for frame in answer.frames[:number])
        tail = b"".join(frame.data for frame in answer.frames[number:])
        return head, answer.frames[number].data, tail
    for marker in (b'"message":"', b'"detail":"', b'"text":"', b'"content":"'):
        at = answer.body.find(marker)
        if at >= 0:
            cut = at + len(marker)
            return answer.body[:cut], FILLER_TEXT, answer.body[cut:]
    return answer.body, FILLER_TEXT, b""
