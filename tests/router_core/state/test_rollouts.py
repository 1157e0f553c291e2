"""Codex's own session files: found by uuid, read line by line, rebuilt as Codex itself would."""

import json
import os
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from router_core.clock import FixedClock
from router_core.home import Home
from router_core.state import rollouts
from router_core.state.previous import resolve_previous, session_ids
from router_core.state.rollouts import conversation_of, find_rollout, rebuild
from tests.router_core.state.opened import opened

JsonObject = dict[str, Any]
ID = "0199a213-81c0-7800-8aa1-bbab2a035a53"
PARENT = "0199a213-0000-7800-8aa1-000000000000"


def line(type_: str, payload: Any) -> bytes:
    return json.dumps({"timestamp": "2026-11-20T10:00:00.000Z", "type": type_, "payload": payload}).encode() + b"\n"


def item(payload: JsonObject) -> bytes:
    return line("response_item", payload)


def user(text: str) -> JsonObject:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def developer(text: str) -> JsonObject:
    return {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": text}]}


def said(text: str) -> JsonObject:
    return {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}


def rolled_back(turns: Any) -> bytes:
    return line("event_msg", {"type": "thread_rolled_back", "num_turns": turns})


def compacted(replacement: Any = None, message: str = "") -> bytes:
    more = {} if replacement is None else {"replacement_history": replacement}
    return line("compacted", {"message": message, **more})


META = line("session_meta", {"id": ID, "cwd": "/", "originator": "codex_cli_rs", "cli_version": "0.153.4"})
CONTEXT = user("<environment_context>\n  <cwd>/</cwd>\n</environment_context>")
AGENTS = user("# AGENTS.md instructions for /\n\n<INSTRUCTIONS>be nice</INSTRUCTIONS>")
ODD_NUMBERS: list[Any] = [0, -1, "1", None, [], 1.5]
CALL = {"type": "function_call", "call_id": "c1", "name": "shell", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "c1", "output": "ok"}
THOUGHT = {"type": "reasoning", "summary": [], "encrypted_content": "e"}


def write(folder: Path, *lines: bytes, name: str = f"rollout-2026-11-20T10-00-00-{ID}.jsonl") -> Path:
    day = folder / "sessions" / "2026" / "11" / "20"
    day.mkdir(parents=True, exist_ok=True)
    (day / name).write_bytes(b"".join(lines))
    return day / name


@pytest.mark.parametrize(
    ("lines", "items"),
    [
        ([META, item(user("1")), item(said("a"))], [user("1"), said("a")]),
        (
            [
                META,
                line("turn_context", {"model": "m"}),
                item(CONTEXT),
                line("event_msg", {"type": "user_message"}),
                item(user("1")),
                line("event_msg", {"type": "token_count"}),
                line("world_state", {}),
            ],
            [CONTEXT, user("1")],
        ),
        ([META, item(user("1")), item({"type": "ghost_snapshot"}), item({"type": "compaction_trigger"})], [user("1")]),
        (
            [
                META,
                item(user("1")),
                compacted([user("1"), {"type": "compaction", "encrypted_content": "e"}]),
                item(user("2")),
            ],
            [user("1"), {"type": "compaction", "encrypted_content": "e"}, user("2")],
        ),
        (
            [
                META,
                item(AGENTS),
                item(CONTEXT),
                item(user("1")),
                item(said("a")),
                item(user("2")),
                item(CALL),
                item(OUTPUT),
                compacted(message="Summary: x"),
                item(user("3")),
            ],
            [AGENTS, CONTEXT, user("1"), user("2"), user("Summary: x"), user("3")],
        ),
        ([META, compacted(), item(user("1"))], [user("1")]),
        (
            [META, item(user("1")), item(said("a")), item(user("2")), item(said("b")), rolled_back(1), item(user("3"))],
            [user("1"), said("a"), user("3")],
        ),
        ([META, item(CONTEXT), item(user("1")), item(said("a")), item(user("2")), rolled_back(2)], [CONTEXT]),
        ([META, item(CONTEXT), item(user("1")), rolled_back(7), item(user("2"))], [CONTEXT, user("2")]),
        ([META, item(CONTEXT), rolled_back(1)], [CONTEXT]),
        (
            [
                META,
                item(user("1")),
                item(said("a")),
                item(developer("now /tmp")),
                item(CONTEXT),
                item(user("2")),
                rolled_back(1),
            ],
            [user("1"), said("a")],
        ),
        (
            [
                META,
                item(user("1")),
                item(said("a")),
                item(user("2")),
                item(said("b")),
                compacted([user("all")]),
                item(said("c")),
                rolled_back(1),
                item(user("3")),
            ],
            [user("1"), said("a"), user("3")],
        ),
        (
            [
                META,
                item(user("1")),
                compacted([user("1"), user("sum")]),
                item(user("2")),
                item(said("b")),
                rolled_back(1),
            ],
            [user("1"), user("sum")],
        ),
        ([META, item(user("1")), *[rolled_back(bad) for bad in ODD_NUMBERS]], [user("1")]),
        (
            [META, line("session_meta", {"id": PARENT}), item(user("parent")), item(said("p")), item(user("own"))],
            [user("parent"), said("p"), user("own")],
        ),
        ([META, item(user("1")), item(said("a"))[:-30]], [user("1")]),
        (
            [META, item(user("1")), b"\xff\xfe\n", b"{}\n", b'["response_item"]\n', b"\n", item(said("a"))],
            [user("1"), said("a")],
        ),
        (
            [
                META,
                line("response_item", None),
                line("response_item", []),
                item({}),
                item({"type": 3}),
                line("compacted", 1),
                item({"type": "message", "role": "user", "content": 5}),
            ],
            [{"type": "message", "role": "user", "content": 5}],
        ),
        ([META, compacted([None, 3, {"type": []}, user("1")])], [user("1")]),
        ([item(user("1"))], [user("1")]),
        ([], []),
    ],
    ids=[
        "plain",
        "events between",
        "what is never sent",
        "compacted",
        "compacted with a message only",
        "compacted to nothing",
        "rolled back",
        "rolled back to the beginning",
        "rolled back too far",
        "nothing to roll back",
        "context goes with its turn",
        "rolled back over a compaction",
        "rolled back after a compaction",
        "odd rollbacks",
        "a fork with its parent's lines",
        "cut last line",
        "damaged lines",
        "odd payloads",
        "odd replacement",
        "no meta line",
        "empty",
    ],
)
def test_a_history_is_rebuilt_as_codex_would(tmp_path: Path, lines: list[bytes], items: list[Any]) -> None:
    assert rebuild(write(tmp_path, *lines), ID) == items


def test_a_file_of_another_session_is_not_used(tmp_path: Path) -> None:
    path = write(tmp_path, line("session_meta", {"id": PARENT}), item(user("1")))
    assert rebuild(path, ID) is None
    assert rebuild(path, PARENT.upper()) == [user("1")]


@pytest.mark.parametrize(
    "name",
    [
        f"sessions/2026/11/20/rollout-2026-11-20T10-00-00-{ID}.jsonl",
        f"sessions/2026/11/20/rollout-2026-11-20T10-00-00-{ID}.jsonl.zst",
        f"archived_sessions/rollout-2026-11-20T10-00-00-{ID}.jsonl",
        f"archived_sessions/2025/rollout-2025-01-20T10-00-00-{ID}.jsonl.zst",
    ],
)
def test_a_session_is_found_wherever_codex_keeps_it(tmp_path: Path, name: str) -> None:
    content = META + item(user("1")) + item(said("a"))
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_bytes(zstandard.compress(content) if name.endswith(".zst") else content)
    for other in ("rollout-x.jsonl", f"rollout-2026-11-20T10-00-00-{PARENT}.jsonl", f"notes-{ID}.jsonl"):
        (path.parent / other).write_bytes(b"")
    assert find_rollout(tmp_path, ID) == path
    assert find_rollout(tmp_path, ID.upper()) == path
    assert rebuild(path, ID) == [user("1"), said("a")]


def test_a_request_that_continues_a_session_is_answered_from_its_file(tmp_path: Path) -> None:
    with_output = [item(user("1")), item(THOUGHT), item(CALL), item(OUTPUT)]
    write(tmp_path, META, *with_output)
    body = {"previous_response_id": "resp_1", "input": [OUTPUT], "store": False}
    with opened(Home(tmp_path / "home").ensure(), FixedClock()) as state:
        sessions = session_ids({"thread-id": "no uuid", "session-id": ID}, body)
        resolved = resolve_previous(body, state.conversations, sessions, partial(conversation_of, tmp_path))
    assert resolved.body == {"input": [user("1"), THOUGHT, CALL, OUTPUT], "store": False}
    assert resolved.source == "rollout"


def test_the_newest_file_of_a_session_counts(tmp_path: Path) -> None:
    write(tmp_path, META, name=f"rollout-2026-11-20T10-00-00-{ID}.jsonl")
    newest = write(tmp_path, META, name=f"rollout-2026-11-20T11-00-00-{ID}.jsonl")
    assert find_rollout(tmp_path, ID) == newest


@pytest.mark.parametrize(
    "session",
    [
        "",
        "..",
        "../../etc/passwd",
        f"../{ID}",
        f"{ID}/..",
        f"{ID}\n",
        f"{ID}\x00",
        "*",
        ID[:-1],
        ID + "0",
        ID.replace("-", ""),
    ],
)
def test_what_is_no_uuid_has_no_file(tmp_path: Path, session: str) -> None:
    write(tmp_path, META)
    assert find_rollout(tmp_path, session) is None
    assert conversation_of(tmp_path, session) is None


def test_links_in_the_folder_are_not_followed(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside", META, item(user("secret")))
    day = tmp_path / "codex" / "sessions" / "2026"
    day.mkdir(parents=True)
    (day / outside.name).symlink_to(outside)
    (day / "11").symlink_to(outside.parent)
    assert find_rollout(tmp_path / "codex", ID) is None


def test_a_missing_or_unreadable_folder_holds_nothing(tmp_path: Path) -> None:
    assert find_rollout(tmp_path / "none", ID) is None
    (tmp_path / "sessions").write_text("a file")
    assert find_rollout(tmp_path, ID) is None
    assert rebuild(tmp_path / "none.jsonl", ID) is None


def test_looking_for_a_file_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        write(tmp_path, META, name=f"rollout-2026-11-20T10-00-{number + 10}-{PARENT}.jsonl")
    write(tmp_path, META)  # sorts before the others, so it is looked at last
    assert find_rollout(tmp_path, ID)
    monkeypatch.setattr(rollouts, "MAX_ENTRIES", 10)
    assert find_rollout(tmp_path, ID) is None


@pytest.mark.parametrize("bound", ["MAX_LINE_BYTES", "MAX_FILE_BYTES", "MAX_HISTORY_BYTES"])
def test_a_file_beyond_a_bound_is_not_rebuilt_by_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    path = write(tmp_path, META, item(user("x" * 5000)), item(said("a")))
    assert rebuild(path, ID)
    monkeypatch.setattr(rollouts, bound, 4000)
    assert rebuild(path, ID) is None


def test_what_a_compaction_replaced_does_not_count_and_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [META]
    for number in range(20):
        lines += [item(user(str(number))), item(said("x" * 1000)), compacted([user(f"sum {number}")])]
    monkeypatch.setattr(rollouts, "MAX_HISTORY_BYTES", 4000)
    monkeypatch.setattr(rollouts, "KEPT_TO_ROLL_BACK_BYTES", 4000)
    path = write(tmp_path, *lines, item(user("now")))
    assert rebuild(path, ID) == [user("sum 19"), user("now")]
    assert rebuild(write(tmp_path, *lines, item(user("now")), rolled_back(1)), ID) == [user("sum 19")]
    assert rebuild(write(tmp_path, *lines, item(user("now")), rolled_back(20)), ID) is None


def test_a_compressed_bomb_ends_at_the_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, zstandard.compress(META + b" " * 50_000_000), name=f"rollout-x-{ID}.jsonl.zst")
    assert path.stat().st_size < 10_000
    monkeypatch.setattr(rollouts, "MAX_LINE_BYTES", 1_000_000)
    assert rebuild(path, ID) is None


@pytest.mark.parametrize("content", [b"not zstd", zstandard.compress(META * 50)[:40]], ids=["no zstd", "cut"])
def test_a_damaged_compressed_file_breaks_nothing(tmp_path: Path, content: bytes) -> None:
    path = write(tmp_path, content, name=f"rollout-x-{ID}.jsonl.zst")
    assert rebuild(path, ID) in (None, [])


def test_a_file_that_grows_is_read_again_from_the_start(tmp_path: Path) -> None:
    path = write(tmp_path, META, item(user("1")), item(said("a"))[:20])
    assert rebuild(path, ID) == [user("1")]
    with path.open("ab") as file:
        file.write(item(said("a"))[20:] + item(user("2")))
        os.fsync(file.fileno())
    assert rebuild(path, ID) == [user("1"), said("a"), user("2")]


LINES = [item(i) for i in (user("1"), said("a"), CONTEXT, THOUGHT, CALL, OUTPUT)] + [
    rolled_back(1), rolled_back(2), compacted([user("s")]), compacted(),
]  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.sampled_from(LINES) | st.binary(max_size=20).map(lambda raw: raw + b"\n"),
        max_size=25,
    ),
    st.integers(0, 200),
)
def test_any_lines_cut_anywhere_rebuild_to_a_list_of_items(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], cut: int
) -> None:
    path = tmp_path_factory.mktemp("r") / "rollout.jsonl"
    content = b"".join([META, *lines])
    path.write_bytes(content[: max(0, len(content) - cut)])
    rebuilt = rebuild(path, ID)
    assert rebuilt is not None
    assert all(isinstance(i, dict) for i in rebuilt)
