"""Many processes of two homes that renew one login, round after round, while some of them are killed.

A program of one thread that forks: 16 processes that ask, each of which forks a worker into a session of its own for
what has to be done, as `ensure.start_worker` starts one, but without the time that a new Python takes to start. Those
that ask are killed at random, with SIGKILL; their workers are not, and go on.

    python stress.py SIMULATOR_URL ROUNDS PROCESSES SEED HOME TOKEN_ID HOME TOKEN_ID [claude-code FILE]
"""

import gc
import json
import os
import random
import select
import signal
import sys
import time
from functools import partial
from pathlib import Path
from typing import NoReturn

import httpx  # noqa: F401 - so that no worker has to import it

from router_core.clock import Clock
from router_core.config.schema import Config
from router_core.home import Home
from router_core.oauth.ensure import ensure_fresh
from router_core.oauth.http import _trusted, send
from router_core.oauth.lock import lock_folder
from router_core.oauth.logins import renewal_of
from router_core.oauth.refresh import Tools, renew
from router_core.oauth.want import Renewed, Want
from router_core.store.tokens import open_tokens
from router_core.tokens.token import Token
from router_core.vendors.store import vendor_store
from router_core.vendors.vendor_lock import vendor_lock

LIFE_S = 8 * 3600.0
BEGAN = 1_800_000_000.0
PATIENCE_S = 60.0
HEAD_START_S = 0.3

renewal_of("claude")
_trusted()  # read once, not by each worker
gc.freeze()  # what is shared with the forked processes is not written to by their collectors


class RoundClock(Clock):
    """In each round the credential of the last one has just run out."""

    def __init__(self, number: int) -> None:
        self._now = BEGAN + (number + 1) * LIFE_S

    def now(self) -> float:
        return self._now


class ForkedWorker:
    """A worker in a session of its own; what it says comes through a pipe."""

    def __init__(self, pid: int, pipe: int) -> None:
        self._pid, self._pipe = pid, pipe

    def result(self, wait_s: float) -> Renewed | None:
        ready, _, _ = select.select([self._pipe], [], [], wait_s)
        line = os.read(self._pipe, 65536) if ready else b""
        os.close(self._pipe)
        os.waitpid(self._pid, 0)
        return Renewed.read(line)


class Asking:
    """One process that needs the login of one home."""

    def __init__(self, url: str, home: str, token_id: str) -> None:
        self.home, self.token_id = Home(Path(home)), token_id
        self.config = Config.model_validate({"oauth": {"claude": {"base_url": url}}})

    def start(self, clock: Clock, home: Home, token_id: str, want: Want) -> ForkedWorker:
        ours, theirs = os.pipe()
        pid = os.fork()
        if pid:
            os.close(theirs)
            return ForkedWorker(pid, ours)
        try:
            os.setsid()
            tools = Tools(
                open_tokens(home, clock), self.config, clock, str(home.path), lock_folder(), renewal_of,
                partial(send, timeout_s=20), vendor_store, vendor_lock,
            )  # fmt: skip
            os.write(theirs, renew(token_id, want, tools).line())
        except BrokenPipeError:
            pass  # who asked was killed
        except BaseException as error:
            os.write(theirs, Renewed("failed", f"fault: {error!r}", permanent=True).line())
        os._exit(0)

    def ask(self, number: int) -> dict[str, object]:
        """The login, good in this round."""
        clock = RoundClock(number)
        store = open_tokens(self.home, clock)
        until = time.monotonic() + PATIENCE_S
        waits: list[str] = []
        while True:
            token = store.get(self.token_id)
            if token is None:
                return {"error": "the token is gone"}
            done = ensure_fresh(
                self.home, store, self.config, token, clock=clock, wait_s=30, start=partial(self.start, clock)
            )
            if done.ok:
                store.database.conn.close()
                return {"state": done.state, "waits": waits}
            if done.permanent or time.monotonic() > until:
                return {"error": done.because, "waits": waits}
            waits.append(done.because)
            time.sleep(0.02)

    def serve(self, commands: int, answers: int) -> NoReturn:
        while line := os.read(commands, 64):
            number = int(line.split()[-1])
            os.write(answers, json.dumps({"round": number, **self.ask(number)}).encode() + b"\n")
        os._exit(0)


