"""The directory asks seldom, waits little, and always has something to say."""

import asyncio
import stat
from pathlib import Path

import pytest

from router_core.clock import FixedClock
from router_core.errors import RouterError
from router_core.models.discovery import ModelDirectory, Source, fallback
from router_core.models.known import known_models

CLAUDE = Source("claude", vendor="anthropic")
LISTED = Source("mine", models=("a", "b", "a"))


class Provider:
    """Answers with one model after another; can be held, and can fail."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer: tuple[int, object] | Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def fetch(self, name: str) -> tuple[int, object]:
        self.asked.append(name)
        await self.gate.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer or (200, {"data": [{"id": f"{name}-{len(self.asked)}"}]})


async def ids(directory: ModelDirectory, *sources: Source) -> list[str]:
    return [info.id for info in await directory.models(sources)]


async def test_a_list_is_asked_for_once_and_then_kept() -> None:
    provider, clock = Provider(), FixedClock()
    directory = ModelDirectory(provider.fetch, clock, 60)
    assert await ids(directory, CLAUDE, LISTED) == ["claude-1", "mine-2"]
    clock.advance(59)
    assert await ids(directory, CLAUDE, LISTED) == ["claude-1", "mine-2"]
    assert provider.asked == ["claude", "mine"]


async def test_an_old_list_is_given_at_once_and_renewed_behind_the_clients_back() -> None:
    provider, clock = Provider(), FixedClock()
    directory = ModelDirectory(provider.fetch, clock, 60)
    await ids(directory, CLAUDE)
    clock.advance(61)
    provider.gate.clear()
    assert await ids(directory, CLAUDE) == ["claude-1"]
    assert await ids(directory, CLAUDE) == ["claude-1"]
    provider.gate.set()
    await directory.refresh("claude")
    assert await ids(directory, CLAUDE) == ["claude-2"]
    assert len(provider.asked) == 2


async def test_many_clients_cause_one_question() -> None:
    provider = Provider()
    directory = ModelDirectory(provider.fetch, FixedClock())
    answers = await asyncio.gather(*(ids(directory, CLAUDE) for _ in range(20)), directory.refresh("claude"))
    assert answers[:20] == [["claude-1"]] * 20
    assert provider.asked == ["claude"]


async def test_a_slow_provider_is_waited_for_only_so_long_and_not_broken_off() -> None:
    provider = Provider()
    provider.gate.clear()
    directory = ModelDirectory(provider.fetch, FixedClock(), patience_s=0.01)
    assert await ids(directory, LISTED) == ["a", "b"]
    provider.gate.set()
    await directory.refresh("mine")
    assert await ids(directory, LISTED) == ["mine-1"]
    assert provider.asked == ["mine"]


FAILURES: dict[str, tuple[int, object] | Exception] = {
    "connection": OSError("refused"),
    "timeout": TimeoutError(),
    "ours": RouterError("no token"),
    "status": (401, {"error": {}}),
    "no list": (200, {"error": {}}),
    "empty list": (200, {"data": []}),
    "a bug": KeyError("x"),
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
async def test_a_failure_keeps_the_old_list_and_is_not_repeated_at_once(
    failure: tuple[int, object] | Exception,
) -> None:
    provider, clock = Provider(), FixedClock()
    directory = ModelDirectory(provider.fetch, clock, 60, retry_s=30)
    await ids(directory, CLAUDE)
    clock.advance(61)
    provider.answer = failure
    await directory.refresh("claude")
    assert directory.problem("claude")
    assert await ids(directory, CLAUDE) == ["claude-1"]
    assert len(provider.asked) == 2
    clock.advance(31)
    provider.answer = None
    await directory.refresh("claude")
    assert await ids(directory, CLAUDE) == ["claude-3"]
    assert directory.problem("claude") is None


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
async def test_without_any_list_the_config_and_then_our_knowledge_stand_in(
    failure: tuple[int, object] | Exception,
) -> None:
    provider = Provider()
    provider.answer = failure
    directory = ModelDirectory(provider.fetch, FixedClock())
    assert await ids(directory, LISTED) == ["a", "b"]
    assert await ids(directory, CLAUDE) == [info.id for info in known_models(vendor="anthropic")]
    assert await ids(directory, Source("nobody")) == []
    assert {info.provider for info in fallback(CLAUDE)} == {"claude"}


async def test_a_restart_knows_at_once(tmp_path: Path) -> None:
    provider, clock, file = Provider(), FixedClock(), tmp_path / "models.json"
    directory = ModelDirectory(provider.fetch, clock, 60, file=file)
    before = await directory.models([CLAUDE, LISTED])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["models.json"]
    again = ModelDirectory(provider.fetch, clock, 60, file=file)
    assert await again.models([CLAUDE, LISTED]) == before
    assert len(provider.asked) == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b'{"version":9,"providers":{}}',
        b'{"version":1,"providers":{"claude":[1,[{"id":5}]]}}',
    ],
)
async def test_a_broken_file_is_as_good_as_none(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "models.json"
    file.write_bytes(content)
    directory = ModelDirectory(Provider().fetch, FixedClock(), file=file)
    assert await ids(directory, CLAUDE) == ["claude-1"]


async def test_a_file_that_cannot_be_written_costs_nothing_but_itself(tmp_path: Path) -> None:
    directory = ModelDirectory(Provider().fetch, FixedClock(), file=tmp_path / "nowhere" / "models.json")
    assert await ids(directory, CLAUDE) == ["claude-1"]
    assert directory.problem("claude") is None


async def test_a_clock_set_back_does_not_keep_a_list_for_ever() -> None:
    provider, clock = Provider(), FixedClock()
    directory = ModelDirectory(provider.fetch, clock, 60)
    await ids(directory, CLAUDE)
    clock.advance(-3600)
    await ids(directory, CLAUDE)  # begins to ask
    assert await ids(directory, CLAUDE) == ["claude-2"]
    assert len(provider.asked) == 2


async def test_closing_breaks_off_what_is_under_way() -> None:
    provider = Provider()
    provider.gate.clear()
    directory = ModelDirectory(provider.fetch, FixedClock(), patience_s=0.01)
    await ids(directory, CLAUDE)
    await directory.close()
    assert len(asyncio.all_tasks()) == 1
