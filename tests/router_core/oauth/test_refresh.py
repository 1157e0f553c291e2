"""Renewing one credential against the simulated servers: every decision, and what others do meanwhile."""

import sqlite3
from dataclasses import replace

import pytest

from router_core.oauth.http import HttpAnswer, HttpCall, NotReached, send
from router_core.oauth.lock import Record, chain_lock
from router_core.oauth.want import Renewed, Want
from router_core.store.renewals import host_rests
from router_core.tokens.token import Cooldown, Token
from tests.router_core.oauth.renewing import HOUR_S, NOW, Killed, Renewing, dies_at

# ---- the decision ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("login", ["claude", "codex", "gemini"])
def test_a_login_is_renewed_ahead_of_its_end_and_stored(at_home: Renewing, login: str) -> None:
    token = at_home.log_in(login, expires_in_s=299)
    done = at_home.renew(token)
    stored = at_home.stored(token)
    assert (done.state, done.generation, done.expires_at) == ("renewed", 1, stored.expires_at)
    assert (stored.access_token, stored.refresh_token) == (at_home.chain().access_token, at_home.chain().refresh_token)
    assert stored.access_token != token.access_token
    assert stored.expires_at is not None
    assert stored.expires_at > NOW + 0.9 * HOUR_S
    assert (stored.refreshed_at, stored.health, at_home.store.journal(token.id)) == (NOW, "healthy", None)


def test_a_copilot_token_is_fetched_with_the_login_of_github(at_home: Renewing) -> None:
    chain = at_home.simulator.log_in("github")
    token = at_home.add(chain, "copilot")
    assert token.access_token == ""
    assert at_home.renew(token).state == "renewed"
    stored = at_home.stored(token)
    assert stored.access_token.startswith("tid=")
    assert stored.refresh_token == chain.refresh_token


def test_a_login_that_has_time_left_is_left_alone(at_home: Renewing) -> None:
    token = at_home.log_in(expires_in_s=301)
    assert at_home.renew(token) == Renewed("fresh", "good for 5m", 0, NOW + 301)
    assert at_home.uses() == 0


def test_a_refused_login_is_renewed_whatever_its_expiry_says(at_home: Renewing) -> None:
    """Report 58: the server had ended it while the local expiry was still in the future."""
    token = at_home.log_in(expires_in_s=8 * HOUR_S)
    assert at_home.renew(token, Want(refused=token.generation)).state == "renewed"


def test_a_login_that_was_refused_before_its_renewal_is_not_renewed_again(at_home: Renewing) -> None:
    token = at_home.log_in(expires_in_s=8 * HOUR_S)
    at_home.renew(token, Want(refused=0))
    assert at_home.renew(token, Want(refused=0)).state == "fresh"
    assert at_home.uses() == 1


def test_a_renewal_ends_what_the_old_credential_was_blamed_for(at_home: Renewing) -> None:
    token = at_home.log_in()
    rests = (Cooldown(NOW + 900, "not_renewed", "expired"), Cooldown(NOW + 900, "window_exhausted", "5h", "opus"))
    at_home.store.save_state(replace(token, health="unhealthy", health_because="401", cooldowns=rests))
    at_home.renew(token)
    stored = at_home.store.named("mine")
    assert (stored.health, stored.health_because) == ("healthy", "")
    assert [rest.kind for rest in stored.cooldowns] == ["window_exhausted"]


def test_a_key_and_a_removed_token_say_that_they_cannot_be_renewed(at_home: Renewing) -> None:
    key = at_home.store.add(Token("", "key", "claude", "sk-ant-api03-x"))
    for token_id in (key.id, "gone"):
        done = at_home.renew(replace(key, id=token_id))
        assert (done.state, done.permanent) == ("failed", True)


# ---- while others do the same ---------------------------------------------------------------------------------------


def test_who_waited_for_the_lock_finds_the_new_set_and_asks_nobody(at_home: Renewing) -> None:
    token = at_home.log_in()
    first: list[Renewed] = []

    def overtaken(step: str) -> None:
        """Between the first look and the lock somebody else has done it all."""
        if step == "locked" and not first:
            first.append(Renewed("fresh", ""))
            chain = at_home.simulator.logins[0]
            at_home.store.rotate(replace(token, access_token="theirs", refresh_token=chain.refresh_token + "-2",
                                       expires_at=NOW + 8 * HOUR_S), 0)  # fmt: skip

    assert at_home.renew(token, step=overtaken).state == "fresh"
    assert at_home.uses() == 0


def test_a_lock_that_is_not_let_go_is_no_failure_of_the_login(at_home: Renewing) -> None:
    token = at_home.log_in()
    path = at_home.lock_file(token)
    with chain_lock(path.name, path.parent):
        done = at_home.renew(token, lock_wait_s=0.05)
    assert (done.state, done.permanent, at_home.stored(token).health) == ("failed", False, "healthy")


