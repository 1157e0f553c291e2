"""config.toml → a preset: the tables that were asked for, as written there, secrets replaced by inputs."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from router_core.config.toml_edit import Keys
from router_core.errors import ConfigError
from router_core.presets.code import without_code
from router_core.presets.preset import About, Input, Preset, preset_text
from router_core.presets.secrecy import looks_secret, why_secret

USUAL = ("routing", "providers", "spend", "transformers", "prices")
"""Tables that are exported when nothing is said."""


@dataclass(slots=True)
class Export:
    """A preset while it is put together."""

    known: Collection[str] = field(default=(), repr=False)
    """Secrets of this machine."""
    inputs: list[Input] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What was left out or replaced, and why; no values."""

    def cleaned(self, keys: Keys, value: Any) -> Any:
        """The value without its secrets."""
        if isinstance(value, dict):
            if any(map(looks_secret, value)):
                raise ConfigError(
                    f"A name of a setting in {'.'.join(keys)} looks like a credential. Rename that first."
                )
            return {key: self.cleaned((*keys, key), one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.cleaned((*keys, str(at)), one) for at, one in enumerate(value, start=1)]
        if not isinstance(value, str):
            return value
        if "{{input." in value.replace(" ", ""):
            raise ConfigError(f"{'.'.join(keys)} holds a placeholder of a preset. Replace it first.")
        # an element of a list has the name of its list
        named = tuple(key for key in keys if not key.isdecimal()) or keys
        why = why_secret(named, value, self.known)
        return self._replaced(keys, value, why) if why else value

    def _replaced(self, keys: Keys, value: str, why: str) -> str:
        base = re.sub(r"[^A-Za-z0-9]+", "_", "_".join(keys[1:] or keys)).strip("_").lower()[:60] or "secret"
        taken = {one.name for one in self.inputs}
        name = (
            base if base not in taken else next(f"{base}_{n}" for n in range(2, 10_000) if f"{base}_{n}" not in taken)
        )
        self.inputs.append(Input(name=name, ask=_question(keys)))
        self.notes.append(f"{'.'.join(keys)} is asked for instead ({why}).")
        start = re.match(r"(?:Bearer|Basic|Token)\s+", value)
        return f"{start[0] if start else ''}{{{{input.{name}}}}}"


def export_preset(
    table: Mapping[str, Any], about: About, sections: Sequence[str], known: Collection[str] = ()
) -> tuple[Preset, list[str]]:
    """
    Args:
        table: config.toml as it is written, variables not expanded.
        known: secrets of this machine: none of them may be in what comes out.

    Returns:
        The preset, and what was left out or replaced.

    Raises:
        ConfigError: nothing is there to export, or a secret would be left in it after all.
    """
    export = Export(known)
    asked = {name: table[name] for name in sections if table.get(name)}
    config = {name: export.cleaned((name,), one) for name, one in without_code(asked, export.notes).items()}
    if not config:
        raise ConfigError(f"config.toml says nothing in {', '.join(sections)}: there is nothing to export.")
    preset = Preset(preset=about.model_copy(update={"inputs": tuple(export.inputs)}), config=config)
    text = preset_text(preset)
    if any(secret in text for secret in known if len(secret) >= 8):
        raise ConfigError("A secret would be in the preset, in the name of a setting. Rename that first.")
    return preset, export.notes


def _question(keys: Keys) -> str:
    match keys:
        case ("providers", name, "api_key"):
            return f"API key of {name}"
        case ("providers", name, "headers", header):
            return f"Header {header} for {name}"
    return ".".join(keys)[:200]
