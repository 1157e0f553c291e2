"""File, environment and flags become one configuration; every error says where and what to do."""

from pathlib import Path
from typing import Any

import pytest

from router_core.config.load import load_config
from router_core.config.schema import Config
from router_core.errors import ConfigError
from router_core.providers.catalogue import CATALOGUE

SECRET = "sk-ant-api03-CANARY"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def _load(file: Path, text: str | bytes = "", *, env: dict[str, str] | None = None, **flags: Any) -> Config:
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_config(file, env=env or {}, overrides={key.replace("__", "."): value for key, value in flags.items()})


def _refused(file: Path, text: str | bytes = "", *, env: dict[str, str] | None = None, **flags: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        _load(file, text, env=env, **flags)
    return caught.value.message.replace(str(file), "config.toml")


def test_a_missing_or_empty_file_means_defaults(file: Path) -> None:
    assert load_config(file, env={}) == Config()
    assert _load(file, "") == Config()
    assert _load(file, "# only a comment\n") == Config()


def test_flags_beat_environment_beats_file(file: Path) -> None:
    text, env = "[server]\nport = 1\n", {"MITMROUTER__SERVER__PORT": "2"}
    assert _load(file, text).server.port == 1
    assert _load(file, text, env=env).server.port == 2
    assert _load(file, text, env=env, server__port=3).server.port == 3


def test_the_process_environment_is_the_default(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MITMROUTER__SERVER__PORT", "4321")
    assert load_config(file).server.port == 4321


def test_a_provider_with_a_dash_is_named_with_an_underscore_in_the_environment(file: Path) -> None:
    """No shell takes a dash there."""
    env = {"MITMROUTER__PROVIDERS__GEMINI_CLI__PROJECT": "mine", "MITMROUTER__PROVIDERS__GEMINI-CLI__ORDER": "7"}
    row = _load(file, env=env).providers["gemini-cli"]
    assert (row.project, row.order) == ("mine", 7)
    own = '[providers.my_own]\nkind = "openai-chat"\nbase_url = "https://example.com/v1"\n'
    assert _load(file, own, env={"MITMROUTER__PROVIDERS__MY_OWN__ORDER": "7"}).providers["my_own"].order == 7
    message = _refused(file, env={"MITMROUTER__PROVIDERS__GEMINI_CLI__BASE_URL": "http://example.com"})
    assert "MITMROUTER__PROVIDERS__GEMINI_CLI__BASE_URL" in message


def test_other_variables_are_not_settings(file: Path) -> None:
    assert _load(file, env={"MITMROUTER_HOME": "/x", "MITMROUTER": "y", "PORT": "1"}) == Config()


@pytest.mark.parametrize("text", [b"\xef\xbb\xbf[server]\nport = 5\n", b"\xef\xbb\xbf[server]\r\nport = 5\r\n"])
def test_a_bom_and_windows_line_ends_are_accepted(file: Path, text: bytes) -> None:
    assert _load(file, text).server.port == 5


def test_what_is_no_utf_8_says_how_to_save_it(file: Path) -> None:
    assert _refused(file, "[server]\n# caf\xe9".encode("latin-1")) == (
        "config.toml: not UTF-8 text (byte 14). Save it as UTF-8."
    )


def test_a_file_that_cannot_be_read_says_so(file: Path) -> None:
    file.mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(file, env={})


@pytest.mark.parametrize(
    ("text", "line"),
    [("[server\nport=1", 1), ("[server]\nport = \n", 2), ("[a]\n[a]\n", 2), ("[a]\n\nx = 'unterminated", 3)],
)
def test_what_is_no_toml_names_the_line(file: Path, text: str, line: int) -> None:
    message = _refused(file, text)
    assert message.startswith(f"config.toml:{line}: not valid TOML: ")
    assert "Mend that line" in message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[server]\nprot = 1\n", "config.toml:2: unknown key 'server.prot'. Did you mean 'port'?"),
        ("[sever]\nport = 1\n", "config.toml:1: unknown key 'sever'. Did you mean 'server'?"),
        ("server.prot = 1\n", "config.toml:1: unknown key 'server.prot'. Did you mean 'port'?"),
        ("server = { prot = 1 }\n", "config.toml:1: unknown key 'server.prot'. Did you mean 'port'?"),
        ("\n\n[providers.claude]\nurl = 1\n", "config.toml:4: unknown key 'providers.claude.url'. Known here: kind,"),
        (
            "[providers.claude]\nbase-url = 1\n",
            "config.toml:2: unknown key 'providers.claude.base-url'. Did you mean 'base_url'?",
        ),
        (
            '[routing]\n\nthink = "deepsek/x"\n',
            "config.toml:3: 'routing.think': 'deepsek/x' names no provider that is known. Did you mean 'deepseek'? ",
        ),
        ('[ "trace" ]\n"kep" = 1\n', "config.toml:2: unknown key 'trace.kep'. Did you mean 'keep'?"),
    ],
)
def test_an_unknown_key_names_file_line_key_and_the_likely_one(file: Path, text: str, message: str) -> None:
    assert _refused(file, text).startswith(message)


