"""What an attempt sent is told against what the client sent, with the rule that changed each field."""

import json
from typing import Any

from router_core.trace.difference import AttemptDifference, FieldChange, difference, value_at

ASKED = {"model": "m", "max_tokens": 99, "messages": [{"role": "user", "content": "Hello."}]}


def row(**changes: Any) -> dict[str, Any]:
    return {"format": "anthropic", "upstream_format": "", "losses": "[]", **changes}


def attempt(*edits: tuple[str, str], number: int = 1, path: str = "/v1/messages") -> dict[str, Any]:
    return {
        "number": number, "provider": "p", "model": "m", "token": "t", "outcome": "answered",
        "url": f"https://p.example{path}", "edits": [list(edit) for edit in edits],
    }  # fmt: skip


def body(kind: str, value: Any, **changes: Any) -> dict[str, Any]:
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return {"kind": kind, "content": content, "size": len(content), "truncated": 0, **changes}


def told(*edits: tuple[str, str], sent: Any = None, asked: Any = ASKED, **changes: Any) -> AttemptDifference:
    kept = [body("request", asked)] if asked is not None else []
    kept += [body("upstream-request", sent)] if sent is not None else []
    (found,) = difference(row(**changes), [attempt(*edits)], kept)
    return found


def test_a_body_that_nothing_changed_is_the_clients_own() -> None:
    found = told(("", "maxtoken: 99 is within 100"))
    assert (found.compared, found.changes, found.idle) == ("same", [], ["maxtoken: 99 is within 100"])


def test_each_changed_field_has_its_rules() -> None:
    sent = {**ASKED, "model": "n", "max_tokens": 9, "user": "u"}
    sent["messages"] = [{"role": "user", "content": "Hello!"}]
    found = told(
        ("model", "model"), ("max_tokens", "maxtoken"), ("max_tokens", "sampling"), ("messages[0].content", "mine"),
        sent=sent,
    )  # fmt: skip
    assert found.compared == "fields"
    assert found.changes == [
        FieldChange("model", "changed", "m", "n", ("model",)),
        FieldChange("max_tokens", "changed", 99, 9, ("maxtoken", "sampling")),
        FieldChange("messages[0].content", "changed", "Hello.", "Hello!", ("mine",)),
        FieldChange("user", "added", None, "u", ()),
    ]


def test_a_rule_is_found_when_it_named_more_less_or_a_neighbour() -> None:
    def rules_for(edit: str, sent: dict[str, Any]) -> tuple[str, ...]:
        (change,) = told((edit, "rule"), sent={**ASKED, **sent}).changes
        return change.rules

    for edit in ("messages", "messages[0]", "messages[0].content", "messages[0].content.x", "messages[5]"):
        assert rules_for(edit, {"messages": [{"role": "user", "content": "Other."}]}) == ("rule",)
    assert rules_for("messages_x", {"messages": [{"role": "user", "content": "Other."}]}) == ()


def test_an_envelope_is_taken_off_before_comparing() -> None:
    found = told(("$", "envelope"), sent={"project": "x", "request": {**ASKED, "max_tokens": 1}})
    assert found.whole == ["envelope"]
    assert [(change.path, change.rules) for change in found.changes] == [("max_tokens", ("envelope",))]


def test_a_translated_body_shows_what_rules_set_and_what_was_lost() -> None:
    sent = {"max_tokens": 9, "tools": [{"a b": 1}]}
    found = told(
        ("max_tokens", "maxtoken"), ('tools[0]["a b"]', "mine"), ("user", "mine"), ("$", "groq: Chat"),
        ("answer", "enhancetool"), ("answer.f", "enhancetool: repaired"), ("", "tooluse: no tools"),
        sent=sent, upstream_format="openai-chat", losses='[["top_k", "has none"]]',
    )  # fmt: skip
    assert (found.compared, found.format) == ("translated", "openai-chat")
    assert found.changes == [
        FieldChange("max_tokens", "set", None, 9, ("maxtoken",)),
        FieldChange('tools[0]["a b"]', "set", None, 1, ("mine",)),
        FieldChange("user", "removed", None, None, ("mine",)),
    ]
    assert found.losses == [("top_k", "has none")]
    assert found.answer == [("answer", "enhancetool"), ("answer.f", "enhancetool: repaired")]
    assert (found.whole, found.idle) == (["groq: Chat"], ["tooluse: no tools"])


def test_bodies_that_were_not_kept_are_named_and_the_rules_still_told() -> None:
    found = told(("max_tokens", "maxtoken"), asked=None)
    assert (found.compared, found.why) == ("unknown", "the client's body was not kept")
    assert found.changes == [FieldChange("max_tokens", "set", None, None, ("maxtoken",))]
    assert told(("a", "r"), sent=b"{").why == "what was sent is not JSON"
    assert told(("a", "r"), sent=b"[]").why == "what was sent is no JSON object"
    cut = body("upstream-request", b'{"a":', truncated=1, size=900)
    (found,) = difference(row(), [attempt(("a", "r"))], [body("request", ASKED), cut])
    assert found.why == "of what was sent only the beginning was kept (5 of 900 bytes)"


def test_each_attempt_is_told_apart() -> None:
    lost, won = attempt(("x", "r"), path="/v1/chat/completions"), attempt(("y", "r"), number=2)
    kept = [body("request", ASKED), body("attempt-1-request", {"x": 1}), body("upstream-request", {**ASKED, "y": 2})]
    first, second = difference(row(losses='[["z", "why"]]'), [lost, won], kept)
    assert (first.compared, first.format, first.losses) == ("translated", "openai-chat", [])
    assert first.changes == [FieldChange("x", "set", None, 1, ("r",))]
    assert second.changes == [FieldChange("y", "added", None, 2, ("r",))]
    assert second.losses == [("z", "why")]


def test_paths_are_followed() -> None:
    value = {"a": [{"b c": {"d": 1}}], "$s": 2}
    assert value_at(value, 'a[0]["b c"].d') == 1
    assert value_at(value, "$s") == 2
    for missing in ("b", "a[1]", "a.b", "$s.x", "a[0].b[0]", "a["):
        assert value_at(value, missing) is not None
        assert value_at(value, missing) not in (1, 2)
