"""Secrets never get to the sink; ordinary text is not cut."""

import json
import time

import pytest

from router_core.simulator import make_jwt
from router_core.trace.redact import MASK, SECRET_HEADERS, Redactor

KNOWN = "my-very-own-secret/with+odd=chars"
SHAPED = {
    "anthropic-key": "sk-ant-api03-" + "aB3_-x" * 15,
    "claude-oauth": "sk-ant-oat01-" + "aB3_-x" * 15,
    "claude-refresh": "sk-ant-ort01-" + "aB3_-x" * 15,
    "openai-project": "sk-proj-" + "aB3_-x" * 10,
    "openai-service": "sk-svcacct-" + "aB3_-x" * 10,
    "openai-old": "sk-" + "aB3x" * 12,
    "deepseek": "sk-" + "0123456789abcdef" * 2,
    "openrouter": "sk-or-v1-" + "0123456789abcdef" * 4,
    "google": "AIza" + "aB3_-x9" * 5,
    "groq": "gsk_" + "aB3x" * 13,
    "xai": "xai-" + "aB3x" * 20,
    "github": "ghp_" + "aB3x" * 9,
    "github-oauth": "gho_" + "aB3x" * 9,
    "copilot": "ghu_" + "aB3x" * 9,
    "github-fine": "github_pat_" + "aB3x_" * 12,
    "jwt": make_jwt("acc-1"),
    "openai-refresh": "rt_aB3" + "xY4z." * 10,
    "gateway": "mitm-" + "aB3_-x9" * 6 + "w",
    "admin": "mitm-admin-" + "aB3_-x9" * 6 + "w",
}
shapes = pytest.mark.parametrize("secret", SHAPED.values(), ids=SHAPED)


@shapes
@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "key={}",
        '{{"k":"{}"}}',
        "line\n{}\nline",
        "'{}'",
        "({})",
        "a {} b",
        '{{"text":"export K=x\\n{}\\n"}}',
        "Bearer {}",
    ],
)
def test_what_looks_like_a_credential_is_masked(secret: str, around: str) -> None:
    masked = Redactor().text(around.format(secret))
    assert secret not in masked
    assert secret[8:24] not in masked
    assert masked == around.format(MASK)


def test_bearer_values_of_any_shape_are_masked() -> None:
    assert Redactor().text('curl -H "Authorization: Bearer abcdefgh.IJKL~123+/-==" x') == (
        f'curl -H "Authorization: Bearer {MASK}" x'
    )


@pytest.mark.parametrize(
    "text",
    [
        "the task-force-of-long-words-and-more-words-still and desk-top-publishing-of-everything",
        "ask-ant-hills-about-their-long-names and risk-or-reward-analysis-of-the-situation",
        "sk-short and sk-ant-x and Bearer of news and bearer token",
        "rt_mutex_adjust_prio_chain_lock_acquire and rt_task_group_schedule_entity",
        "start_timer_with_a_very_long_name_Indeed_9 and xxx-ai-something-of-length-twenty",
        "eyJhbGciOiJIUzI1NiJ9 alone is no token; eyJ.eyJ neither",
        "mitm-proxy-in-the-middle and mitmproxy-and-friends-with-long-words",
        "ghp_short AIzaShort gsk_short",
        "naïve Größe 漢字 🙂 \x00 \x7f",
        json.dumps({"path": "/home/me/sk-folder/file.py", "sha": "0123456789abcdef" * 4}),
    ],
)
def test_ordinary_text_is_not_cut(text: str) -> None:
    assert Redactor([KNOWN]).text(text) == text


def test_known_secrets_are_found_by_value_whatever_their_shape() -> None:
    redactor = Redactor([KNOWN])
    assert redactor.values(f"a{KNOWN}b{KNOWN}".encode()) == f"a{MASK}b{MASK}".encode()
    assert redactor.text(f"x={KNOWN}") == f"x={MASK}"


def test_by_value_alone_leaves_other_shapes() -> None:
    other = SHAPED["anthropic-key"].encode()
    assert Redactor([KNOWN]).values(other) == other


def test_a_secret_that_contains_another_is_masked_whole() -> None:
    assert Redactor(["abcdefgh", "abcdefgh-and-more"]).text("abcdefgh-and-more abcdefgh") == f"{MASK} {MASK}"


def test_very_short_secrets_would_garble_everything_and_are_left() -> None:
    assert Redactor(["", "e", "seven77"]).text("seven77 eels") == "seven77 eels"


def test_what_is_known_stays_known_when_it_was_replaced() -> None:
    redactor = Redactor(["old-secret-value"])
    redactor.know(["new-secret-value"])
    assert redactor.text("old-secret-value new-secret-value") == f"{MASK} {MASK}"


@pytest.mark.parametrize("text", ["x" * 40_000 + " …", "a.b/" * 10_000 + "é…", "…" * 40_000])
def test_a_long_word_costs_no_more_than_its_length(text: str) -> None:
    """Whoever sends it, a client or a provider, would stop the router for as long."""
    began = time.monotonic()
    assert Redactor().text(text) == text
    assert time.monotonic() - began < 1


def test_a_secret_of_one_letter_costs_no_more_than_others() -> None:
    redactor = Redactor(["x" * 16_000])
    began = time.monotonic()
    assert redactor.text("x" * 3000) == "x" * 3000
    assert redactor.text("y" + "x" * 12_000) == "y[redacted]"
    assert time.monotonic() - began < 2


def test_half_a_secret_before_a_cut_goes_with_it() -> None:
    assert Redactor([KNOWN]).text(f"refused: {KNOWN[:20]}… and more") == "refused: … and more"
    assert Redactor().text("the words before a cut stay …") == "the words before a cut stay …"


@pytest.mark.parametrize("name", sorted(SECRET_HEADERS))
def test_credential_headers_are_masked_by_name(name: str) -> None:
    assert Redactor().headers([(name.title().encode(), b"anything")]) == [(name.title(), MASK)]


def test_other_headers_keep_order_and_text_but_for_secrets() -> None:
    fields = [
        (b"X-Twice", b"1"), (b"x-twice", b"2"), (b"Referer", f"https://x/?key={SHAPED['google']}".encode()),
        (b"x-known", KNOWN.encode()), (b"x-latin", b"caf\xe9"),
    ]  # fmt: skip
    assert Redactor([KNOWN]).headers(fields) == [
        ("X-Twice", "1"),
        ("x-twice", "2"),
        ("Referer", f"https://x/?key={MASK}"),
        ("x-known", MASK),
        ("x-latin", "café"),
    ]


@pytest.mark.parametrize("text", ["lone \ud800 surrogate", "ünï " + SHAPED["jwt"]])
def test_any_text_can_be_masked(text: str) -> None:
    assert SHAPED["jwt"] not in Redactor().text(text)


@shapes
def test_bytes_that_are_no_text_can_be_masked(secret: str) -> None:
    data = b"\xff\xfe\x00 " + secret.encode() + b" \xf0\x28"
    assert Redactor().shapes(data) == b"\xff\xfe\x00 " + MASK.encode() + b" \xf0\x28"
