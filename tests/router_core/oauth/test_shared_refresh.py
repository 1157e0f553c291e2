"""Renewing a login that is shared with Claude Code: what is handed over, what is adopted, and who waits for whom."""

import functools
from dataclasses import replace

import pytest

from router_core.oauth.want import Want
from router_core.tokens.token import Token
from router_core.vendors.login import VendorStoreError
from router_core.vendors.store import vendor_store
from router_core.vendors.vendor_lock import vendor_lock
from tests.router_core.oauth.renewing import HOUR_S, NOW, ClaudeFile, Killed, Renewing, dies_at


def _shared(at_home: Renewing, file: ClaudeFile, expires_in_s: float = 60.0) -> Token:
    chain = at_home.simulator.log_in("claude")
    file.put_chain(chain, NOW + expires_in_s)
    return at_home.add(chain, shared=file.locator, expires_in_s=expires_in_s)


def test_what_is_renewed_here_is_handed_over_and_nothing_else_is_touched(
    at_home: Renewing, claude_file: ClaudeFile
) -> None:
    token = _shared(at_home, claude_file)
    assert at_home.renew(token).state == "renewed"
    held, chain, stored = claude_file.held(), at_home.chain(), at_home.stored(token)
    assert (held["accessToken"], held["refreshToken"]) == (chain.access_token, chain.refresh_token)
    assert held["expiresAt"] == int((stored.expires_at or 0) * 1000)
    assert (held["scopes"], held["subscriptionType"]) == (["user:inference", "user:profile"], "max")
    assert claude_file.document()["mcpOAuth"] == {"linear|1": {"accessToken": "mcp-made-up"}}
    assert not stored.write_back


def test_what_claude_code_has_renewed_is_adopted_without_asking(at_home: Renewing, claude_file: ClaudeFile) -> None:
    token = _shared(at_home, claude_file)
    claude_file.put("sk-ant-oat01-theirs", "sk-ant-ort01-theirs", NOW + 8 * HOUR_S)
    done = at_home.renew(token)
    stored = at_home.stored(token)
    assert (done.state, at_home.uses()) == ("adopted", 0)
    assert (stored.access_token, stored.refresh_token) == ("sk-ant-oat01-theirs", "sk-ant-ort01-theirs")
    assert stored.expires_at == NOW + 8 * HOUR_S


def test_an_adopted_set_that_has_run_out_is_renewed_from_there(at_home: Renewing, claude_file: ClaudeFile) -> None:
    token = _shared(at_home, claude_file, expires_in_s=-8 * HOUR_S)
    theirs = at_home.simulator.log_in("claude")
    claude_file.put_chain(theirs, NOW - 10)
    assert at_home.renew(token).state == "renewed"
    assert at_home.stored(token).refresh_token == at_home.chain(1).refresh_token == claude_file.held()["refreshToken"]
    assert at_home.chain(0).refreshes == 0


def test_a_refused_renewal_looks_again_before_the_login_is_called_dead(
    at_home: Renewing, claude_file: ClaudeFile
) -> None:
    """Claude Code had renewed it, and wrote the new set a moment after we were refused."""
    token = _shared(at_home, claude_file)
    at_home.fault("status", status=400, body='{"error":"invalid_grant"}')

    def written_late(seconds: float) -> None:
        at_home.slept.append(seconds)
        if len(at_home.slept) == 2:
            claude_file.put("sk-ant-oat01-late", "sk-ant-ort01-late", NOW + 8 * HOUR_S)

    done = at_home.renew(token, sleep=written_late)
    assert (done.state, len(at_home.slept)) == ("adopted", 2)
    assert at_home.stored(token).access_token == "sk-ant-oat01-late"
    assert at_home.stored(token).health == "healthy"


