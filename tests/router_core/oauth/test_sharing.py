"""Whose set of a shared login is the newer one."""

from dataclasses import replace

import pytest

from router_core.oauth.sharing import compare
from router_core.tokens.token import Token
from router_core.vendors.login import VendorLogin

NOW = 1_800_000_000.0
MINE = Token("t1", "mine", "claude", "a1", "r1", account_id="acc", expires_at=NOW, login="claude", shared="x:y")
THEIRS = VendorLogin("a1", "r1", expires_at=NOW, account_id="acc")


NEWER = replace(THEIRS, access_token="a2", refresh_token="r2", expires_at=NOW + 99)
OLDER = replace(THEIRS, access_token="a0", refresh_token="r0", expires_at=NOW - 99)
USED = replace(THEIRS, access_token="a0", refresh_token="used", expires_at=NOW + 99)
OWED = replace(MINE, write_back=True)
REUSED_NEWER = replace(THEIRS, access_token="a2", expires_at=NOW + 99)
REUSED_OLDER = replace(THEIRS, access_token="a0", expires_at=NOW - 99)


@pytest.mark.parametrize(
    ("mine", "theirs", "then"),
    [
        pytest.param(MINE, THEIRS, "nothing", id="the-same"),
        pytest.param(MINE, None, "nothing", id="logged-out-or-emptied"),
        pytest.param(MINE, NEWER, "adopt", id="newer"),
        pytest.param(MINE, replace(NEWER, expires_at=None), "adopt", id="without-an-end"),
        pytest.param(MINE, OLDER, "nothing", id="older"),
        pytest.param(OWED, OLDER, "write", id="older-and-ours-is-owed"),
        pytest.param(OWED, NEWER, "adopt", id="newer-although-ours-is-owed"),
        pytest.param(MINE, USED, "write", id="used-up"),
        pytest.param(replace(MINE, refresh_token="used"), USED, "nothing", id="both-used-up"),
        pytest.param(MINE, REUSED_NEWER, "adopt", id="reusable-and-newer"),
        pytest.param(MINE, REUSED_OLDER, "nothing", id="reusable-and-older"),
        pytest.param(OWED, REUSED_OLDER, "write", id="reusable-and-ours-is-owed"),
        pytest.param(MINE, replace(NEWER, refresh_token=None), "nothing", id="nothing-to-renew-with"),
        pytest.param(MINE, replace(NEWER, account_id="else"), "nothing", id="another-account-is-not-adopted"),
        pytest.param(OWED, replace(USED, account_id="else"), "nothing", id="another-account-is-not-overwritten"),
    ],
)
def test_what_follows(mine: Token, theirs: VendorLogin | None, then: str) -> None:
    assert compare(mine, theirs, lambda refresh_token: refresh_token == "used") == then
