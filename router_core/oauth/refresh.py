"""Renew one credential: the decision and its steps, in an order in which every one of them may be the last.

Under the lock of the chain (lock.py): read what is stored again, finish what a killed predecessor has left, look into
the vendor's store of a shared login, decide, ask the server, keep its answer, store the new set, hand it to the vendor.

Where a process can be killed, and what saves the login:

| killed after … | what the next process finds |
| --- | --- |
| the lock, the reading, the decision | nothing has happened; the lock ended with the process |
| the question was sent | the lock's record says `asked`. Whether the server has replaced the refresh token, nobody knows: it is tried again, and should it be used up, the message says what happened |
| the answer came, before it is in the journal | the one window in which a login can be lost: the old refresh token is used up, the new one was in memory only. It is the time of one commit, and nothing but SIGKILL of this very process or the end of the machine can end the process in it (worker.py) |
| the answer is in the journal (on the disk) | it is read from there and stored |
| the new set is stored (on the disk), with its mark `write_back` | the vendor's store gets it now |
| the vendor's store has it | the mark is cleared |
"""  # noqa: E501 - a table

import contextlib
import sqlite3
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from router_core.clock import Clock
from router_core.config.schema import Config
from router_core.errors import HomeError
from router_core.oauth.due import chain_of, is_dead, login_of, needs_refresh
from router_core.oauth.http import HttpAnswer, HttpCall, NotReached
from router_core.oauth.journal import Entry
from router_core.oauth.known import SINGLE_USE, Known, known_of, perhaps_used_up
from router_core.oauth.lock import LOCK_WAIT_S, ChainLock, LockBusy, Record, chain_lock, fingerprint, record_of
from router_core.oauth.logins import Renewal
from router_core.oauth.sharing import as_login, as_set, compare
from router_core.oauth.token_set import RefreshFailed, TokenSet
from router_core.oauth.want import Renewed, Want
from router_core.store.renewals import (
    LONGEST_OFFLINE_S,
    LONGEST_REST_S,
    host_answered,
    host_failed,
    host_rests,
    mark_dead,
    written_back,
)
from router_core.store.tokens import TokenStore
from router_core.text import duration
from router_core.tokens.token import Login, Token
from router_core.vendors.login import StoreChanged, VendorLogin, VendorStoreError
from router_core.vendors.store import VendorStore

TURNS = 6
"""A chain may move on while its lock is waited for; more than this is no race any more."""
GRACE_S = (0.3, 0.7, 1.5)
"""After a refusal a shared store is read again after these: its program may have a new set that it has not written."""
VENDOR_BUSY_S = 10.0
PATIENCE_S, WRITE_AGAIN_S = 600.0, 0.5
"""For how long, and how often, an answer that cannot be stored is tried to be stored."""
_BUSY_STATUSES = frozenset({408, 429})


@dataclass(frozen=True, slots=True)
class Tools:
    """What the steps work with."""

    store: TokenStore
    config: Config
    clock: Clock
    home: str
    """The home folder, for the records of locks."""
    locks: Path
    renewal_of: Callable[[Login], Renewal]
    send: Callable[[HttpCall], HttpAnswer]
    vendor_store: Callable[[str], VendorStore]
    vendor_lock: Callable[[str], AbstractContextManager[bool]]
    """False: the vendor's program has it, and is renewing the login itself."""
    uninterrupted: Callable[[], AbstractContextManager[object]] = contextlib.nullcontext
    """Around the time in which an answer is under way or not stored yet: signals wait."""
    step: Callable[[str], None] = lambda name: None
    """Called with the name of each step once it is done; tests end the process there."""
    sleep: Callable[[float], None] = time.sleep
    lock_wait_s: float = LOCK_WAIT_S


class _Again(Exception):
    """What is stored has changed: begin again with that."""


