"""How a secret lies on disk."""

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from router_core.errors import HomeError
from router_core.home import Home
from router_core.store.key_source import KeySource
from router_core.store.learning import LEARN
from router_core.store.secret_box import SecretBox, key_id, sealed_with
from tests.router_core.together import together


@pytest.fixture
def key_file(home: Home) -> Path:
    return home.key_file


def box_of(key_file: Path) -> SecretBox:
    return SecretBox(KeySource(Home(key_file.parent)))


@pytest.mark.parametrize("text", ["sk-ant-oat01-x", "", "ünïcödé 漢字", "x" * 100_000])
def test_what_was_sealed_opens_again(key_file: Path, text: str) -> None:
    sealed = box_of(key_file).seal(text, "t1")
    assert box_of(key_file).open(sealed, "t1") == text
    assert text == "" or text.encode() not in sealed


def test_the_key_is_private_and_whole(key_file: Path) -> None:
    box_of(key_file)
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert len(key_file.read_bytes()) == 32
    assert [path.name for path in key_file.parent.glob("tokens*")] == ["tokens.key"]


def test_the_same_text_never_looks_the_same(key_file: Path) -> None:
    box = box_of(key_file)
    assert box.seal("x", "t1") != box.seal("x", "t1")


def test_a_secret_opens_for_its_own_record_only(key_file: Path) -> None:
    box = box_of(key_file)
    with pytest.raises(HomeError, match="cannot be decrypted"):
        box.open(box.seal("x", "t1"), "t2")


def test_an_access_token_cannot_be_put_in_the_place_of_a_refresh_token(key_file: Path) -> None:
    box = box_of(key_file)
    with pytest.raises(HomeError, match="cannot be decrypted"):
        box.open(box.seal("x", "t1", "secret"), "t1", "refresh_secret")


def test_each_sealed_value_names_its_key_and_not_the_key(key_file: Path) -> None:
    sealed = box_of(key_file).seal("x", "t1")
    assert sealed_with(sealed) == key_id(key_file.read_bytes())
    assert key_file.read_bytes()[:4] not in sealed


@pytest.mark.parametrize("nonce", [b"n" * 12, b"\x00mr1" + b"n" * 8], ids=["usual", "looks as if it named a key"])
def test_values_from_before_keys_had_names_can_be_read(key_file: Path, nonce: bytes) -> None:
    box = box_of(key_file)
    old = nonce + AESGCM(key_file.read_bytes()).encrypt(nonce, b"sk-ant-old", b"t1")
    assert box.open(old, "t1", "secret") == "sk-ant-old"
    with pytest.raises(HomeError):
        box.open(old, "t2", "secret")


def test_what_passes_is_made_known_before_anybody_can_print_it(key_file: Path) -> None:
    known: list[str] = []
    box = SecretBox(KeySource(Home(key_file.parent)), known.append)
    box.open(box.seal("sealed-secret", "t1"), "t1")
    assert known == ["sealed-secret", "sealed-secret"]


def test_a_command_is_told_of_secrets_without_being_named(key_file: Path) -> None:
    known: list[str] = []
    reset = LEARN.set(known.append)
    try:
        box_of(key_file).seal("sealed-secret", "t1")
    finally:
        LEARN.reset(reset)
    assert known == ["sealed-secret"]


@pytest.mark.parametrize("change", [lambda s: s[:-1], lambda s: s[:5], lambda s: b"", lambda s: s[:-1] + b"\0"])
def test_damaged_bytes_are_refused_in_words(key_file: Path, change: object) -> None:
    box = box_of(key_file)
    with pytest.raises(HomeError, match="cannot be decrypted"):
        box.open(change(box.seal("secret-text", "t1")), "t1")  # type: ignore[operator]  # one of the four above


def test_another_key_names_the_file_and_the_remedy(key_file: Path) -> None:
    sealed = box_of(key_file).seal("secret-text", "t1")
    key_file.unlink()
    with pytest.raises(HomeError) as caught:
        box_of(key_file).open(sealed, "t1")
    assert str(key_file) in caught.value.message
    assert "add it again" in caught.value.message
    assert "secret-text" not in caught.value.message


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 33])
def test_a_file_that_is_no_key_is_never_overwritten(key_file: Path, content: bytes) -> None:
    key_file.write_bytes(content)
    with pytest.raises(HomeError, match="not a key"):
        box_of(key_file)
    assert key_file.read_bytes() == content


def test_a_key_that_cannot_be_read_says_so(key_file: Path) -> None:
    key_file.mkdir()
    with pytest.raises(HomeError, match="cannot be used"):
        box_of(key_file)


def test_processes_that_start_together_use_one_key(key_file: Path) -> None:
    code = """
from pathlib import Path
from router_core.home import Home
from router_core.store.key_source import KeySource
from router_core.store.learning import LEARN
from router_core.store.secret_box import SecretBox
# go
print(SecretBox(KeySource(Home(Path(sys.argv[1])))).seal("shared", "t1").hex())
"""
    sealed = together(code, str(key_file.parent))
    box = box_of(key_file)
    assert {box.open(bytes.fromhex(one), "t1") for one in sealed} == {"shared"}
