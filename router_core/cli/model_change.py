"""What `model set|unset|add` do: the target is compared with the provider's own list, then config.toml is edited."""

from collections.abc import Sequence

import click

from router_core.clock import SystemClock
from router_core.config.edit import edit_config, literal
from router_core.config.load import load_config
from router_core.config.schema import Config
from router_core.config.spelling import ALL_PROVIDERS, did_you_mean
from router_core.home import Home
from router_core.models.checked import Check, check_target
from router_core.models.of_home import models_of_home
from router_core.routing.slots import keys_of, slot_meant, value_of
from router_core.routing.target import RouteTarget, parse_target, split_target


def set_slot(home: Home, slot: str, text: str, fallback: Sequence[str] | None, *, force: bool) -> list[str]:
    """Put a target into a slot; returns what to tell.

    Raises:
        click.ClickException: no such provider, or its list does not have the model.
    """
    config = load_config(home.ensure().config)
    slot, perhaps = slot_meant(slot)
    if perhaps and not force:
        raise click.ClickException(
            f"Did you mean {perhaps!r}? {slot!r} would be the name of a model; with --force it is taken as that."
        )
    targets = [_target(each, config) for each in (text, *(fallback or ()))]
    said = [_checked(home, config, target, force=force) for target in targets]
    others = None if fallback is None else tuple(literal(str(target)) for target in targets[1:])
    edit_config(home.config, {keys_of(slot): value_of(literal(str(targets[0])), others)})
    then = f", then {', '.join(map(str, targets[1:]))}" if fallback else ""
    return [*said, f"{slot}: {targets[0]}{then} ({home.config})"]


def unset_slot(home: Home, slot: str) -> str:
    """Take a slot's target away."""
    slot, _ = slot_meant(slot)
    edited = edit_config(home.ensure().config, {keys_of(slot): None})
    return f"{slot}: no target any more" if edited.changed else f"{slot} had no target"


def add_models(home: Home, provider: str, models: Sequence[str], *, force: bool) -> list[str]:
    """Append to `[providers.NAME] models`."""
    config = load_config(home.ensure().config)
    targets = [_target(f"{provider}/{name}", config) for name in models]
    said = [_checked(home, config, target, force=force) for target in targets]
    listed = config.providers[provider].models
    wanted = [*dict.fromkeys([*listed, *models])]
    edit_config(home.config, {("providers", provider, "models"): [literal(name) for name in wanted]})
    return [*said, f"{provider} lists {', '.join(wanted)} ({home.config})"]


def unlisted(home: Home, config: Config, target: RouteTarget) -> str:
    """What speaks against a target that is used all the same; empty where its provider lists it or gives no list."""
    (offered,) = models_of_home(home, config, SystemClock(), [target.provider])
    check = check_target(target, offered)
    return _doubt(check) if check.ok is False else ""


def _doubt(check: Check) -> str:
    return f"{check.because}.{f' Did you mean {", ".join(check.alike)}?' if check.alike else ''}"


def _target(text: str, config: Config) -> RouteTarget:
    target = parse_target(text, config)
    if target is None:
        enabled = [name for name, each in config.providers.items() if each.enabled]
        halves = split_target(text)
        guess = did_you_mean(halves.provider, enabled) if halves else ""
        raise click.ClickException(f"{text!r} is no target. {guess}Write PROVIDER/MODEL; {ALL_PROVIDERS}.")
    return target


def _checked(home: Home, config: Config, target: RouteTarget, *, force: bool) -> str:
    (offered,) = models_of_home(home, config, SystemClock(), [target.provider])
    check = check_target(target, offered)
    if check.ok is False:  # maybe it is newer than the list that was kept
        (offered,) = models_of_home(home, config, SystemClock(), [target.provider], refresh=True)
        check = check_target(target, offered)
    if check.ok is False and not force:
        raise click.ClickException(f"{_doubt(check)} With --force it is taken all the same.")
    return f"{check.because}{'; taken as you say' if check.ok is not True else ''}"
