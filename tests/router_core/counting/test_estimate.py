"""Requests of all four formats, and bodies that are none."""

import base64
import json
import statistics
import time
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from router_core.counting.answer import count_response
from router_core.counting.estimate import estimate_input_tokens
from router_core.models.info import Endpoint

FORMATS: tuple[Endpoint, ...] = ("anthropic", "openai-chat", "openai-responses", "gemini")
SAMPLES = json.loads(Path(__file__).with_name("samples.json").read_text(encoding="utf-8"))["samples"]
TEXT = next(sample["text"] for sample in SAMPLES if sample["kind"] == "English prose") * 2  # 550 tokens of o200k_base
SCHEMA = {"type": "object", "properties": {"path": {"type": "string", "description": "Where to look."}}}


def said(format: Endpoint, text: str) -> dict[str, Any]:
    match format:
        case "anthropic":
            return {"messages": [{"role": "user", "content": [{"type": "text", "text": text}]}], "max_tokens": 9}
        case "openai-chat":
            return {"messages": [{"role": "user", "content": text}]}
        case "openai-responses":
            return {"input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}]}
        case "gemini":
            return {"contents": [{"role": "user", "parts": [{"text": text}]}]}


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_words_count_the_same_in_every_format(format: Endpoint) -> None:
    count = estimate_input_tokens(said(format, TEXT), format, "gpt-6-sol")
    assert count == pytest.approx(550, rel=0.05)
    assert count == estimate_input_tokens(orjson.dumps(said(format, TEXT)), format, "gpt-6-sol")


@pytest.mark.parametrize("format", FORMATS)
def test_system_prompts_and_tools_count(format: Endpoint) -> None:
    extra: dict[Endpoint, dict[str, Any]] = {
        "anthropic": {"system": [{"type": "text", "text": TEXT}], "tools": [{"name": "ls", "input_schema": SCHEMA}]},
        "openai-chat": {"tools": [{"type": "function", "function": {"name": TEXT, "parameters": SCHEMA}}]},
        "openai-responses": {"instructions": TEXT, "tools": [{"type": "function", "name": "ls", "parameters": SCHEMA}]},
        "gemini": {"systemInstruction": {"parts": [{"text": TEXT}]}, "tools": [{"functionDeclarations": [SCHEMA]}]},
    }
    bare = estimate_input_tokens(said(format, "hi"), format, "gpt-6-sol")
    more = estimate_input_tokens({**said(format, "hi"), **extra[format]}, format, "gpt-6-sol")
    assert 550 < more - bare < 640


PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\4\0\0\0\4\0" + b"\0" * 90_000).decode()  # 1024 × 1024
PARTS: dict[str, tuple[Endpoint, dict[str, Any]]] = {
    "anthropic": ("anthropic", {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}),
    "anthropic, link": (
        "anthropic",
        {"type": "image", "source": {"type": "url", "url": "https://a.example/" + "b" * 999}},
    ),
    "chat": (
        "openai-chat",
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}", "detail": "high"}},
    ),
    "responses": ("openai-responses", {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}"}),
    "gemini": ("gemini", {"inlineData": {"mimeType": "image/png", "data": PNG}}),
}


@pytest.mark.parametrize(("format", "part"), PARTS.values(), ids=PARTS.keys())
def test_an_image_counts_by_its_size_and_not_by_its_base64(format: Endpoint, part: dict[str, Any]) -> None:
    key, inner = {"openai-responses": ("input", "content"), "gemini": ("contents", "parts")}.get(
        format, ("messages", "content")
    )
    body = {key: [{"role": "user", inner: [part]}]}
    assert 1024 <= estimate_input_tokens(body, format, "gpt-6-sol") <= 1040


def test_a_pdf_counts_by_its_pages() -> None:
    pdf = b"%PDF-1.7 << /Type /Pages /Count 3 >> " + b"<< /Type /Page >> " * 3
    source = {"type": "base64", "media_type": "application/pdf", "data": base64.b64encode(pdf).decode()}
    body = {"messages": [{"role": "user", "content": [{"type": "document", "source": source}]}]}
    assert 6_000 <= estimate_input_tokens(body, "anthropic", "claude-opus-5-5") <= 6_020
    file = {"type": "input_file", "file_data": "data:application/pdf;base64," + source["data"], "filename": "a.pdf"}
    assert 3_300 <= estimate_input_tokens({"input": [file]}, "openai-responses", "gpt-6-sol") <= 3_320


def test_tool_arguments_and_results_count_but_ciphertext_and_ids_do_not() -> None:
    call = {"type": "tool_use", "id": "toolu_" + "x" * 500, "name": "write", "input": {"path": "a.py", "content": TEXT}}
    thought = {"type": "thinking", "thinking": "Hm.", "signature": "c2ln" * 2000}
    result = {"type": "tool_result", "tool_use_id": "toolu_" + "x" * 500, "content": [{"type": "text", "text": TEXT}]}
    body = {"messages": [{"role": "assistant", "content": [thought, call]}, {"role": "user", "content": [result]}]}
    assert estimate_input_tokens(body, "anthropic", "gpt-6-sol") == pytest.approx(2 * 550, rel=0.06)


def test_gemini_may_wrap_the_request_to_be_counted() -> None:
    wrapped = {"generateContentRequest": {"model": "models/gemini-4-argon", **said("gemini", TEXT)}}
    assert estimate_input_tokens(wrapped, "gemini", "gemini-4-argon") > 500


DEEP = b'{"messages":' + b"[" * 900 + b"]" * 900 + b"}"
ODD = {
    "no json": b"{{{",
    "a list": b"[1,2]",
    "empty": b"",
    "nesting": DEEP,
    "nested arguments": b'{"messages":[{"input":' + b'{"a":' * 900 + b"1" + b"}" * 900 + b"}]}",
    "half a character": b'{"messages":[{"role":"user","content":"\\ud800"}]}',
    "huge number": b'{"tools":[{"a":1e999999}],"messages":[{"input":{"a":123456789012345678901234567890}}]}',
    "wrong types": b'{"messages":5,"tools":{"a":1},"system":[null,{"text":7}],"input":true,"contents":"x"}',
}


@pytest.mark.parametrize("body", ODD.values(), ids=ODD.keys())
@pytest.mark.parametrize("format", FORMATS)
def test_odd_bodies_are_counted_too(body: bytes, format: Endpoint) -> None:
    assert estimate_input_tokens(body, format, "claude-opus-5-5") >= 1


def test_nesting_beyond_what_json_can_say_is_counted_too() -> None:
    deep: Any = "word"
    for _ in range(5000):
        deep = {"a": [deep]}
    assert estimate_input_tokens({"messages": deep, "tools": [deep]}, "anthropic", "gpt-6-sol") > 1


WORDS = (
    "type messages input contents parts content text source data media_type mimeType image_url url file_data system "
    "input_audio tools functions arguments schema response fileUri file_url generateContentRequest instructions"
)
_KEYS = st.sampled_from(WORDS.split()) | st.text(max_size=3)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(
    st.dictionaries(_KEYS, _JSON, max_size=6),
    st.sampled_from(FORMATS),
    st.sampled_from(["claude-opus-5-5", "gemini-4-argon", "x"]),
)
def test_no_json_is_an_error(body: dict[str, Any], format: Endpoint, model: str) -> None:
    assert estimate_input_tokens(body, format, model) >= 1


@given(st.binary(max_size=400), st.sampled_from(FORMATS))
def test_no_bytes_are_an_error(body: bytes, format: Endpoint) -> None:
    assert estimate_input_tokens(body, format, "gpt-6-sol") >= 1


def test_a_hundred_kilobytes_take_about_a_millisecond() -> None:
    turns = [{"role": "user", "content": [{"type": "text", "text": TEXT[:400] + str(n)}]} for n in range(220)]
    body = orjson.dumps({"messages": turns, "tools": [{"name": "ls", "input_schema": SCHEMA}] * 40})
    assert 100_000 < len(body) < 140_000
    spent = []
    for _ in range(15):
        began = time.process_time()
        estimate_input_tokens(body, "anthropic", "claude-opus-5-5")
        spent.append(time.process_time() - began)
    assert statistics.median(spent) < 0.01, "ten times what it takes on a quiet machine: something scans too much"


def test_each_client_reads_the_count_in_its_own_format() -> None:
    assert count_response("anthropic", 7) == {"input_tokens": 7}
    assert count_response("gemini", 7) == {"totalTokens": 7}
    assert count_response("openai-responses", 7) == {"object": "response.input_tokens", "input_tokens": 7}
