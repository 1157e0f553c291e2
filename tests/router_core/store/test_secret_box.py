"""How a secret lies on disk."""

import stat
from pathlib import Path

import pytest

from router_core.errors import HomeError
from router_core.store.secret_box import SecretBox
from tests.router_core.together import together


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "tokens.key"


@pytest.mark.parametrize("text", ["sk-ant-oat01-x", "", "ünïcödé 漢字", "x" * 100_000])
def test_what_was_sealed_opens_again(key_file: Path, text: str) -> None:
    sealed = SecretBox(key_file).seal(text, "t1")
    assert SecretBox(key_file).open(sealed, "t1") == text
    assert text == "" or text.encode() not in sealed


def test_the_key_is_private_and_whole(key_file: Path) -> None:
    SecretBox(key_file)
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert len(key_file.read_bytes()) == 32
    assert [path.name for path in key_file.parent.iterdir()] == ["tokens.key"]


def test_the_same_text_never_looks_the_same(key_file: Path) -> None:
    box = SecretBox(key_file)
    assert box.seal("x", "t1") != box.seal("x", "t1")


def test_a_secret_opens_for_its_own_record_only(key_file: Path) -> None:
    box = SecretBox(key_file)
    with pytest.raises(HomeError, match="cannot be decrypted"):
        box.open(box.seal("x", "t1"), "t2")


@pytest.mark.parametrize("change", [lambda s: s[:-1], lambda s: s[:5], lambda s: b"", lambda s: s[:-1] + b"\0"])
def test_damaged_bytes_are_refused_in_words(key_file: Path, change: object) -> None:
    box = SecretBox(key_file)
    with pytest.raises(HomeError, match="cannot be decrypted"):
        box.open(change(box.seal("secret-text", "t1")), "t1")  # type: ignore[operator]  # one of the four above


def test_another_key_names_the_file_and_the_remedy(key_file: Path) -> None:
    sealed = SecretBox(key_file).seal("secret-text", "t1")
    key_file.unlink()
    with pytest.raises(HomeError) as caught:
        SecretBox(key_file).open(sealed, "t1")
    assert str(key_file) in caught.value.message
    assert "add it again" in caught.value.message
    assert "secret-text" not in caught.value.message


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 33])
def test_a_file_that_is_no_key_is_never_overwritten(key_file: Path, content: bytes) -> None:
    key_file.write_bytes(content)
    with pytest.raises(HomeError, match="not a key"):
        SecretBox(key_file)
    assert key_file.read_bytes() == content


def test_a_key_that_cannot_be_read_says_so(key_file: Path) -> None:
    key_file.mkdir()
    with pytest.raises(HomeError, match="cannot be used"):
        SecretBox(key_file)


def test_processes_that_start_together_use_one_key(key_file: Path) -> None:
    code = """
from pathlib import Path
from router_core.store.secret_box import SecretBox
# go
print(SecretBox(Path(sys.argv[1])).seal("shared", "t1").hex())
"""
    sealed = together(code, str(key_file))
    box = SecretBox(key_file)
    assert {box.open(bytes.fromhex(one), "t1") for one in sealed} == {"shared"}