def test_all_mistakes_are_told_at_once(file: Path) -> None:
    lines = _refused(file, "[server]\nprot = 1\n[trace]\nkeep = 0\n").splitlines()
    assert [line.split(": ")[0] for line in lines] == ["config.toml:2", "config.toml:4"]


def test_a_provider_of_one_s_own_needs_kind_and_base_url(file: Path) -> None:
    message = _refused(file, "[server]\n[providers.mine]\nenabled = true\n")
    assert message.startswith("config.toml:2: 'providers.mine.kind' is missing.")
    assert "need kind and base_url" in message
    mine = _load(file, '[providers.mine]\nkind = "openai-chat"\nbase_url = "https://m.example/v1"\n').providers["mine"]
    assert (mine.kind, mine.enabled, mine.order) == ("openai-chat", True, 100)


def test_what_a_provider_leaves_out_comes_from_the_catalogue(file: Path) -> None:
    config = _load(file, "[providers.claude]\norder = 99\n")
    assert config.providers["claude"] == CATALOGUE["claude"].model_copy(update={"order": 99})
    assert {name: row for name, row in config.providers.items() if name != "claude"} == {
        name: row for name, row in CATALOGUE.items() if name != "claude"
    }


def test_a_usage_endpoint_does_not_follow_to_another_host(file: Path) -> None:
    """The vendor's usage endpoint would get the other host's token."""
    codex = _load(file, '[providers.codex]\nbase_url = "https://m.example/backend-api/codex"\n').providers["codex"]
    assert codex.usage_base_url is None
    assert _load(file, "[providers.codex]\norder = 1\n").providers["codex"].usage_base_url is not None


@pytest.mark.parametrize(
    ("written", "env", "read"),
    [
        ("$KEY", {"KEY": "v"}, "v"),
        ("${KEY}", {"KEY": "v"}, "v"),
        ("a-${KEY}-$KEY", {"KEY": "v"}, "a-v-v"),
        ("a$$b", {}, "a$b"),
        ("$$KEY", {"KEY": "v"}, "$KEY"),
        ("100$", {}, "100$"),
        ("$1", {}, "$1"),
        ("$KEY", {"KEY": "$OTHER"}, "$OTHER"),
        ("$KEY", {"KEY": ""}, ""),
    ],
)
def test_variables_in_strings(file: Path, written: str, env: dict[str, str], read: str) -> None:
    key = _load(file, f'[providers.claude]\napi_key = "{written}"\n', env=env).providers["claude"].api_key
    assert key is not None
    assert key.get_secret_value() == read


def test_variables_in_lists_and_tables(file: Path) -> None:
    config = _load(
        file, '[server]\nallowed_hosts = ["$A", "b"]\n[providers.claude.headers]\nX = "${A}"\n', env={"A": "v"}
    )
    assert config.server.allowed_hosts == ("v", "b")
    assert config.providers["claude"].headers == {"X": "v"}