def test_an_emptied_store_of_claude_code_empties_nothing_here(at_home: Renewing, claude_file: ClaudeFile) -> None:
    """claude-code #80085, #76561: the loser of a race blanks the file."""
    token = _shared(at_home, claude_file)
    claude_file.put("", "", 0)
    assert at_home.renew(token).state == "renewed"
    assert claude_file.held()["refreshToken"] == ""  # the owner may have logged out there
    assert not at_home.stored(token).write_back


def test_another_account_in_claude_code_is_neither_adopted_nor_overwritten(
    at_home: Renewing, claude_file: ClaudeFile
) -> None:
    token = _shared(at_home, claude_file)
    at_home.store.save(replace(at_home.stored(token), account_id="acc-mine"))
    claude_file.put("sk-ant-oat01-other", "sk-ant-ort01-other", NOW + 8 * HOUR_S)
    (claude_file.path.parent.parent / ".claude.json").write_text(
        '{"oauthAccount":{"accountUuid":"acc-other","emailAddress":"o@example.com"}}'
    )
    assert at_home.renew(token).state == "renewed"
    assert claude_file.held()["accessToken"] == "sk-ant-oat01-other"


def test_a_lost_hand_over_is_made_up_for(at_home: Renewing, claude_file: ClaudeFile) -> None:
    token = _shared(at_home, claude_file)
    with pytest.raises(Killed):
        at_home.renew(token, step=dies_at("stored"))
    assert at_home.stored(token).write_back
    assert at_home.renew(token, Want(look_only=True)).state == "fresh"
    assert claude_file.held()["refreshToken"] == at_home.chain().refresh_token
    assert not at_home.stored(token).write_back


def test_a_store_that_cannot_be_written_costs_nothing_but_the_hand_over(
    at_home: Renewing, claude_file: ClaudeFile
) -> None:
    token = _shared(at_home, claude_file)

    class ReadOnly:
        def read(self) -> object:
            return vendor_store(claude_file.locator).read()

        def write(self, login: object, replacing: object = None) -> None:
            raise VendorStoreError("the disk is full. Make room.")

    done = at_home.renew(token, vendor_store=lambda locator: ReadOnly())
    assert (done.state, done.because.endswith("not handed over yet: the disk is full. Make room.")) == ("renewed", True)
    assert at_home.stored(token).write_back


def test_while_claude_code_renews_it_itself_nobody_here_does(at_home: Renewing, claude_file: ClaudeFile) -> None:
    token = _shared(at_home, claude_file)
    (claude_file.path.parent / ".oauth_refresh.lock").mkdir()
    done = at_home.renew(token, vendor_lock=functools.partial(vendor_lock, wait_s=0.05))
    assert (done.state, done.permanent, at_home.uses()) == ("failed", False, 0)


def test_two_homes_that_share_with_claude_code_renew_once_and_both_have_it(
    at_home: Renewing, elsewhere: Renewing, claude_file: ClaudeFile
) -> None:
    token = _shared(at_home, claude_file)
    copy = elsewhere.add(at_home.chain(), shared=claude_file.locator)
    assert at_home.renew(token).state == "renewed"
    assert elsewhere.renew(copy).state == "adopted"
    assert elsewhere.stored(copy).refresh_token == at_home.stored(token).refresh_token
    assert at_home.uses() == 1


def test_a_home_whose_partner_has_not_handed_over_yet_waits_and_burns_nothing(
    at_home: Renewing, elsewhere: Renewing, claude_file: ClaudeFile
) -> None:
    token = _shared(at_home, claude_file)
    copy = elsewhere.add(at_home.chain(), shared=claude_file.locator)
    with pytest.raises(Killed):
        at_home.renew(token, step=dies_at("stored"))
    done = elsewhere.renew(copy)
    assert (done.state, done.permanent, done.not_before) == ("failed", False, NOW + 30)
    assert at_home.renew(token, Want(look_only=True)).ok
    assert elsewhere.renew(copy).state == "adopted"
    assert (at_home.uses(), at_home.chain().reuses) == (1, 0)
