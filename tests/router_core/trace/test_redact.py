"""Nothing secret is written down: known values, and whatever is shaped like a credential."""

import pytest

from router_core.trace.redact import _SECRETS, MASK, Redactor

LONG = "Ab3dEfGh1jKlMnOpQrStUvWxYz0123456789AbCdEfGh"
SECRETS = [
    f"sk-ant-api03-{LONG}", f"sk-ant-oat01-{LONG}", f"sk-proj-{LONG}", f"sk-or-{LONG}", f"sk-svcacct-{LONG}",
    f"sk-{LONG}",
    f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.{LONG}", f"AIza{LONG}",
    f"gsk_{LONG}", f"xai-{LONG}", f"ghp_{LONG}", f"gho_{LONG}", f"ghu_{LONG}", f"github_pat_{LONG}",
    f"rt_{LONG}", f"mitm-{LONG}",
]  # fmt: skip
BEFORE = ["", " ", '"', "=", "é", "\u2028", r"\n", r"\t", r"\u00e9", ".", "/", "(", "\n", ":"]
HARMLESS = [
    "rt_mutex_adjust_prio_chain_of_waiters", "insert_or_replace_all_of_the_rows", "the bearer of this letter",
    "sk-learn and task-force", "mitm-proxy", "support_for_Python3_and_everything_else_A1", "Bearer token",
]  # fmt: skip


@pytest.mark.parametrize("before", BEFORE, ids=repr)
@pytest.mark.parametrize("secret", SECRETS, ids=lambda secret: secret[:11])
def test_what_is_shaped_like_a_credential_is_masked(secret: str, before: str) -> None:
    assert Redactor().text(f"see{before and ' '}{before}{secret} here") in (
        f"see{before and ' '}{before}{MASK} here",
        f"see{secret} here",  # within a word it is none
    )
    assert Redactor().text(before + secret) == before + MASK


@pytest.mark.parametrize("text", HARMLESS)
def test_words_that_only_begin_like_one_stay(text: str) -> None:
    assert Redactor().text(text) == text


@pytest.mark.parametrize("value", [f"Bearer {LONG}", "Bearer abc/def+ghi~jkl.mno-pqr=="])
def test_what_follows_bearer_is_masked_whatever_it_is(value: str) -> None:
    assert Redactor().text(f"authorization: {value}") == f"authorization: Bearer {MASK}"


def test_secrets_are_found_among_bytes_that_are_no_text() -> None:
    secret = SECRETS[0].encode()
    assert Redactor().shapes(b"\xff\xfe\x00" + secret + b"\xc3\x28") == b"\xff\xfe\x00" + MASK.encode() + b"\xc3\x28"


def test_known_values_are_masked_in_any_surroundings() -> None:
    redactor = Redactor(["hunter2-hunter2", "short"])
    assert redactor.values(b"xhunter2-hunter2x short") == b"x" + MASK.encode() + b"x short"


@pytest.mark.parametrize("name", ["Authorization", "x-api-key", "Cookie", "ChatGPT-Account-Id"])
def test_headers_that_carry_credentials_keep_their_name_only(name: str) -> None:
    assert Redactor().headers([(name.encode(), b"anything")]) == [(name, MASK)]


def test_other_headers_are_kept_but_for_what_looks_secret() -> None:
    fields = [(b"accept", b"*/*"), (b"x-note", b"uses " + SECRETS[0].encode())]
    assert Redactor().headers(fields) == [("accept", "*/*"), ("x-note", f"uses {MASK}")]


def test_the_quick_test_never_overlooks_what_the_exact_pattern_finds() -> None:
    """Two regex engines: the quick one must accept a superset."""
    for before in range(256):
        for secret in SECRETS:
            data = b"x" + bytes([before]) + secret.encode()
            found = any(pattern.search(data) for _, pattern, _ in _SECRETS)
            assert (MASK.encode() in Redactor().shapes(data)) == found
