"""Known secrets are found in every form, however many there are."""

import base64
import json
import random
import re
import time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router_core.trace.known_values import KEPT, KnownValues, secrets_in

MASK = b"[redacted]"
ODD = 'my-own/secret+with="odd" chars ü'
PLAIN = "sk-ant-oat01-abcDEF_ghi-0123456789"
PEM = (
    "-----BEGIN PRIVATE KEY-----\n" + "\n".join(f"{i}MIIEvQIBADANBgkqhkiG9w0BAQEFAASC" for i in range(3)) + "\n-----END"
)


def knowing(*secrets: str) -> KnownValues:
    known = KnownValues()
    known.learn(secrets)
    return known


@pytest.mark.parametrize("secret", [PLAIN, ODD], ids=["plain", "odd"])
@pytest.mark.parametrize(
    "written",
    [
        lambda s: s,
        lambda s: json.dumps({"k": s}),
        lambda s: json.dumps({"k": s}, ensure_ascii=False),
        lambda s: json.dumps({"k": json.dumps({"in": s})}),
        lambda s: json.dumps({"k": s}).replace("/", "\\/"),
        lambda s: f"https://x/?key={quote(s, safe='')}&a=1",
        lambda s: f"https://x/?key={quote_plus(s)}",
        lambda s: f"https://x/{quote(s)}",
        lambda s: re.sub("%..", lambda found: found[0].lower(), quote(s, safe="")),
    ],
)
def test_a_secret_is_found_however_it_is_written(secret: str, written: object) -> None:
    text = written(secret)  # type: ignore[operator]  # one of the lambdas above
    masked = knowing(secret).mask(text.encode(), MASK).decode()
    assert "[redacted]" in masked
    assert "secret" not in masked
    assert "abcDEF" not in masked


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("before", ["", "u", "us", "user:", "Basic "])
@pytest.mark.parametrize("after", ["", ":x", "more after it"])
@pytest.mark.parametrize("secret", [PLAIN, ODD])
def test_a_secret_within_base64_is_found_wherever_it_begins(
    secret: str, before: str, after: str, encode: object
) -> None:
    encoded: bytes = encode(f"{before}{secret}{after}".encode())  # type: ignore[operator]
    masked = knowing(secret).mask(b"Basic " + encoded + b" x", MASK)
    assert MASK in masked
    rest = masked.replace(b"Basic ", b"").replace(b" x", b"").replace(MASK, b"")
    assert len(rest) <= len(encoded) - len(secret) * 4 // 3 + 6


def test_ordinary_bytes_are_handed_back_as_they_are() -> None:
    data = b"nothing \xff\xfe here \x00"
    assert knowing(PLAIN).mask(data, MASK) is data
    assert KnownValues().mask(data, MASK) is data


def test_a_beginning_alone_is_no_secret() -> None:
    data = b"sk-ant-oat01-abcDEF_ghX"
    assert knowing(PLAIN).mask(data, MASK) == data


def test_the_greater_part_of_a_secret_is_masked_as_the_whole() -> None:
    known = knowing(PLAIN)
    assert known.mask(f"cut {PLAIN[:28]}...".encode(), MASK) == b"cut " + MASK + b"..."
    assert known.mask(f"cut {PLAIN[:23]}...".encode(), MASK) == f"cut {PLAIN[:23]}...".encode()


def test_neighbours_and_overlaps_are_masked_whole() -> None:
    known = knowing("abcdefgh", "abcdefgh-and-more", "and-more-of-it")
    assert known.mask(b"abcdefghabcdefgh", MASK) == MASK + MASK
    assert known.mask(b"[abcdefgh-and-more-of-it]", MASK) == b"[" + MASK + b"]"


@pytest.mark.parametrize("at", [0, 1, 255, 256, 257, 511, 512, 513, 5000, 50_000, 99_966])
def test_it_is_found_at_every_place_of_a_long_body(at: int) -> None:
    body = bytearray(b"x" * 100_000)
    body[at : at + len(PLAIN)] = PLAIN.encode()
    assert knowing(PLAIN).mask(bytes(body), MASK) == b"x" * at + MASK + b"x" * (100_000 - at - len(PLAIN))


