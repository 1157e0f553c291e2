"""What becomes of `previous_response_id`: from memory, from Codex's own file, or a refusal that says what to do."""

from typing import Any

import orjson
import pytest

from router_core.errors import WireError
from router_core.state.previous import PreviousResponseNotFound, joined, resolve_previous, session_ids

JsonObject = dict[str, Any]


class Known:
    """Remembers what it is made with."""

    def __init__(
        self, responses: dict[str, list[Any]] | None = None, items: dict[str, JsonObject] | None = None
    ) -> None:
        self.responses = responses or {}
        self.items = items or {}

    def expand(self, response_id: str) -> list[Any] | None:
        return self.responses.get(response_id)

    def item(self, item_id: str) -> JsonObject | None:
        return self.items.get(item_id)


def user(text: str) -> JsonObject:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


SAID = {
    "type": "message",
    "id": "msg_1",
    "role": "assistant",
    "status": "completed",
    "content": [{"type": "output_text", "text": "a"}],
}
SAID_AGAIN = {key: value for key, value in SAID.items() if key not in ("id", "status")}
CALL = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": "{}", "status": "completed"}
CALL_AGAIN = {key: value for key, value in CALL.items() if key not in ("id", "status")}
OUTPUT = {"type": "function_call_output", "call_id": "c1", "output": "ok"}
SEARCH = {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search"}}
IMAGE = {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": "iVBOR"}
KNOWN = Known({"r1": [user("1"), SAID, CALL]}, {"msg_1": SAID, "fc_9": {**CALL, "id": "fc_9", "call_id": "c9"}})


def test_a_known_response_becomes_its_whole_conversation() -> None:
    body = {"model": "m", "previous_response_id": "r1", "input": [OUTPUT], "stream": True}
    resolved = resolve_previous(body, KNOWN)
    assert resolved.body == {"model": "m", "input": [user("1"), SAID_AGAIN, CALL_AGAIN, OUTPUT], "stream": True}
    assert (resolved.source, resolved.rebuilt) == ("memory", 3)
    assert resolved.because == "previous_response_id: 3 remembered items"
    assert body == {"model": "m", "previous_response_id": "r1", "input": [OUTPUT], "stream": True}
    assert KNOWN.responses["r1"] == [user("1"), SAID, CALL]


@pytest.mark.parametrize(
    ("sent", "new"),
    [("2", [user("2")]), ("", [user("")]), (None, []), ([], []), ([user("2")], [user("2")])],
    ids=["text", "empty text", "nothing", "no items", "items"],
)
def test_input_may_be_text_or_missing(sent: Any, new: list[Any]) -> None:
    resolved = resolve_previous({"previous_response_id": "r1", "input": sent}, Known({"r1": [user("1")]}))
    assert resolved.body == {"input": [user("1"), *new]}
    assert resolve_previous({"previous_response_id": "r1"}, Known({"r1": []})).body == {"input": []}


def test_items_that_need_their_id_keep_it() -> None:
    resolved = resolve_previous(
        {"previous_response_id": "r1", "input": []}, Known({"r1": [SEARCH, IMAGE, "odd", {"type": []}]})
    )
    nameless = {key: value for key, value in SEARCH.items() if key != "id"}
    assert resolved.body["input"] == [nameless, IMAGE, "odd", {"type": []}]


@pytest.mark.parametrize(
    "body",
    [{"input": "q"}, {"input": [user("q")], "previous_response_id": None}, {}, {"input": 3}, {"input": [{"type": []}]}],
)
def test_a_request_that_says_everything_is_left_alone(body: JsonObject) -> None:
    resolved = resolve_previous(body, KNOWN, ["s"], lambda session: pytest.fail("no file is needed"))
    assert resolved.body is body
    assert (resolved.source, resolved.because, resolved.rebuilt) == ("none", "", 0)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"previous_response_id": 3, "input": []}, "previous_response_id"),
        ({"previous_response_id": "", "input": []}, "previous_response_id"),
        ({"previous_response_id": ["r1"], "input": []}, "previous_response_id"),
        ({"previous_response_id": "r1", "input": 3}, "input"),
        ({"previous_response_id": "r1", "input": {}}, "input"),
        ({"input": [user("q"), {"type": "item_reference", "id": "none"}]}, "input[1].id"),
        ({"input": [{"type": "item_reference", "id": 3}]}, "input[0].id"),
        ({"input": [{"type": "item_reference"}]}, "input[0].id"),
        ({"previous_response_id": "r1", "input": [{"id": []}]}, "input[0].id"),
    ],
)
def test_what_cannot_be_is_a_400_that_names_the_field(body: JsonObject, param: str) -> None:
    with pytest.raises(WireError) as caught:
        resolve_previous(body, KNOWN)
    assert (caught.value.status, caught.value.param) == (400, param)


