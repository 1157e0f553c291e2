"""What is hidden of a configuration's text, and how it comes back."""

import pytest

from router_core.config.hidden import hide, put_back
from router_core.errors import ConfigError

VERSION = "abcdef0123456789"


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        ("", ()),
        ('[server]\nauth = "token"\nhost = "127.0.0.1"\n', ()),
        ('api_key = "plain-secret"', ("plain-secret",)),
        ("api_key = 'plain-secret' # mine", ("plain-secret",)),
        ('api_key = "$OPENAI_KEY"\nauthorization = "Bearer ${OTHER}"', ()),
        ('api_key = ""', ()),
        ('headers = { "x-api-key" = "one-key", "x-other" = "def" }', ("one-key",)),
        ('[providers.x.headers]\n"Cookie" = "a=b"\n', ("a=b",)),
        ('proxy_url = "http://me:pass@proxy:3128"', ("http://me:pass@proxy:3128",)),
        ('token_url = "https://auth.example/token"', ()),
        ('default = "claude/claude-sonnet-4-5"', ()),
        ('note = "sk-ant-a1b2c3d4e5f6g7h8i9j0"', ("sk-ant-a1b2c3d4e5f6g7h8i9j0",)),
        ('# api_key = "old-one"\nport = 1', (' api_key = "old-one"',)),
        ("# sk-ant-a1b2c3d4e5f6g7h8i9j0 was here", (" sk-ant-a1b2c3d4e5f6g7h8i9j0 was here",)),
        ("# an ordinary remark: the key is in the environment", ()),
        ('api_key = """multi\nline"""', ("multi\nline",)),
        ('api_key = "with \\" quote"', ('with \\" quote',)),
        ('[server\nbroken = \napi_key = "half', ("half",)),
        ('client_secret = "first"\nx = ["b"]\nclient_secret="third"', ("first", "third")),
        ('"api_key" = "quoted name"', ("quoted name",)),
        ('providers.openai.api_key = "dotted"', ("dotted",)),
    ],
)
def test_secrets_are_marks_and_come_back(text: str, secrets: tuple[str, ...]) -> None:
    shown, found = hide(text, VERSION)
    assert found == secrets
    assert not [secret for secret in secrets if secret in shown]
    assert shown.count("[hidden:") == len(secrets)
    assert put_back(shown, found, VERSION) == text
    assert hide(shown, VERSION)[1] == ()


def test_marks_can_be_moved_and_taken_away() -> None:
    text = 'a.api_key = "one"\nb.api_key = "two"\n'
    shown, secrets = hide(text, VERSION)
    first, second, *_ = shown.splitlines()
    assert put_back(f"{second}\n{first}\n", secrets, VERSION) == 'b.api_key = "two"\na.api_key = "one"\n'
    assert put_back(first, secrets, VERSION) == 'a.api_key = "one"'


@pytest.mark.parametrize("mark", ["[hidden:abcdef:2]", "[hidden:abcdef:0]", "[hidden:000000:1]", "[hidden::1]"])
def test_a_mark_of_another_version_is_never_written(mark: str) -> None:
    _, secrets = hide('api_key = "one"', VERSION)
    with pytest.raises(ConfigError, match="stands for no secret of this version"):
        put_back(f'api_key = "{mark}"', secrets, VERSION)
