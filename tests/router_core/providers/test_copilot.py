"""What Copilot is told of a request, by which it bills, and which hosts may get its tokens."""

import orjson
import pytest

from router_core.asked_for import AskedFor
from router_core.attempt import upstream_headers, upstream_of
from router_core.config.schema import ProviderConfig
from router_core.outgoing import put
from router_core.providers.catalogue import CATALOGUE
from router_core.providers.copilot import EDITOR_HEADERS, api_base_of, copilot_headers, is_copilot
from router_core.routing.entrance import Entrance
from router_core.routing.target import RouteTarget
from router_core.tokens.token import Token
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


USUAL = "https://api.githubcopilot.com"


@pytest.mark.parametrize(
    ("configured", "told", "base"),
    [
        (USUAL, "", USUAL),
        (USUAL, "https://api.individual.githubcopilot.com", "https://api.individual.githubcopilot.com"),
        (USUAL, "https://api.business.githubcopilot.com/", "https://api.business.githubcopilot.com"),
        (USUAL, "https://api.business.githubcopilot.com:443", "https://api.business.githubcopilot.com:443"),
        (USUAL, "http://api.business.githubcopilot.com", USUAL),
        (USUAL, "https://api.business.githubcopilot.com:8443", USUAL),
        (USUAL, "https://api.business.githubcopilot.com:no", USUAL),
        (USUAL, "https://user@api.business.githubcopilot.com", USUAL),
        (USUAL, "https://evil.example", USUAL),
        (USUAL, "https://githubcopilot.com.evil.example", USUAL),
        (USUAL, "https://evilgithubcopilot.com", USUAL),
        (USUAL, "https://evil.example#.githubcopilot.com", USUAL),
        (USUAL, "https://evil.example\\@api.githubcopilot.com", USUAL),
        (USUAL, "http://127.0.0.1:9", USUAL),
        ("https://copilot-api.corp.ghe.com", USUAL, "https://copilot-api.corp.ghe.com"),
        ("https://copilot-api.corp.ghe.com", "https://copilot-api.other.ghe.com", "https://copilot-api.corp.ghe.com"),
        ("http://127.0.0.1:9000/copilot-api", "http://127.0.0.1:9000", "http://127.0.0.1:9000/copilot-api"),
        ("http://127.0.0.1:9000/copilot-api", USUAL, "http://127.0.0.1:9000/copilot-api"),
    ],
)
def test_a_stored_fact_names_none_but_copilot_s_own_hosts(configured: str, told: str, base: str) -> None:
    assert api_base_of(configured, told) == base


def test_a_token_goes_to_the_host_that_came_with_it() -> None:
    token = Token("t", "t", "copilot", "tid=1", facts={"api_base": "https://api.business.githubcopilot.com"})
    upstream = upstream_of(CATALOGUE["copilot"], "/v1/chat/completions", token)
    assert upstream.url == "https://api.business.githubcopilot.com/chat/completions"
    assert dict(upstream_headers([(b"host", b"router")], CATALOGUE["copilot"], token, upstream))[b"host"] == (
        b"api.business.githubcopilot.com"
    )


@pytest.mark.parametrize(
    ("rest", "path"),
    [
        ("/v1/chat/completions", "/chat/completions"),
        ("/chat/completions", "/chat/completions"),
        ("/v1/responses", "/responses"),
        ("/v1/models", "/models"),
        ("/v1/messages?beta=true", "/v1/messages?beta=true"),
    ],
)
def test_copilot_has_no_v1_but_for_messages(rest: str, path: str) -> None:
    assert upstream_of(CATALOGUE["copilot"], rest).url == f"https://api.githubcopilot.com{path}"


def test_the_api_is_told_of_an_editor_unless_somebody_says_another() -> None:
    token, host = Token("t", "t", "copilot", "tid=1"), upstream_of(CATALOGUE["copilot"], "/models")
    sent = dict(upstream_headers([(b"user-agent", b"claude-cli/2")], CATALOGUE["copilot"], token, host))
    assert {name.encode() for name, _ in EDITOR_HEADERS} < set(sent)
    assert sent[b"user-agent"] == b"claude-cli/2"
    own = CATALOGUE["copilot"].model_copy(update={"headers": {"Editor-Version": "vim/9"}})
    sent = dict(upstream_headers([(b"copilot-integration-id", b"copilot-developer-cli")], own, token, host))
    assert sent[b"Editor-Version"] == b"vim/9"
    assert b"Copilot-Integration-Id" not in sent