def test_an_unset_variable_names_the_line_and_the_remedy(file: Path) -> None:
    assert _refused(file, '[server]\nport = 1\n[providers.claude]\napi_key = "$NOPE"\n') == (
        "config.toml:4: the environment variable NOPE is not set. Set it, or write the value here."
    )


@pytest.mark.parametrize(
    ("env", "message"),
    [
        ({"MITMROUTER__SERVER__PORT": "x"}, "environment MITMROUTER__SERVER__PORT: 'server.port'"),
        ({"MITMROUTER__SERVER__PROT": "1"}, "environment MITMROUTER__SERVER__PROT: unknown key 'server.prot'."),
        ({"MITMROUTER__SERVER": "x"}, "environment MITMROUTER__SERVER: 'server'"),
        ({"MITMROUTER__": "x"}, "environment MITMROUTER__: unknown key"),
        ({"MITMROUTER__PROVIDERS": "x"}, "environment MITMROUTER__PROVIDERS: 'providers'"),
        ({"MITMROUTER__PROVIDERS__CLAUDE": "x"}, "environment MITMROUTER__PROVIDERS__CLAUDE: 'providers.claude'"),
        ({"MITMROUTER__SERVER__ALLOWED_HOSTS": "[1]"}, "environment MITMROUTER__SERVER__ALLOWED_HOSTS: 'server."),
        ({"MITMROUTER__SERVER__ALLOWED_HOSTS": "[broken"}, "environment MITMROUTER__SERVER__ALLOWED_HOSTS: 'server"),
        ({"MITMROUTER__SERVER__HOST": "0.0.0.0", "MITMROUTER__SERVER__AUTH": "open"},
         "environment MITMROUTER__SERVER__AUTH with environment MITMROUTER__SERVER__HOST: 'server': host 0.0.0.0"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_environment_names_the_variable(file: Path, env: dict[str, str], message: str) -> None:
    assert _refused(file, "[server]\nport = 1\n" if "SERVER" not in env else "", env=env).startswith(message)


def test_a_list_in_the_environment_that_is_none_says_how_to_write_it(file: Path) -> None:
    message = _refused(file, env={"MITMROUTER__SERVER__ALLOWED_HOSTS": "a,b"})
    assert "(as JSON in the environment)" in message


def test_a_mistake_on_the_command_line_names_the_flag(file: Path) -> None:
    message = _refused(file, "[server]\nport = 1\n", server__port=70000)
    assert message.startswith("command line (server.port): 'server.port'")


@pytest.mark.parametrize(
    "text",
    [
        f'[providers.claude]\napi_key = "{SECRET}"\nbase_url = "http://plain.example"\n',
        f'[providers.claude]\nbase_url = "https://u:{SECRET}@a.example"\n',
        f'[providers.claude]\nbase_url = "{SECRET}"\n',
        f'[providers.claude]\nkind = "{SECRET}"\n',
        f'[providers.claude]\napi_key = ["{SECRET}"]\n',
        f'[providers.claude]\napikey = "{SECRET}"\n',
        f'[providers.claude.headers]\nX = "{SECRET}\\n"\n',
        f'[server]\nport = "{SECRET}"\nproxy_url = "{SECRET}"\n',
        f'[providers.claude]\napi_key = "{SECRET}\n',
        f'providers = "{SECRET}"\n',
    ],
)
def test_no_message_holds_a_secret(file: Path, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        _load(file, text)
    shown = [str(caught.value)]
    cause: BaseException | None = caught.value
    while cause is not None:
        shown.append(repr(cause))
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    assert "CANARY" not in " ".join(shown)


def test_a_secret_in_the_environment_is_not_shown_either(file: Path) -> None:
    env = {"MITMROUTER__PROVIDERS__CLAUDE__API_KEY": f'["{SECRET}"]', "MITMROUTER__SERVER__PORT": SECRET}
    assert "CANARY" not in _refused(file, env=env)


def test_the_secret_is_not_in_the_repr_of_a_configuration(file: Path) -> None:
    config = _load(file, f'[providers.claude]\napi_key = "{SECRET}"\n')
    assert "CANARY" not in repr(config)
    assert "CANARY" not in config.model_dump_json()
