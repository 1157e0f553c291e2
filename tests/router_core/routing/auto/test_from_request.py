"""A Prompt from the requests of real clients."""

from router_core.routing.auto.from_request import prompt_of
from router_core.routing.auto.own_words import own_words
from router_core.wire.model import (
    FunctionTool,
    Media,
    Message,
    OutputFormat,
    Request,
    Text,
    ToolCall,
    ToolResult,
)

REMINDER = Text("<system-reminder>\nThink step by step. Prove everything.\n</system-reminder>")


def request(*messages: Message, tools: int = 0) -> Request:
    return Request(
        "auto",
        messages,
        system=(Text("You are an agent."), Text("Think hard.")),
        tools=tuple(FunctionTool(f"t{n}") for n in range(tools)),
        max_tokens=99,
    )


def test_the_new_turn_is_what_came_after_the_last_answer() -> None:
    prompt = prompt_of(
        request(
            Message("user", (REMINDER, Text("prove the lemma"))),
            Message("assistant", (Text("done"),)),
            Message("user", (REMINDER, Text("thanks"))),
            tools=3,
        ),
        input_tokens=1234,
    )
    assert own_words(prompt.user_text).text == "thanks"
    assert prompt.system_text == "You are an agent.\nThink hard."
    assert (prompt.tool_count, prompt.depth, prompt.input_tokens, prompt.max_output_tokens) == (3, 3, 1234, 99)
    assert not prompt.continues


def test_a_turn_of_tool_results_has_the_last_words_before_them() -> None:
    shot = ToolResult("c2", (Media("image", "image/png", data="AA=="),))
    prompt = prompt_of(
        request(
            Message("user", (REMINDER, Text("fix the bug"))),
            Message("assistant", (ToolCall("c1", "Bash", "{}"), ToolCall("c2", "Shot", "{}"))),
            Message("user", (ToolResult("c1", (Text("Prove it!"),)), shot)),
            Message("system", (Text("reminder"),)),
            tools=2,
        )
    )
    assert own_words(prompt.user_text).text == "fix the bug"
    assert (prompt.tool_result_count, prompt.image_count) == (2, 1)
    assert prompt.continues


def test_a_reminder_behind_tool_results_is_nobodys_words() -> None:
    prompt = prompt_of(
        request(
            Message("user", (Text("fix the bug"),)),
            Message("assistant", (ToolCall("c1", "Bash", "{}"),)),
            Message("user", (ToolResult("c1"), REMINDER)),
        )
    )
    assert own_words(prompt.user_text).text == "fix the bug"


def test_a_wanted_form_and_images_are_seen() -> None:
    image = Media("image", url="https://example.com/a.png")
    asked = Request("auto", (Message("user", (Text("what is this"), image)),), output=OutputFormat("json_object"))
    prompt = prompt_of(asked)
    assert prompt.wants_json
    assert prompt.image_count == 1


def test_a_request_without_words_is_no_error() -> None:
    assert prompt_of(Request("auto", ())).user_text == ""


def test_what_a_model_must_take_besides_images() -> None:
    given = (
        Media("document", "application/pdf", data="JVBE"),
        Media("document", "text/plain", text="words"),
        Media("audio", "audio/wav", data="UklG"),
        Media("image", "image/png", data="iVBO"),
    )
    prompt = prompt_of(request(Message("user", (ToolResult("t1", given),))))
    assert (prompt.image_count, prompt.media) == (1, {"pdf", "audio"})