def test_the_owners_new_credential_is_not_overwritten_by_a_renewal_of_the_old_one(at_home: Renewing) -> None:
    token = at_home.log_in()

    def replaced(step: str) -> None:
        if step == "noted":
            new = replace(at_home.stored(token), access_token="new", refresh_token="new-r", expires_at=NOW + 8 * HOUR_S)
            at_home.store.save(new, new_credential=True)

    assert at_home.renew(token, step=replaced).state == "fresh"
    assert at_home.stored(token).refresh_token == "new-r"


def test_the_same_refresh_token_imported_meanwhile_does_not_cost_the_new_one(at_home: Renewing) -> None:
    token = at_home.log_in()

    def imported(step: str) -> None:
        if step == "noted":
            at_home.store.save(replace(at_home.stored(token), access_token="stale"), new_credential=True)

    assert at_home.renew(token, step=imported).state == "renewed"
    assert at_home.stored(token).refresh_token == at_home.chain().refresh_token


# ---- another home with a copy of the login --------------------------------------------------------------------------


def test_a_copy_in_another_home_is_told_instead_of_ending_the_login(at_home: Renewing, elsewhere: Renewing) -> None:
    token = at_home.log_in(expires_in_s=200)
    copy = elsewhere.add(at_home.chain(), expires_in_s=200)
    assert at_home.renew(token).state == "renewed"
    done = elsewhere.renew(copy)
    assert not done.permanent  # its access token is still good for a while
    assert str(at_home.home.path) in done.because
    assert "log in again here (mitmrouter auth login claude)" in done.because
    assert elsewhere.stored(copy).health == "healthy"
    at_home.clock.advance(200)
    assert elsewhere.renew(copy).permanent
    assert elsewhere.stored(copy).health == "unhealthy"
    assert (at_home.uses(), at_home.chain().reuses, at_home.chain().alive) == (1, 0, True)


def test_a_copy_waits_while_another_home_may_have_an_answer_that_is_not_stored(
    at_home: Renewing, elsewhere: Renewing
) -> None:
    token = at_home.log_in()
    copy = elsewhere.add(at_home.chain())
    path = at_home.lock_file(token)
    with chain_lock(path.name, path.parent) as lock:
        lock.note(Record("asked", NOW, str(at_home.home.path)))
    done = elsewhere.renew(copy)
    assert (done.state, done.permanent, done.not_before, at_home.uses()) == ("failed", False, NOW + 600, 0)
    at_home.clock.advance(601)
    assert elsewhere.renew(copy).state == "renewed"  # nobody came back for it


# ---- what a killed process has left ---------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["locked", "read", "decided", "journaled", "noted", "stored", "cleared"])
def test_a_renewal_that_ended_at_a_step_is_brought_to_its_end_by_the_next(at_home: Renewing, step: str) -> None:
    token = at_home.log_in()
    with pytest.raises(Killed):
        at_home.renew(token, step=dies_at(step))
    assert at_home.renew(token).ok
    stored, chain = at_home.stored(token), at_home.chain()
    assert (stored.access_token, stored.refresh_token) == (chain.access_token, chain.refresh_token)
    assert (chain.refreshes, chain.reuses, chain.alive) == (1, 0, True)
    assert at_home.store.journal(token.id) is None


def test_an_answer_in_the_journal_is_used_however_late(at_home: Renewing) -> None:
    token = at_home.log_in()
    with pytest.raises(Killed):
        at_home.renew(token, step=dies_at("journaled"))
    at_home.clock.advance(30 * HOUR_S)  # the set in it has run out, too, but its refresh token lives
    assert at_home.renew(token).state == "renewed"
    assert (at_home.chain().refreshes, at_home.chain().reuses) == (2, 0)


def test_an_answer_for_a_credential_that_is_no_longer_there_is_thrown_away(at_home: Renewing) -> None:
    token = at_home.log_in()
    with pytest.raises(Killed):
        at_home.renew(token, step=dies_at("journaled"))
    other = at_home.simulator.log_in("claude")
    at_home.store.save(
        replace(token, access_token=other.access_token, refresh_token=other.refresh_token), new_credential=True
    )
    assert at_home.renew(token).state == "renewed"
    assert at_home.stored(token).refresh_token == at_home.chain(1).refresh_token
    assert at_home.store.journal(token.id) is None


def test_a_refresh_token_whose_answer_was_lost_is_tried_and_the_truth_is_told(at_home: Renewing) -> None:
    token = at_home.log_in()
    with pytest.raises(Killed):
        at_home.renew(token, step=dies_at("answered"))  # the one window: the answer was in memory only
    done = at_home.renew(token)
    assert (done.state, done.permanent) == ("failed", True)
    assert "its answer never arrived, so the refresh token was probably used up by it." in done.because
    assert "Log in again: mitmrouter auth login claude" in done.because
    stored = at_home.stored(token)
    assert (stored.health, stored.health_because) == ("unhealthy", done.because)
    assert stored.refresh_token == token.refresh_token  # never cleared


