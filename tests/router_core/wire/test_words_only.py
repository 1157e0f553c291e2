"""Messages of words only are read without a further look: what is read is the same."""

from typing import Any

import pytest

from router_core.wire.codec import Target, codec
from router_core.wire.format import FormatName

FIELD: dict[FormatName, str] = {
    "anthropic": "messages", "openai-chat": "messages", "openai-responses": "input", "gemini": "contents",
}  # fmt: skip
UNKNOWN = {"x_unknown": 1}
"""A field that makes a reader look at everything."""


def _message(format: FormatName, role: str, text: str, form: str) -> dict[str, Any]:
    if format == "gemini":
        return {"role": "model" if role == "assistant" else role, "parts": [{"text": text}]}
    kind = "text" if format != "openai-responses" else "output_text" if role == "assistant" else "input_text"
    content: Any = text if form == "string" else [{"type": kind, "text": text}]
    return {"role": role, "content": content} | ({"type": "message"} if form == "typed" else {})


def _translated(format: FormatName, messages: list[dict[str, Any]], to: FormatName) -> Any:
    body = {"model": "m", "max_tokens": 100, FIELD[format]: messages}
    if format == "gemini":
        del body["max_tokens"]
    kind = "anthropic" if to == "anthropic" else to
    return codec(to).encode_request(codec(format).decode_request(body), Target("p", kind, "m")).body[FIELD[to]]


FORMS: list[tuple[FormatName, str]] = [
    ("anthropic", "string"), ("anthropic", "parts"), ("openai-chat", "string"), ("openai-chat", "parts"),
    ("openai-responses", "string"), ("openai-responses", "parts"), ("openai-responses", "typed"), ("gemini", "parts"),
]  # fmt: skip
CASES = [
    (format, form, text, to)
    for format, form in FORMS
    for text in ("Hello", " \n", "")
    for to in FIELD
    if format != to and (format != "gemini" or text)  # Gemini: a turn of nothing but an unknown field is kept
]


@pytest.mark.parametrize(("format", "form", "text", "to"), CASES)
def test_it_means_what_it_means_when_looked_at_closely(
    format: FormatName, form: str, text: str, to: FormatName
) -> None:
    said = [
        ("user", "Hi"),
        ("assistant", text),
        ("user", text),
        ("user", "Go on."),
        ("assistant", "Yes."),
        ("user", "?"),
    ]
    plain = [_message(format, role, words, form) for role, words in said]
    assert _translated(format, plain, to) == _translated(format, [message | UNKNOWN for message in plain], to)


@pytest.mark.parametrize("more", [{}, UNKNOWN], ids=["words only", "looked at"])
def test_a_call_of_gemini_s_is_over_where_the_model_speaks_again(more: dict[str, Any]) -> None:
    """A result that comes later is not taken for that of a call of an earlier turn."""
    messages = [
        {"role": "user", "parts": [{"text": "Go"}]},
        {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {}}}]},
        {"role": "user", "parts": [{"text": "Wait"}]},
        {"role": "model", "parts": [{"text": "Waiting"}]} | more,
        {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"output": "late"}}}]},
    ]
    request = codec("gemini").decode_request({"model": "m", "contents": messages})
    call, result = request.messages[1].blocks[0], request.messages[4].blocks[0]
    assert call.id != result.call_id  # type: ignore[union-attr]  # a call and a result, as written above
