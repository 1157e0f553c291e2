"""Which tokens pay on a home folder: the demo's while one runs there, else the user's own; never both."""

from router_core.clock import SystemClock
from router_core.config.schema import Config
from router_core.demo_lock import demo_is_alive
from router_core.home import Home
from router_core.store.tokens import view_tokens
from router_core.tokens.of_config import tokens_of_config
from router_core.tokens.token import Token


def paying_tokens(home: Home, config: Config) -> list[Token]:
    """Those of the router that runs on this home, or would; without their secrets, but for those of config.toml."""
    demo = demo_is_alive(home)
    stored = view_tokens(home, SystemClock()).all() if home.tokens_db.exists() else []
    tokens = [token for token in stored if token.origin == ("demo" if demo else "user")]
    return tokens if demo else [*tokens, *tokens_of_config(config)]