def renew(token_id: str, want: Want, tools: Tools) -> Renewed:
    """Renew a credential if need be, together with whoever else does; blocking."""
    name = token_id
    for _ in range(TURNS):
        token = tools.store.get(token_id)
        if token is None:
            return Renewed("failed", f"There is no token {name} any more.", permanent=True)
        name, login = token.name, login_of(token, tools.config)
        chain = chain_of(token, login)
        if chain is None:
            because = token.health_because if not token.access_token else ""  # a key that is lost reads as nothing
            because = because or f"{name} holds nothing that it could be renewed with."
            return Renewed("failed", because, token.generation, token.expires_at, permanent=True)
        try:
            with chain_lock(chain, tools.locks, tools.lock_wait_s) as lock:
                tools.step("locked")
                return _Turn(token_id, login, chain, lock, want, tools).take()
        except _Again:
            continue
        except (LockBusy, VendorStoreError, HomeError) as error:
            return Renewed("failed", error.message, token.generation, token.expires_at)
    return Renewed("failed", f"{name} is being renewed by others again and again. Try again.")


class _Turn:
    """One turn under the lock of one chain."""

    def __init__(self, token_id: str, login: Login, chain: str, lock: ChainLock, want: Want, tools: Tools) -> None:
        self.token_id = token_id
        self.login = login
        self.chain = chain
        self.lock = lock
        self.want = want
        self.tools = tools
        self.store = tools.store

    def take(self) -> Renewed:
        """Do what is to be done.

        Raises:
            _Again: another process was quicker.
        """
        token = self.store.get(self.token_id)
        if token is None or chain_of(token, self.login) != self.chain:
            raise _Again  # what it left is locked by another name
        token = replace(token, login=self.login)
        self.tools.step("read")
        self._replay(token)
        if not token.shared or not (self._is_needed(token) or self.want.look_only or token.write_back):
            return self._decide(token, None)
        theirs = self.tools.vendor_store(token.shared).read()
        self.tools.step("looked")
        found = compare(token, theirs, self._is_used_up)
        if found == "adopt" and theirs is not None:  # reading needs no lock: they write whole files
            return self._adopt(token, theirs)
        if found == "nothing" and self.want.look_only and not token.write_back:
            return self._decide(token, None)
        with self.tools.vendor_lock(token.shared) as held:
            if not held:
                because = f"the program that {token.name} is shared with is renewing it just now"
                return self._not_now(token, because, self.tools.clock.now() + VENDOR_BUSY_S)
            vendor = self.tools.vendor_store(token.shared)
            return self._share(token, vendor) or self._decide(token, vendor)

    # ---- what others have left --------------------------------------------------------------------------------------

    def _replay(self, token: Token) -> None:
        """Store the answer that a killed predecessor has got."""
        text = self.store.journal(token.id)
        if text is None:
            return
        entry, stored = Entry.read(text), False
        if entry is not None and entry.chain == self.chain:
            with contextlib.suppress(RefreshFailed):  # an answer that holds no credential is no loss
                found = self.tools.renewal_of(self.login).read_refresh(entry.answer, token, entry.at)
                self._note_use(token, found, entry.at)
                stored = self._store(token, found, entry.at) is not None
        self.tools.step("replayed")
        self.store.clear_journal(token.id)
        if stored:
            raise _Again

    def _share(self, token: Token, vendor: VendorStore) -> Renewed | None:
        """Bring the two stores of a shared login together; None: there is more to do."""
        theirs = vendor.read()
        self.tools.step("vendor read")
        match compare(token, theirs, self._is_used_up):
            case "adopt" if theirs is not None:
                return self._adopt(token, theirs)
            case "write" if theirs is not None:
                self._write_back(token, vendor, theirs)
            case _ if token.write_back:
                written_back(self.store, token.id, token.generation)
        return None

    def _is_used_up(self, refresh_token: str) -> bool:
        record = record_of(fingerprint(self.login, refresh_token), self.tools.locks)
        return record is not None and record.use == "used"

    def _adopt(self, token: Token, theirs: VendorLogin) -> Renewed:
        """Take over the set of the vendor's program."""
        now = self.tools.clock.now()
        new = replace(as_set(theirs).put_into(token, now), write_back=False)
        if not self.store.rotate(new, token.generation):
            raise _Again
        self.tools.step("adopted")
        if needs_refresh(new, now) and not self.want.look_only:
            raise _Again  # it has run out, too: now under the lock of its own chain
        because = f"{token.shared.partition(':')[2] or token.shared} had a newer set, which was taken over"
        return Renewed("adopted", because, token.generation + 1, new.expires_at)

    # ---- the decision -----------------------------------------------------------------------------------------------

    def _decide(self, token: Token, vendor: VendorStore | None) -> Renewed:
        now, want = self.tools.clock.now(), self.want
        if want.look_only or not self._is_needed(token):
            return Renewed("fresh", _until(token, now), token.generation, token.expires_at)
        before = self.lock.record()
        known = known_of(before, token, self.tools.home, now, owner=want.owner)
        if known is not None:
            return self._known_to_fail(token, known, now)
        try:
            renewal = self.tools.renewal_of(self.login)
            call = renewal.refresh_call(token, self.tools.config, now)
        except RefreshFailed as error:
            return self._gone(token, error.message, error.permanent)
        rest = host_rests(self.store).get(call.host)
        if rest is not None and rest.not_before > now and not want.owner:
            because = f"{call.host} is left alone for {duration(rest.not_before - now)}: {rest.because}"
            return self._not_now(token, because, rest.not_before)
        self.tools.step("decided")
        with self.tools.uninterrupted():
            self._note(Record("asked", now, self.tools.home))
            self.tools.step("asked")
            return self._ask(token, vendor, renewal, call, before)

    def _is_refused(self, token: Token) -> bool:
        return self.want.refused is not None and self.want.refused == token.generation

    def _is_needed(self, token: Token) -> bool:
        return self._is_refused(token) or needs_refresh(token, self.tools.clock.now())

    def _known_to_fail(self, token: Token, known: Known, now: float) -> Renewed:
        """The server need not be asked. The access token is good for as long as it lasts."""
        if known.is_final and (known.at_once or self._is_refused(token) or is_dead(token, now)):
            return self._gone(token, known.because, True)
        return self._not_now(token, known.because, known.not_before)

    # ---- the renewal ------------------------------------------------------------------------------------------------

    def _ask(
        self, token: Token, vendor: VendorStore | None, renewal: Renewal, call: HttpCall, before: Record | None
    ) -> Renewed:
        clock = self.tools.clock
        try:
            answer = self.tools.send(call)
        except NotReached as error:
            longest_s = LONGEST_REST_S if error.maybe_done else LONGEST_OFFLINE_S
            if not error.maybe_done:
                self._note(before)
            until = host_failed(self.store, call.host, clock.now(), error.message, longest_s=longest_s)
            return self._not_now(token, error.message, until)
        now = clock.now()
        self.tools.step("answered")
        if answer.status < 300:
            entry = Entry(self.chain, answer, now).text()
            self._whatever_it_takes(lambda: self.store.write_journal(token.id, token.generation, entry))
            self.tools.step("journaled")
        try:
            found = renewal.read_refresh(answer, token, now)
        except RefreshFailed as error:
            self.store.clear_journal(token.id)
            return self._refused(token, vendor, call, answer, error, before)
        host_answered(self.store, call.host)
        self._note_use(token, found, now)
        self.tools.step("noted")
        new = self._store(token, found, now)
        if new is None:  # the owner gave another credential meanwhile
            self.store.clear_journal(token.id)
            raise _Again
        self.tools.step("stored")
        because = f"renewed by {call.host}"
        if vendor is not None and new.write_back:
            because += self._hand_over(new, vendor, token)
        self.store.clear_journal(token.id)
        self.tools.step("cleared")
        return Renewed("renewed", because, new.generation, new.expires_at)

    def _note(self, record: Record | None) -> None:
        self.lock.note(record)

    def _whatever_it_takes[Value](self, write: Callable[[], Value]) -> Value:
        """What is in memory only must not be lost to a database that is busy, or to a disk that is full just now."""
        patience_s = PATIENCE_S
        while True:
            try:
                return write()
            except sqlite3.OperationalError:
                if patience_s <= 0:
                    raise
            patience_s -= WRITE_AGAIN_S
            self.tools.sleep(WRITE_AGAIN_S)

    def _note_use(self, token: Token, found: TokenSet, now: float) -> None:
        """Other homes with a copy of the old refresh token must not send it any more."""
        replaced = found.refresh_token is not None and found.refresh_token != token.refresh_token
        self._note(Record("used", now, self.tools.home) if replaced else None)

    def _store(self, token: Token, found: TokenSet, now: float) -> Token | None:
        """Compare and swap; None when the stored set is not the one that this answer replaces."""
        for _ in range(2):
            new = replace(found.put_into(token, now), write_back=bool(token.shared))
            if self._whatever_it_takes(partial(self.store.rotate, new, token.generation)):
                return replace(new, generation=token.generation + 1)
            stored = self.store.get(token.id)
            if stored is None or chain_of(stored, self.login) != self.chain:
                return None
            token = replace(stored, login=self.login)  # imported once more, say: the same refresh token, used up by now
        return None

    def _hand_over(self, new: Token, vendor: VendorStore, old: Token) -> str:
        """Give the vendor's program the new set; its store must still hold the one that we had."""
        theirs = vendor.read()
        match compare(new, theirs, self._is_used_up):
            case "write" if theirs is not None:
                return self._write_back(new, vendor, theirs)
            case "nothing":
                written_back(self.store, new.id, new.generation)
        return ""

    def _write_back(self, token: Token, vendor: VendorStore, theirs: VendorLogin) -> str:
        try:
            vendor.write(as_login(token), replacing=theirs)
        except StoreChanged:
            return ""  # it is looked at again the next time; the mark stays
        except VendorStoreError as error:
            return f"; not handed over yet: {error.message}"
        self.tools.step("written back")
        written_back(self.store, token.id, token.generation)
        self.tools.step("marked")
        return ""

    # ---- when it fails ----------------------------------------------------------------------------------------------

    def _refused(
        self, token: Token, vendor: VendorStore | None, call: HttpCall, answer: HttpAnswer, error: RefreshFailed,
        before: Record | None,
    ) -> Renewed:  # fmt: skip
        now = self.tools.clock.now()
        if answer.status >= 500 or answer.status in _BUSY_STATUSES:
            if answer.status == 429:
                self._note(before)  # it was not looked at
            until = host_failed(self.store, call.host, now, error.message, error.not_before)
            return self._not_now(token, error.message, until)
        host_answered(self.store, call.host)
        if not error.permanent:
            self._note(before)
            return self._not_now(token, error.message, error.not_before)
        if (adopted := self._look_again(token, vendor)) is not None:
            return adopted
        because = error.message
        if self.login in SINGLE_USE and before is not None and before.use == "asked":
            because = f"{perhaps_used_up(before)} {because}"
        self._note(Record("dead", now, self.tools.home, because[:1000]))
        return self._gone(token, because, True)

    def _look_again(self, token: Token, vendor: VendorStore | None) -> Renewed | None:
        """Before a login is called dead: has somebody else renewed it?"""
        for pause_s in (0.0, *(GRACE_S if vendor is not None else ())):
            if pause_s:
                self.tools.sleep(pause_s)
            stored = self.store.get(token.id)
            if stored is None or stored.generation != token.generation:
                raise _Again
            if vendor is not None and (theirs := vendor.read()) is not None:
                if compare(token, theirs, self._is_used_up) == "adopt":
                    return self._adopt(token, theirs)
                if theirs.access_token and theirs.refresh_token != token.refresh_token:
                    break  # another login: waiting changes nothing
        return None

    def _gone(self, token: Token, because: str, permanent: bool) -> Renewed:
        """The secrets stay as they are: the provider may be wrong, and nothing is won by forgetting them. An access
        token that the owner had renewed long before its time goes on paying for the rest of it."""
        lives = self.want.owner and not needs_refresh(token, self.tools.clock.now())
        if permanent and not lives:
            mark_dead(self.store, token.id, token.generation, because)
        return Renewed("failed", because, token.generation, token.expires_at, permanent)

    def _not_now(self, token: Token, because: str, not_before: float | None) -> Renewed:
        return Renewed("failed", because, token.generation, token.expires_at, False, not_before)


def _until(token: Token, now: float) -> str:
    if token.expires_at is None:
        return "it does not expire, or nobody knows when"
    return f"good for {duration(token.expires_at - now)}"
