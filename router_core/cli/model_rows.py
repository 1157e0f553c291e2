"""What `model` and `model list` show: the models that can be reached, and the slots that hold targets."""

from collections.abc import Sequence
from typing import Any

from router_core.cli.paying import paying_tokens
from router_core.clock import Clock
from router_core.config.load import load_config
from router_core.config.schema import Config
from router_core.home import Home
from router_core.models.info import ModelInfo
from router_core.models.of_home import models_of_home
from router_core.routing.lock import LockFile
from router_core.routing.slots import slots_of
from router_core.routing.target import parse_target
from router_core.spend.prices import price_of

_NANO = 1_000_000_000


def model_rows(home: Home, providers: Sequence[str], clock: Clock, *, refresh: bool) -> dict[str, Any]:
    """`models`: one row each; `problems`: provider → why it could not be asked."""
    config = load_config(home.config)
    used = _used(config)
    names = providers or tuple({token.provider for token in paying_tokens(home, config)})
    offered = models_of_home(home, config, clock, names, refresh=refresh) if names else []
    return {
        "models": [_row(info, used) for each in offered for info in each.models],
        "problems": {each.provider: each.problem for each in offered if each.problem},
    }


def slot_rows(home: Home) -> list[dict[str, Any]]:
    """Every slot with its target as written ("" when it has none), and the lock, if there is one."""
    config = load_config(home.config)
    rows: list[dict[str, Any]] = []
    if (lock := LockFile(home.model_lock).read()) is not None:
        rows.append({"slot": "locked to", "target": str(lock), "fallback": None})
    for slot, targets in slots_of(config.routing):
        primary = targets.primary if targets is not None else ""
        rows.append({"slot": slot, "target": primary, "fallback": targets.fallback if targets is not None else None})
    return rows


def _used(config: Config) -> dict[str, list[str]]:
    """Target → slots."""
    used: dict[str, list[str]] = {}
    for slot, targets in slots_of(config.routing):
        if targets is not None and (target := parse_target(targets.primary, config)) is not None:
            used.setdefault(str(target), []).append(slot)
    return used


def _row(info: ModelInfo, used: dict[str, list[str]]) -> dict[str, Any]:
    target = f"{info.provider}/{info.id}"
    price = price_of(info.id)
    return {
        "target": target,
        "provider": info.provider,
        "model": info.id,
        "display_name": info.display_name,
        "context_window": info.context_window if info.known else None,
        "max_output_tokens": info.max_output_tokens if info.known else None,
        "input_usd_per_mtok": price.input / _NANO if price is not None else None,
        "output_usd_per_mtok": price.output / _NANO if price is not None else None,
        "used_for": used.get(target, []),
    }