def test_a_server_that_did_not_answer_is_asked_again_later(at_home: Renewing) -> None:
    token = at_home.log_in()

    def cut(call: HttpCall) -> HttpAnswer:
        raise NotReached("the answer was cut", maybe_done=True)

    done = at_home.renew(token, send=cut)
    assert (done.state, done.permanent, done.not_before) == ("failed", False, NOW + 15)
    at_home.clock.advance(16)
    assert at_home.renew(token).state == "renewed"


@pytest.mark.parametrize("method", ["write_journal", "rotate"])
def test_an_answer_that_cannot_be_stored_now_is_kept_until_it_can(
    at_home: Renewing, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """The database is busy, or the disk is full until somebody makes room."""
    token = at_home.log_in()
    write, refusals = (
        getattr(at_home.store, method),
        iter(["database is locked"] * 5 + ["database or disk is full"] * 5),
    )

    def refuses(*arguments: object) -> object:
        if (why := next(refusals, None)) is not None:
            raise sqlite3.OperationalError(why)
        return write(*arguments)

    monkeypatch.setattr(at_home.store, method, refuses)
    assert at_home.renew(token).state == "renewed"
    assert at_home.stored(token).refresh_token == at_home.chain().refresh_token
    assert at_home.slept == [0.5] * 10


# ---- refusals -------------------------------------------------------------------------------------------------------


def test_a_dead_login_is_unhealthy_keeps_its_secrets_and_is_not_asked_about_again(at_home: Renewing) -> None:
    token = at_home.log_in()
    at_home.fault("status", status=400, body='{"error":"invalid_grant","error_description":"gone"}')
    for _ in range(2):
        done = at_home.renew(token)
        assert (done.state, done.permanent) == ("failed", True)
        assert "Log in again" in done.because
    assert at_home.uses() == 1
    stored = at_home.stored(token)
    assert (stored.health, stored.access_token, stored.refresh_token) == (
        "unhealthy", token.access_token, token.refresh_token,
    )  # fmt: skip
    assert at_home.renew(token, Want(owner=True)).permanent
    assert at_home.uses() == 2


def test_what_the_owner_asks_for_in_vain_does_not_end_a_credential_that_still_pays(at_home: Renewing) -> None:
    token = at_home.log_in(expires_in_s=7 * HOUR_S)
    at_home.fault("status", status=400, body='{"error":"invalid_grant"}')
    assert at_home.renew(token, Want(refused=0, owner=True)).permanent
    assert at_home.stored(token).health == "healthy"


@pytest.mark.parametrize("status", [429, 500, 503, 529])
def test_a_busy_server_is_left_alone_for_all_tokens_and_longer_each_time(at_home: Renewing, status: int) -> None:
    one, two = at_home.log_in(name="one"), at_home.log_in(name="two")
    at_home.fault("status", status=status, body="busy")
    done = at_home.renew(one)
    assert (done.permanent, done.not_before) == (False, NOW + 15)
    assert at_home.renew(two).not_before == NOW + 15
    assert at_home.uses() == 1
    at_home.clock.advance(16)
    assert at_home.renew(two).not_before == NOW + 16 + 30
    assert [rest.failures for rest in host_rests(at_home.store).values()] == [2]
    at_home.simulator.set_faults([])
    assert at_home.renew(one, Want(owner=True)).state == "renewed"  # the owner need not wait
    assert host_rests(at_home.store) == {}


def test_the_servers_own_retry_after_counts(at_home: Renewing) -> None:
    token = at_home.log_in()
    at_home.fault("status", status=429, body="slow down", headers={"retry-after": "120"})
    assert at_home.renew(token).not_before == NOW + 120


def test_an_unreachable_server_does_not_count_against_the_refresh_token(at_home: Renewing) -> None:
    token = at_home.log_in()

    def nowhere(call: HttpCall) -> HttpAnswer:
        return send(HttpCall(call.method, "http://127.0.0.1:9/", call.headers, call.body))

    done = at_home.renew(token, send=nowhere)
    assert (done.permanent, at_home.lock_file(token).read_bytes()) == (False, b"")
    for _ in range(5):
        at_home.clock.advance(61)
        done = at_home.renew(token, send=nowhere)
    assert done.not_before == at_home.clock.now() + 60  # our own network may be back any moment


def test_a_200_without_a_credential_is_never_stored(at_home: Renewing) -> None:
    """claude-code #76561: empty strings were stored, and everybody was logged out."""
    token = at_home.log_in()

    def empty(call: HttpCall) -> HttpAnswer:
        return HttpAnswer(200, {}, b'{"access_token":"","refresh_token":""}')

    done = at_home.renew(token, send=empty)
    assert (done.state, done.permanent) == ("failed", False)
    assert at_home.stored(token).access_token == token.access_token
    assert at_home.store.journal(token.id) is None


def test_no_secret_is_in_what_is_said(at_home: Renewing) -> None:
    token = at_home.log_in()
    at_home.fault("status", status=400, body='{"error":"invalid_grant"}')
    done = at_home.renew(token)
    for secret in (token.access_token, token.refresh_token or ""):
        assert secret not in repr(done) + done.line().decode() + at_home.lock_file(token).read_text()
