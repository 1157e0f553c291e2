"""Neutral answers, as the other formats' decoders give them, for the tests of this format's encoders."""

from router_core.trace.record import Usage
from router_core.wire.codec import Answering, CountedMinting
from router_core.wire.model import (
    Citation,
    Media,
    Proof,
    Refusal,
    Request,
    Response,
    SearchHit,
    ServerCall,
    ServerResult,
    StopReason,
    Text,
    Thinking,
    ToolCall,
)
from tests.router_core.wire.openai_chat.bodies import PNG

CLAUDE = Proof("anthropic", "EqQB", None)
CODEX = Proof("openai", "gAAA", {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"})
GEMINI = Proof("gemini", "CiQB")
USAGE = Usage(10, 20, 5, 3, 2, 7)


def answer(*blocks: object, stop: StopReason = "end", **fields: object) -> Response:
    return Response("msg_1", "upstream-model", tuple(blocks), stop, USAGE, **fields)  # type: ignore[arg-type]


def answering(**fields: object) -> Answering:
    request = Request("asked", (), **{"include_usage": True, **fields})  # type: ignore[arg-type]
    return Answering(request, "asked", CountedMinting())


CALL = ToolCall("toolu_1", "f", '{"x":"ü"}')
ANSWERS: dict[str, Response] = {
    "text": answer(Text("Hello\nthere")),
    "nothing": answer(),
    "two texts": answer(Text("One "), Text("two")),
    "texts around a search": answer(
        Text("Looking."),
        ServerCall("s1", "web_search", "rome"),
        ServerResult("s1", "web_search", (SearchHit("https://e.com", "E"),)),
        Text("Found.", citations=(Citation("https://e.com", "E", "big", None, None),)),
    ),
    "cited": answer(Text("Rome is big.", citations=(Citation("https://e.com", "E", start=0, end=4),))),
    "thinking": answer(Thinking("hm", CLAUDE), Text("Hi")),
    "thinking without proof": answer(Thinking("hm"), Text("Hi")),
    "redacted thinking": answer(Thinking("", Proof("anthropic", "red"), redacted=True), Text("Hi")),
    "two thoughts": answer(Thinking("one", CLAUDE), Thinking("two", CODEX), Text("Hi")),
    "a thought between calls": answer(
        Thinking("one", CLAUDE), CALL, Thinking("two", CODEX), ToolCall("toolu_2", "g", "{}"), stop="tool_use"
    ),
    "thought, text, thought, call": answer(
        Thinking("one", CLAUDE), Text("Hi"), Thinking("two", CODEX), CALL, stop="tool_use"
    ),
    "call": answer(CALL, stop="tool_use"),
    "text and three calls": answer(
        Text("Looking."), CALL, ToolCall("toolu_2", "f", ""), ToolCall("toolu_3", "g", "{}"), stop="tool_use"
    ),
    "call with a signature": answer(ToolCall("call_1", "f", "{}", proof=GEMINI), stop="tool_use"),
    "custom call": answer(ToolCall("call_1", "apply", "*** Begin", custom=True), stop="tool_use"),
    "refusal": answer(Refusal("No."), stop="refusal"),
    "cut": answer(Text("Hel"), stop="max_tokens"),
    "stop sequence": answer(Text("Hel"), stop="stop_sequence", stop_sequence="lo"),
    "image": answer(Text("Here."), Media("image", "image/png", data=PNG)),
    "log probabilities": answer(
        Text("Hi"), logprobs=({"token": "Hi", "logprob": -0.1, "bytes": [72, 105], "top_logprobs": []},)
    ),
    "service tier": answer(Text("Hi"), created_at=1_700_000_000, service_tier="default"),
}
