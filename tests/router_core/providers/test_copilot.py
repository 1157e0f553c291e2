"""Who Copilot is told that speaks: it bills by that."""

import orjson
import pytest

from router_core.asked_for import AskedFor
from router_core.config.schema import ProviderConfig
from router_core.outgoing import put
from router_core.providers.copilot import copilot_headers, is_copilot
from router_core.routing.entrance import Entrance
from router_core.routing.target import RouteTarget
from router_core.wire.model import Media, Message, Request, Text, ToolCall, ToolResult

ASKED = Message("user", (Text("Look at it."),))
CALL = Message("assistant", (ToolCall("1", "look", "{}"),))
RESULT = ToolResult("1", (Text("two files"),))
IMAGE = Media("image", "image/png", data="AA==")
REMINDER = Text("<system-reminder>\nBe careful.\n</system-reminder>")

TURNS: dict[str, tuple[tuple[Message, ...], str]] = {
    "a first question": ((ASKED,), "user"),
    "a tool result": ((ASKED, CALL, Message("user", (RESULT,))), "agent"),
    "a tool result and a reminder of the client's": ((ASKED, CALL, Message("user", (RESULT, REMINDER))), "agent"),
    "a tool result and a word of the person's": ((ASKED, CALL, Message("user", (RESULT, Text("Stop.")))), "user"),
    "a question after a tool loop": (
        (ASKED, CALL, Message("user", (RESULT,)), Message("assistant", ()), ASKED),
        "user",
    ),
    "an instruction behind a question": ((ASKED, Message("developer", (Text("Be brief."),))), "user"),
    "an answer to be gone on with": ((ASKED, Message("assistant", (Text("I"),))), "agent"),
}


@pytest.mark.parametrize(("messages", "initiator"), TURNS.values(), ids=TURNS.keys())
def test_each_follow_up_of_a_tool_loop_was_billed_as_a_premium_request(
    messages: tuple[Message, ...], initiator: str
) -> None:
    assert copilot_headers(Request("m", messages)) == (("X-Initiator", initiator),)


@pytest.mark.parametrize("block", [IMAGE, ToolResult("1", (IMAGE,))], ids=["image", "image in a result"])
def test_any_image_must_be_announced(block: Media | ToolResult) -> None:
    request = Request("m", (Message("user", (block,)), ASKED))
    assert ("Copilot-Vision-Request", "true") in copilot_headers(request)


@pytest.mark.parametrize("format", ["openai-chat", "anthropic"])
def test_both_a_translated_request_and_one_that_passes_say_it(format: str) -> None:
    body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}]}
    asked = AskedFor(Entrance(format, "generate"), orjson.dumps(body), {}, "", "")  # type: ignore[arg-type]  # a loop
    provider = ProviderConfig(kind="openai-chat", base_url="https://api.individual.githubcopilot.com")
    assert put(asked, RouteTarget("copilot", "m"), provider).added == (("X-Initiator", "user"),)
    other = ProviderConfig(kind="openai-chat", base_url="https://api.example.com/v1")
    assert put(asked, RouteTarget("other", "m"), other).added == ()


@pytest.mark.parametrize(
    ("host", "found"),
    [("api.githubcopilot.com", True), ("githubcopilot.com", True), ("evilgithubcopilot.com", False), ("", False)],
)
def test_only_copilots_own_hosts_are_told(host: str, found: bool) -> None:
    assert is_copilot(host) == found
