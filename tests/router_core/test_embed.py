"""What a program gives as configuration is what its router reads."""

from pathlib import Path

import pytest

from router_core.config.load import config_of
from router_core.embed import _toml

WHOLE = """
[server]
port = 0
proxy_url = "http://me:pa$$word@proxy.example:3128"
no_proxy = ["a.lan"]
[routing]
default = { primary = "claude/a", fallback = ["openai/b"] }
long_context_threshold = 7
[routing.models]
"m*" = "my-llm/c"
[[routing.rules]]
project = "~/x/*"
target = "claude/a"
[providers.my-llm]
kind = "openai-chat"
base_url = "https://llm.example/v1"
api_key = "${KEY}"
headers = { x-a = "b$$c" }
transformers = ["cleancache", ["maxtoken", { max_tokens = 5 }]]
[providers.my-llm.model_transformers]
"c*" = ["tooluse"]
[oauth.gemini]
client_secret = "made up"
[prices]
"my-llm/*" = { input = 0.25, output = 2 }
[[spend.budgets]]
token = "t"
per_day = { usd = 2.5 }
"""


@pytest.mark.parametrize("key", ["k$1", "plain"])
def test_a_config_object_comes_through_as_it_is(key: str) -> None:
    config = config_of(WHOLE, Path("config.toml"), env={"KEY": key})
    again = config_of(_toml(config), Path("config.toml"), env={})
    assert again == config
    secret = again.providers["my-llm"].api_key
    assert secret is not None
    assert secret.get_secret_value() == key


def test_tables_are_written_as_in_config_toml() -> None:
    tables = {"server": {"log_file": Path("/x/y"), "allowed_hosts": ("a.lan",), "proxy_url": None}}
    server = config_of(_toml(tables), Path("config.toml"), env={}).server
    assert (server.log_file, server.allowed_hosts, server.proxy_url) == ("/x/y", ("a.lan",), None)