@pytest.mark.parametrize(
    ("body", "items"),
    [
        ({"input": [user("q"), {"type": "item_reference", "id": "msg_1"}]}, [user("q"), SAID_AGAIN]),
        ({"input": [{"id": "msg_1"}]}, [SAID_AGAIN]),
        (
            {"previous_response_id": "r1", "input": [{"type": "item_reference", "id": "fc_1"}, OUTPUT]},
            [user("1"), SAID_AGAIN, CALL_AGAIN, OUTPUT],
        ),
        (
            {"previous_response_id": "r1", "input": [OUTPUT, {"type": "item_reference", "id": "fc_9"}]},
            [user("1"), SAID_AGAIN, CALL_AGAIN, OUTPUT, {**CALL_AGAIN, "call_id": "c9"}],
        ),
    ],
    ids=["by type", "by id alone", "in the history already", "from another response"],
)
def test_references_become_the_items(body: JsonObject, items: list[Any]) -> None:
    resolved = resolve_previous(body, KNOWN)
    assert resolved.body == {"input": items}
    assert resolved.because


def test_an_unknown_response_is_rebuilt_from_the_first_session_that_has_a_file() -> None:
    files: dict[str, list[JsonObject]] = {"s2": [user("1"), SAID_AGAIN, user("2")], "s3": [user("x")]}
    asked: list[str] = []

    def rebuilt(session: str) -> list[JsonObject] | None:
        asked.append(session)
        return files.get(session)

    body = {"previous_response_id": "gone", "input": [user("2")]}
    resolved = resolve_previous(body, KNOWN, ["s1", "s2", "s3"], rebuilt)
    assert asked == ["s1", "s2"]
    assert resolved.body == {"input": [user("1"), SAID_AGAIN, user("2")]}
    assert (resolved.source, resolved.rebuilt) == ("rollout", 2)
    assert "session s2" in resolved.because


@pytest.mark.parametrize("sessions", [[], ["s1"]])
def test_nobody_knowing_is_said_in_the_words_clients_look_for(sessions: list[str]) -> None:  # 26, 27, 28
    with pytest.raises(PreviousResponseNotFound) as caught:
        resolve_previous({"previous_response_id": "resp_1", "input": []}, Known(), sessions, lambda session: None)
    error = caught.value
    assert (error.status, error.kind, error.param) == (400, "previous_response_not_found", "previous_response_id")
    assert error.message.startswith("Previous response with id 'resp_1' not found.")
    assert "Send the whole conversation" in error.message
    with pytest.raises(PreviousResponseNotFound):
        resolve_previous({"previous_response_id": "resp_1", "input": []}, Known(), sessions, None)


THOUGHT = {"type": "reasoning", "summary": [], "encrypted_content": "e"}


@pytest.mark.parametrize(
    ("history", "new", "whole"),
    [
        ([user("1"), SAID_AGAIN], [user("2")], [user("1"), SAID_AGAIN, user("2")]),
        ([user("1"), SAID_AGAIN, user("2")], [user("2")], [user("1"), SAID_AGAIN, user("2")]),
        ([user("1"), CALL_AGAIN], [OUTPUT, user("2")], [user("1"), CALL_AGAIN, OUTPUT, user("2")]),
        ([user("1"), CALL_AGAIN, OUTPUT], [OUTPUT, user("2")], [user("1"), CALL_AGAIN, OUTPUT, user("2")]),
        ([user("1"), THOUGHT, CALL_AGAIN], [user("2")], [user("1"), user("2")]),
        ([user("go"), SAID_AGAIN, user("go")], [user("go")], [user("go"), SAID_AGAIN, user("go")]),
        ([user("go"), user("go")], [user("go"), user("go")], [user("go"), user("go")]),
        ([user("1")], [], [user("1")]),
        ([], [user("1")], [user("1")]),
        ([user("1")], [{"role": "user", "content": "1"}, user("2")], [{"role": "user", "content": "1"}, user("2")]),
    ],
    ids=[
        "not written yet",
        "written",
        "output comes",
        "output is there",
        "interrupted call",
        "said before, too",
        "said twice",
        "nothing new",
        "empty file",
        "short form",
    ],
)
def test_what_file_and_request_both_hold_is_sent_once(history: list[Any], new: list[Any], whole: list[Any]) -> None:
    assert joined(history, new) == whole


def test_input_nested_too_deeply_is_a_defined_error() -> None:
    deep = orjson.loads(b"[" * 500 + b"]" * 500)
    with pytest.raises(WireError, match="cannot be written"):
        joined([user("1")], [{"type": "message", "x": deep}])


def test_the_thread_is_asked_for_before_the_cache_key() -> None:
    headers = {"session_id": "b", "thread-id": "a", "session-id": "b", "conversation_id": "", "x": "y"}
    assert session_ids(headers, {"prompt_cache_key": "c"}) == ["a", "b", "c"]
    assert session_ids({}, {"prompt_cache_key": 3}) == []
    assert session_ids({}, {}) == []
