"""What other formats ask for besides thinking and tools: media, breakpoints, and what has no field."""

from typing import Any

import pytest
from msgspec.structs import replace

from router_core.errors import WireError
from router_core.wire.codec import Encoded
from router_core.wire.model import (
    Cache,
    FunctionTool,
    Media,
    Message,
    Text,
    ToolCall,
    ToolResult,
)
from tests.router_core.wire.anthropic.asking import (
    HELLO,
    TOOL,
    asked,
    lost,
    sent,
)
from tests.router_core.wire.anthropic.samples import CODEC, PNG, target


def test_what_has_no_field_is_a_loss() -> None:
    request = asked(
        seed=1,
        presence_penalty=0.5,
        frequency_penalty=0.0,
        logprobs=True,
        verbosity="low",
        metadata={"a": "b"},
        service_tier="flex",
        user="u" * 300,
        stop=(" ", "END", "\n"),
        extras={"openai-chat": {"logit_bias": {"1": 2}, "prediction": None}},
    )
    encoded = sent(request)
    assert encoded.body["stop_sequences"] == ["END"]
    assert sorted(lost(encoded)) == sorted(
        ["stop", "user", "service_tier", "seed", "presence_penalty", "logprobs", "verbosity", "metadata", "logit_bias"]
    )


def test_several_answers_are_refused() -> None:
    with pytest.raises(WireError, match="one answer") as caught:
        CODEC.encode_request(asked(n=2), target())
    assert caught.value.param == "n"


@pytest.mark.parametrize(
    ("tier", "wanted"), [("auto", None), ("priority", None), ("default", "standard_only"), (None, None)]
)
def test_service_tiers(tier: str | None, wanted: str | None) -> None:
    assert sent(asked(service_tier=tier)).body.get("service_tier") == wanted


def test_who_asks_and_streaming() -> None:
    encoded = sent(asked(user="me", stream=True))
    assert encoded.body["metadata"] == {"user_id": "me"}
    assert encoded.body["stream"] is True


MARK = {"type": "ephemeral"}


def marks(encoded: Encoded) -> list[str]:
    found = [f"tools {tool['name']}" for tool in encoded.body.get("tools", []) if "cache_control" in tool]
    found += [f"system {block['text']}" for block in encoded.body.get("system", []) if "cache_control" in block]
    for message in encoded.body["messages"]:
        found += [f"{b['type']} {b.get('text', '')}" for b in message["content"] if "cache_control" in b]
    return found


def test_requests_without_breakpoints_get_four() -> None:
    request = asked(
        Message("user", (Text("one"),)),
        Message("assistant", (Text("a"),)),
        Message("user", (Text("two"),)),
        Message("assistant", (ToolCall("c", "look", "{}"),)),
        Message("user", (ToolResult("c", (Text("x"),)),)),
        system=(Text("s1"), Text("s2")),
        tools=(TOOL, replace(TOOL, name="last")),
    )
    assert marks(sent(request)) == ["tools last", "system s2", "text two", "tool_result "]


def test_breakpoints_of_the_client_are_kept_and_ours_stay_away() -> None:
    marked = Message("user", (Text("one", Cache("1h")), Text("two")))
    encoded = sent(asked(marked, system=(Text("s"),)))
    assert marks(encoded) == ["text one"]
    assert encoded.body["messages"][0]["content"][0]["cache_control"] == {"type": "ephemeral", "ttl": "1h"}


def test_more_than_four_breakpoints_and_a_late_hour_are_mended() -> None:
    texts = tuple(Text(str(i), Cache("1h" if i == 5 else None)) for i in range(6))
    encoded = sent(asked(Message("user", texts)))
    assert marks(encoded) == ["text 0", "text 1", "text 4", "text 5"]
    assert lost(encoded) == ["cache_control", "cache_control"]


def test_encoding_twice_gives_the_same_bytes() -> None:
    """A prefix that changes is a prefix that is not cached."""
    request = asked(HELLO, tools=(TOOL, FunctionTool("x" * 200)), system=(Text("s"),))
    assert sent(request).body == sent(request).body


MEDIA: dict[str, tuple[Media, Any]] = {
    "png": (
        Media("image", "image/png", data=PNG),
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
    ),
    "jpg": (
        Media("image", "image/jpg", data="AAAA"),
        {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": "AAAA"}},
    ),
    "png that is called jpeg": (
        Media("image", "image/jpeg", data=PNG),
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
    ),
    "png that is called a file": (
        Media("document", "image/png", data=PNG),
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
    ),
    "image by address": (
        Media("image", url="https://example.com/a.png", detail="low"),
        {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
    ),
    "pdf": (
        Media("document", "application/pdf", data="JVBERi0=", name="a.pdf"),
        {
            "type": "document",
            "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="},
            "title": "a.pdf",
        },
    ),
    "words": (
        Media("document", "text/plain", text="words"),
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "words"}},
    ),
    "a text file": (
        Media("document", "text/csv", data="YSxi"),
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "a,b"}},
    ),
    "svg": (
        Media("image", "image/svg+xml", data="PHN2Zz4="),
        {"type": "text", "text": "[image left out: it cannot be read here]"},
    ),
    "audio": (
        Media("audio", "audio/wav", data="AAAA", name="memo"),
        {"type": "text", "text": "[audio 'memo' left out: it cannot be read here]"},
    ),
    "video by address": (
        Media("video", url="https://example.com/v.mp4"),
        {"type": "text", "text": "[video left out: it cannot be read here]"},
    ),
}


@pytest.mark.parametrize("name", MEDIA)
def test_media(name: str) -> None:
    media, wanted = MEDIA[name]
    encoded = sent(asked(Message("user", (media, Text("what is this?")))))
    assert encoded.body["messages"][0]["content"][0] == wanted
    assert bool(encoded.losses) == (wanted["type"] == "text")


@pytest.mark.parametrize(
    "media",
    [
        Media("audio", "audio/wav", data="AAAA"),
        Media("image", file_id="file-abc"),
        Media("document", url="gs://bucket/a.pdf"),
    ],
    ids=["audio and nothing else", "a file of another provider", "an address of another provider"],
)
def test_what_would_be_unsafe_to_drop_is_refused(media: Media) -> None:
    with pytest.raises(WireError) as caught:
        CODEC.encode_request(asked(Message("user", (media,))), target())
    assert caught.value.param == "messages[0].blocks[0]"
