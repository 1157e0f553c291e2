"""The labelled prompts, and which of them no weight or word list has seen.

The rule by which they are labelled is in the README beside them.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from router_core.routing.auto.prompt import Prompt
from router_core.routing.auto.tier import Tier

Set = Literal["tuning", "held_out", "fresh"]
FOLDER = Path(__file__).resolve().parents[2] / "tests" / "router_core" / "routing" / "auto" / "prompts"
_CLAUDE = (
    "<system-reminder>\nAs you answer, think step by step and reason carefully. Prove that every change is correct.\n"
    "# claudeMd\nThe architecture is distributed. Design for scale, audit everything, never migrate without a plan.\n"
    "</system-reminder>\n\n"
)
_CODEX = (
    "# AGENTS.md instructions for /home/me/shop\n\n<INSTRUCTIONS>\nDerive, prove and justify each step.\n"
    "</INSTRUCTIONS>\n<environment_context>\n  <cwd>/home/me/shop</cwd>\n  <shell>bash</shell>\n"
    "</environment_context>\n\n"
)
_REMINDERS = {"": "", "claude": _CLAUDE, "codex": _CODEX}
_TOKENS_PER_TOOL, _TOKENS_PER_MESSAGE = 450, 700


@dataclass(frozen=True, slots=True)
class Labelled:
    """A prompt and the tier that it needs."""

    id: str
    language: str
    tier: Tier
    prompt: Prompt
    set: Set
    """`tuning`: weights are fitted and word lists made with these. `held_out` and `fresh`: for the figures only."""


def read_prompts(folder: Path = FOLDER) -> list[Labelled]:
    """Every labelled prompt, in the order of the files."""
    material = {path.stem: path.read_text("utf-8") for path in sorted((folder / "material").glob("*.txt"))}
    found = []
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            prompt = _prompt(row, material)
            found.append(Labelled(row["id"], path.stem[:2], row["tier"], prompt, set_of(row["id"])))
    return found


def set_of(id: str) -> Set:
    """A third is held out, by nothing but the name of the prompt; `…-fresh-…` were written last, see the README."""
    if "-fresh-" in id:
        return "fresh"
    return "held_out" if hashlib.blake2b(id.encode(), digest_size=8).digest()[0] % 3 == 0 else "tuning"


def _prompt(row: Mapping[str, Any], material: Mapping[str, str]) -> Prompt:
    text = row["user"]
    if "paste" in row:
        pasted = material[row["paste"]]
        text = f"{pasted}\n\n{text}" if row["where"] == "before" else f"{text}\n\n{pasted}"
    text = _REMINDERS[row.get("reminder", "")] + text
    system, tools, depth = row.get("system", ""), row.get("tools", 0), row.get("depth", 1)
    tokens = (len(text) + len(system)) // 4 + tools * _TOKENS_PER_TOOL + (depth - 1) * _TOKENS_PER_MESSAGE + 10
    return Prompt(text, system, tools, row.get("tool_results", 0), row.get("images", 0), depth, tokens)
