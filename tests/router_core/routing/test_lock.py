"""The lock: a file that every router of the home sees at once."""

from pathlib import Path

import pytest

from router_core.config.schema import Config
from router_core.routing.lock import Lock, LockFile, LockUnreadable, NoSuchTarget, lock_of


@pytest.mark.parametrize(
    ("text", "lock"),
    [
        ("codex/gpt-5.5", Lock("codex", "gpt-5.5", 7.0)),
        ("codex,gpt-5.5", Lock("codex", "gpt-5.5", 7.0)),
        ("openrouter/z-ai/glm-5", Lock("openrouter", "z-ai/glm-5", 7.0)),
        ("claude", Lock("claude", "", 7.0)),
        ("Anthropic/claude-opus-5", Lock("claude", "claude-opus-5", 7.0)),
    ],
)
def test_a_lock_is_a_target_or_a_provider(text: str, lock: Lock) -> None:
    assert lock_of(text, Config(), 7.0) == lock


@pytest.mark.parametrize("text", ["nowhere/m", "nowhere", "", "/m"])
def test_a_lock_to_nowhere_says_where_the_providers_are_listed(text: str) -> None:
    with pytest.raises(NoSuchTarget, match=r"names no provider that is enabled. Write .*`mitmrouter provider list`"):
        lock_of(text, Config(), 0.0)


def test_a_lock_to_a_misspelt_provider_says_which_is_meant() -> None:
    with pytest.raises(NoSuchTarget, match="Did you mean 'codex'"):
        lock_of("cdoex/m", Config(), 0.0)


def test_a_lock_is_seen_by_everybody_and_let_go_once(tmp_path: Path) -> None:
    mine, another = LockFile(tmp_path / "model.lock"), LockFile(tmp_path / "model.lock")
    assert another.read() is None
    assert not mine.release()
    mine.set(Lock("codex", "gpt-5.5", 1.0))
    assert another.read() == Lock("codex", "gpt-5.5", 1.0)
    mine.set(Lock("claude", "", 2.0))
    assert another.read() == Lock("claude", "", 2.0)
    assert mine.release()
    assert another.read() is None
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"provider": "a", "since": "x"}'])
def test_a_lock_that_cannot_be_read_lets_nothing_through(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "model.lock"
    file.write_bytes(content)
    lock = LockFile(file)
    for _ in range(2):
        with pytest.raises(LockUnreadable, match="mitmrouter model unlock"):
            lock.read()
    assert lock.release()
    assert lock.read() is None
