"""The figures as tables for a person."""

from typing import Any

from router_core.routing.auto.tier import TIERS

NAMES = {
    "tuning": "two thirds that the weights are fitted on",
    "held_out": "held-out third",
    "fresh": "written when words and weights were final",
}


def tables(told: dict[str, Any]) -> str:
    """Everything of evaluate_auto.py."""
    lines = []
    for name, part in told["sets"].items():
        lines += [
            f"{name.replace('_', '-')}: {NAMES[name]}, {part['prompts']} prompts",
            f"  right tier {part['exact']:.1%}, within one tier {part['within_one']:.1%}",
            "",
            "  label \\ came out " + "".join(f"{tier:>11}" for tier in TIERS),
        ]
        lines += [
            f"  {label:<17}" + "".join(f"{part['confusion'][label][tier]:>11}" for tier in TIERS) for label in TIERS
        ]
        lines += ["", "  language  prompts   right  within one"]
        lines += [
            f"  {language:<9} {row['prompts']:>6}  {row['exact']:>6.1%}  {row['within_one']:>9.1%}"
            for language, row in part["languages"].items()
        ]
        lines += ["", "  confidence   prompts    said   right"]
        lines += [
            f"  {row['from']:.2f} – {row['to']:.2f} {row['prompts']:>8}  {row['said']:>6.1%}  {row['right']:>6.1%}"
            for row in part["calibration"]
        ]
        lines += [f"  mean distance {part['calibration_error']:.1%}", ""]
        usd, weak = part["costs"]["usd"], part["costs"]["too_weak"]
        lines += [
            f"  cost in USD   auto {usd['auto']:.2f}, with every label right {usd['by_label']:.2f}",
            f"                always {part['costs']['strongest']} {usd['always_strongest']:.2f}"
            f" (auto saves {part['costs']['saved_against_strongest']:.0%})",
            f"                always {part['costs']['cheapest']} {usd['always_cheapest']:.2f}"
            f" (too weak for {weak['always_cheapest']:.0%}; auto: {weak['auto']:.0%})",
            "",
        ]
    if "cross_validated" in told:
        lines.append(f"fitted anew: {told['cross_validated']:.1%} right in five-fold cross-validation")
    return "\n".join(lines)