@given(st.data())
def test_as_a_plain_replacement_would(data: st.DataObject) -> None:
    letters = st.text(alphabet="ab", min_size=8, max_size=12)
    secrets = data.draw(st.lists(letters, min_size=1, max_size=4, unique=True))
    pieces = data.draw(st.lists(st.one_of(st.sampled_from(secrets), st.text(alphabet="abc", max_size=9)), max_size=120))
    text = "c".join(pieces).encode()
    known = knowing(*secrets)
    masked = known.mask(text, b"#")
    covered = bytearray(len(text))
    for secret in secrets:
        at = text.find(secret.encode())
        while at >= 0:
            covered[at : at + len(secret)] = b"\1" * len(secret)
            at = text.find(secret.encode(), at + 1)
    kept = bytes(byte for byte, gone in zip(text, covered, strict=True) if not gone)
    assert masked.replace(b"#", b"") == kept


def test_what_comes_later_is_found_and_what_came_before_stays_known() -> None:
    known = knowing(*(f"early-secret-{i:05d}" for i in range(2000)))
    assert known.mask(b"early-secret-01999", MASK) == MASK
    for i in range(700):
        known.learn([f"later-secret-{i:05d}"])
        assert known.mask(f"later-secret-{i:05d} early-secret-{i:05d}".encode(), MASK) == MASK + b" " + MASK


def test_what_is_known_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert KEPT >= 10_000
    kept = 2_000
    monkeypatch.setattr("router_core.trace.known_values.KEPT", kept)
    known = KnownValues()
    known.learn([f"secret-number-{i:06d}" for i in range(kept + 1)])
    assert len(known) == kept // 2
    assert known.mask(f"secret-number-{kept:06d}".encode(), MASK) == MASK


def test_the_secrets_within_a_service_account_are_known_and_its_names_are_not() -> None:
    account = {
        "type": "service_account", "project_id": "my-project-0123456", "private_key_id": "0123456789abcdef",
        "private_key": PEM, "client_email": "robot@my-project.example", "token_uri": "https://oauth2.example/token",
    }  # fmt: skip
    found = list(secrets_in(json.dumps({"service_account": json.dumps(account)})))
    assert PEM in found
    assert "1MIIEvQIBADANBgkqhkiG9w0BAQEFAASC" in found
    assert not [name for name in found if "my-project" in name or "example" in name or name.startswith("-----END")]
    known = knowing(*found)
    crlf = PEM.replace("\n", "\r\n").encode()
    assert b"MIIEvQ" not in known.mask(crlf, MASK)


def test_the_set_in_a_journalled_answer_is_known() -> None:
    body = json.dumps({"access_token": "at-0123456789", "refresh_token": "rt-0123456789", "scope": "openid profile"})
    entry = json.dumps({"chain": "c", "status": 200, "body": base64.b64encode(body.encode()).decode()})
    assert list(secrets_in(entry)) == ["at-0123456789", "rt-0123456789"]


def test_a_thousand_tokens_cost_a_body_of_100_kb_little() -> None:
    """Aim: 1 ms. The bound here is wider: other tests run beside this one."""
    random.seed(1)
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

    def some(count: int) -> str:
        return "".join(random.choices(letters, k=count))

    known = KnownValues()
    for _ in range(1000):
        known.learn(["sk-ant-oat01-" + some(70), "sk-ant-ort01-" + some(70), f"eyJ{some(30)}.eyJ{some(60)}", some(40)])
    body = (b'{"role": "user", "content": "The quick brown fox jumps over the lazy dog."}, ' * 1300)[:100_000]
    known.mask(body, MASK)
    took = []
    for _ in range(15):
        began = time.perf_counter()
        known.mask(body, MASK)
        took.append(time.perf_counter() - began)
    assert min(took) < 0.0025
