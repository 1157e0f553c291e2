"""Which changes of tokens and of the lock are told."""

from dataclasses import replace

from router_core.events.of_state import StateChanges
from router_core.tokens.token import Token, Window

FREE = {"target": None, "since_ms": None}
TOKEN = Token("1", "anna", "claude", "sk-ant-api03-secret", windows=(Window("5h", 0.5, 18_000, None, "", 10.0),))


def told(changes: StateChanges, *tokens: Token, lock: dict[str, object] | None = None) -> list[tuple[str, object]]:
    found = changes.changes(tokens, lock or FREE, 100.0)
    return [(kind, data.get("name", data.get("target"))) for kind, data in found]


def test_only_what_is_different_is_told() -> None:
    changes = StateChanges()
    changes.begin([TOKEN], FREE, 100.0)
    assert told(changes, TOKEN) == []
    assert told(changes, replace(TOKEN, enabled=False)) == [("token.changed", "anna")]
    other = replace(TOKEN, id="2", name="ben")
    assert told(changes, replace(TOKEN, enabled=False), other) == [("token.changed", "ben")]
    assert told(changes, other) == [("token.removed", "anna")]
    assert told(changes, other, lock={"target": "codex", "since_ms": 1}) == [("lock.changed", "codex")]


def test_a_window_that_was_seen_again_unchanged_is_no_change() -> None:
    changes = StateChanges()
    changes.begin([TOKEN], FREE, 100.0)
    again = replace(TOKEN, windows=(replace(TOKEN.windows[0], observed_at=20.0),))
    fuller = replace(TOKEN, windows=(replace(TOKEN.windows[0], used=0.6),))
    assert told(changes, again) == []
    assert told(changes, fuller) == [("token.changed", "anna")]


def test_no_event_holds_a_secret() -> None:
    assert "sk-ant" not in str(list(StateChanges().changes([TOKEN], FREE, 100.0)))
