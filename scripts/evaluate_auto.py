"""Place our labelled prompts, and tell how well that went; or fit the weights anew."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(1, str(Path(__file__).resolve().parents[1]))  # the checkout, also where it is not installed

from evaluate_parts.fit import PENALTY, Row, cross_validated, fit, sharpness_of
from evaluate_parts.forget import forgetful
from evaluate_parts.measure import (
    Placed,
    calibration,
    confusion,
    costs,
    expected_error,
    per_language,
    place_all,
    shares,
)
from evaluate_parts.prompts import Labelled, read_prompts
from evaluate_parts.report import tables
from evaluate_parts.write_weights import write_weights

from router_core.routing.auto.classify import weighing
from router_core.routing.auto.signals import signals_of
from router_core.routing.auto.tier import TIERS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--errors", action="store_true", help="show the misplaced prompts that weights are fitted on")
    parser.add_argument(
        "--fit", action="store_true", help="fit the weights on the tuning prompts and write weights.toml"
    )
    asked = parser.parse_args()
    prompts = read_prompts()
    told: dict[str, Any] = {}
    if asked.fit:
        told["cross_validated"] = fit_weights([each for each in prompts if each.set == "tuning"])
    told["sets"] = {}
    for name in ("tuning", "held_out", "fresh"):
        placed = place_all(each for each in prompts if each.set == name)
        told["sets"][name] = figures(placed)
        if asked.errors and name == "tuning":
            told["errors"] = [error(each) for each in placed if not each.right]
    if asked.json:
        print(json.dumps(told, ensure_ascii=False, indent=2))
        return
    print(tables(told))
    for wrong in told.get("errors", ()):
        print(f"{wrong['id']} is {wrong['label']}, came out {wrong['tier']} ({wrong['because']})\n  {wrong['text']}")


def figures(placed: list[Placed]) -> dict[str, Any]:
    """Everything about one set of prompts."""
    reliability = calibration(placed)
    return {
        **shares(placed),
        "confusion": confusion(placed),
        "languages": per_language(placed),
        "calibration": reliability,
        "calibration_error": expected_error(reliability),
        "costs": costs(placed),
    }


def error(placed: Placed) -> dict[str, str]:
    return {
        "id": placed.labelled.id,
        "label": placed.labelled.tier,
        "tier": placed.classified.tier,
        "because": placed.classified.because,
        "text": placed.labelled.prompt.user_text[-200:],
    }


def fit_weights(tuning: list[Labelled]) -> float:
    """Write weights.toml; the share of right tiers in cross-validation."""
    seen = [signals_of(each.prompt) for each in tuning]
    groups: list[list[Row]] = [
        [(values, each.tier) for values in (signals.values, *forgetful(signals, each.id))]
        for signals, each in zip(seen, tuning, strict=True)
    ]
    validated = cross_validated(groups)
    # Also on those with forgotten words: other people's prompts are placed with less to go by than ours.
    sharpness = sharpness_of([(fitted, row) for fitted, group in validated for row in group])
    right = 0
    for fitted, ((values, label), *_) in validated:
        chances = fitted.chances(values, sharpness)
        right += max(TIERS, key=lambda tier: chances[tier]) == label
    write_weights(fit([row for group in groups for row in group]), sharpness, prompts=len(tuning), penalty=PENALTY)
    weighing.cache_clear()
    return right / len(tuning)


if __name__ == "__main__":
    main()
