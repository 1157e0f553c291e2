"""A made-up request to try the rules with, and what they say of it, as lines."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from router_core.money import usd_text
from tui.figures import count
from tui.sanitize import Sanitizer
from tui.widgets.breaking import wrapped
from tui.widgets.cells import Piece, fitted
from tui.widgets.text_pane import Line

USER_AGENTS = {
    "Claude Code": "claude-cli/2.1.329 (external, cli)",
    "Codex": "codex_exec/0.169.0",
    "an SDK": "Anthropic/Python 2.11.0",
}
ONE_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@dataclass(frozen=True)
class Trial:
    """What is tried."""

    text: str = ""
    model: str = "claude-sonnet-5"
    client: str = "Claude Code"
    think: bool = False
    web_search: bool = False
    image: bool = False

    def request(self) -> dict[str, Any]:
        """The body of `POST /api/route/explain`."""
        content: list[dict[str, Any]] = [{"type": "text", "text": self.text or "hello"}]
        if self.image:
            source = {"type": "base64", "media_type": "image/png", "data": ONE_PIXEL}
            content.append({"type": "image", "source": source})
        body: dict[str, Any] = {
            "model": self.model,
            "max_tokens": 4096,
            "messages": [{"role": "user", "content": content}],
        }
        if self.think:
            body["thinking"] = {"type": "enabled", "budget_tokens": 2048}
        if self.web_search:
            body["tools"] = [{"type": "web_search_20250305", "name": "web_search"}]
        return {"path": "/v1/messages", "request": body, "headers": {"user-agent": USER_AGENTS[self.client]}}


def lines_of(answer: Mapping[str, Any], sanitizer: Sanitizer, width: int) -> list[Line]:
    """The decision: where it goes and why, every rule that was asked, and which token would pay."""
    targets = [each for each in answer.get("targets") or [] if isinstance(each, dict)]
    route = " → ".join(f"{each['provider']}/{each['model']}" for each in targets)
    facts = [("goes to", route, "strong"), ("because", str(answer.get("because", "")), "")]
    if tier := answer.get("tier"):
        facts.append(("tier", str(tier), ""))
    if tokens := answer.get("estimated_input_tokens"):
        facts.append(("input", f"about {count(tokens)} tokens", ""))
    facts.append(("then", sanitizer.sentence(str(answer.get("says", ""))), ""))
    lines: list[Line] = []
    for name, text, style in facts:
        lines += _labelled(Piece(f"{name:<10}", "dim"), text, style, width)
    lines.append([Piece("")])
    tried = [(str(each.get("rule", "")), str(each.get("said", ""))) for each in answer.get("decision") or []]
    for place, (rule, said) in enumerate(tried):
        decided = place == len(tried) - 1
        mark = "▸ " if decided else "  "
        label = Piece(mark + fitted(rule, 17), "good" if decided else "dim")
        lines += _labelled(label, said, "" if decided else "dim", width)
    for target in targets:
        lines += _target_lines(target, sanitizer)
    return lines


def _labelled(label: Piece, text: str, style: str, width: int) -> list[Line]:
    """The text behind its label; what does not fit goes on below itself."""
    indent = len(label.text)
    first, *rest = wrapped(text, width - indent)
    return [[label, Piece(first, style)], *([Piece(" " * indent), Piece(line, style)] for line in rest)]


def _target_lines(target: Mapping[str, Any], sanitizer: Sanitizer) -> list[Line]:
    cost = target.get("expected_nano_usd")
    said = [str(target.get("strategy", ""))]
    if cost is not None:
        how = ", by subscription" if target.get("billing") == "subscription" else ""
        said.append(f"about {usd_text(cost)}{how}")
    lines: list[Line] = [
        [Piece("")],
        [Piece(f"{target['provider']}/{target['model']}", "strong"), Piece(f"  {' · '.join(said)}", "dim")],
    ]
    if why := target.get("denied") or target.get("host_rests"):
        lines.append([Piece(f"  {why}", "warn")])
    for token in target.get("tokens") or []:
        taken = bool(token.get("taken"))
        name = fitted(sanitizer.name(str(token["name"])), 24)
        because = sanitizer.sentence(str(token.get("because", "")))
        lines.append(
            [Piece("▸ " if taken else "  ", "good"), Piece(name, "" if taken else "dim"), Piece(because, "dim")]
        )
    if not target.get("tokens"):
        lines.append([Piece("  no token", "bad")])
    for transformer in target.get("transformers") or []:
        lines.append(
            [Piece(f"  {fitted(str(transformer['name']), 24)}", "hint"), Piece(str(transformer["does"]), "dim")]
        )
    return lines
