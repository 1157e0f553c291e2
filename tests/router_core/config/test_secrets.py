"""The secrets that a configuration holds."""

from router_core.config.schema import Config
from router_core.config.secrets import secrets_of


def test_keys_client_secrets_headers_and_passwords_are_found() -> None:
    config = Config.model_validate(
        {
            "server": {"proxy_url": "http://me:pass%21word@proxy.example:3128"},
            "providers": {
                "mine": {
                    "kind": "openai-chat", "base_url": "https://api.example/v1", "api_key": "key-0123",
                    "headers": {
                        "Authorization": "Bearer header-0123", "X-Team-Key": "team-0123", "x-team": "not-secret",
                    },
                }
            },
            "oauth": {"gemini": {"client_id": "public-id", "client_secret": "client-secret-0123"}},
        }
    )  # fmt: skip
    found = set(secrets_of(config))
    assert found >= {"key-0123", "header-0123", "team-0123", "client-secret-0123", "pass%21word", "pass!word"}
    assert not found & {"not-secret", "public-id", "me"}