class ClaudeCode(Asking):
    """The program that the login is shared with: its own lock, its own file, and no knowledge of us."""

    def __init__(self, url: str, file: str) -> None:
        super().__init__(url, "-", "-")
        self.file = Path(file)

    def ask(self, number: int) -> dict[str, object]:
        if number % 2:
            time.sleep(HEAD_START_S)  # in each second round the others come first, on however fast a machine
        folder = self.file.parent
        locks = [folder / ".oauth_refresh.lock", folder.with_name(folder.name + ".lock")]
        until = time.monotonic() + PATIENCE_S
        for lock in locks:
            while True:
                try:
                    lock.mkdir()
                    break
                except FileExistsError:
                    if time.monotonic() > until:
                        return {"error": "Claude Code could not get its lock", "waits": []}
                    time.sleep(0.01)
        try:
            return self._renew(RoundClock(number).now())
        finally:
            for lock in locks:
                lock.rmdir()

    def _renew(self, now: float) -> dict[str, object]:
        document = json.loads(self.file.read_text())
        login = document["claudeAiOauth"]
        if login["expiresAt"] / 1000 > now + 300:
            return {"state": "claude fresh", "waits": []}
        token = Token("", "", "claude", login["accessToken"], login["refreshToken"], login="claude")
        renewal = renewal_of("claude")
        found = renewal.read_refresh(send(renewal.refresh_call(token, self.config, now)), token, now)
        login |= {
            "accessToken": found.access_token,
            "refreshToken": found.refresh_token,
            "expiresAt": int((found.expires_at or 0) * 1000),
        }
        beside = self.file.with_name("being-written")
        beside.write_text(json.dumps(document))
        beside.rename(self.file)
        return {"state": "claude renewed", "waits": []}


class Child:
    """A process that asks, as the driver sees it."""

    def __init__(self, asking: Asking, others: list["Child"]) -> None:
        commands, self.commands = os.pipe()
        self.answers, answers = os.pipe()
        self.asking = asking
        self.pid = os.fork()
        if self.pid == 0:
            for other in others:
                os.close(other.commands)
                os.close(other.answers)
            asking.serve(commands, answers)
        os.close(commands)
        os.close(answers)

    def tell(self, number: int) -> None:
        os.write(self.commands, f"{number}\n".encode())

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.commands)
        os.close(self.answers)


def main() -> None:
    url, rounds, processes, seed, *homes = sys.argv[1:]
    chance = random.Random(int(seed))
    pairs = [(homes[place], homes[place + 1]) for place in range(0, len(homes), 2)]
    askings = [Asking(url, home, token_id) for home, token_id in pairs if home != "claude-code"]
    vendors = [ClaudeCode(url, file) for name, file in pairs if name == "claude-code"]
    children: list[Child] = []
    for place in range(int(processes)):
        children.append(Child(askings[place % len(askings)], children))
    for vendor in vendors:
        children.append(Child(vendor, children))
    try:
        print(json.dumps(play(children, vendors, int(rounds), chance)))
    finally:
        for child in children:
            child.kill()


def play(children: list[Child], vendors: list[ClaudeCode], rounds: int, chance: random.Random) -> dict[str, object]:
    """All rounds; what happened in them."""
    kills, states, waits = 0, {}, {}
    for number in range(rounds):
        for child in children:
            child.tell(number)
        victims = [time.monotonic() + chance.uniform(0, 0.12) for _ in range(chance.choice((0, 1, 1, 2, 3)))]
        waiting = set(children)
        deadline = time.monotonic() + 2 * PATIENCE_S
        while waiting:
            if time.monotonic() > deadline:
                raise SystemExit(f"round {number}: {len(waiting)} processes did not answer")
            if victims and time.monotonic() >= min(victims):
                victims.remove(min(victims))
                place = chance.choice([n for n, child in enumerate(children) if child.asking not in vendors])
                old = children.pop(place)
                waiting.discard(old)
                old.kill()
                kills += 1
                again = Child(old.asking, children)
                children.append(again)
                again.tell(number)
                waiting.add(again)
            ready, _, _ = select.select([child.answers for child in waiting], [], [], 0.01)
            for child in [child for child in waiting if child.answers in ready]:
                answer = json.loads(os.read(child.answers, 65536).split(b"\n")[0])
                if "error" in answer:
                    raise SystemExit(f"round {number}: {answer}")
                states[answer["state"]] = states.get(answer["state"], 0) + 1
                for because in answer["waits"]:
                    waits[because[:60]] = waits.get(because[:60], 0) + 1
                waiting.discard(child)
    return {"rounds": rounds, "kills": kills, "states": states, "waits": waits}


if __name__ == "__main__":
    main()
