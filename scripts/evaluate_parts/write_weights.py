"""weights.toml, written."""

from pathlib import Path

from evaluate_parts.fit import Fitted
from router_core.routing.auto.signals import DIMENSIONS

PATH = Path(__file__).resolve().parents[2] / "router_core" / "routing" / "auto" / "weights.toml"


def write_weights(fitted: Fitted, sharpness: float, *, prompts: int, penalty: float, path: Path = PATH) -> None:
    """Rounded to hundredths: finer means nothing."""
    lines = [
        "# What the dimensions of a prompt weigh (signals.py says what each is). Written by `evaluate-auto --fit`:",
        f"# maximum likelihood on {prompts} labelled prompts with a penalty of {penalty} on the squares.",
        "#",
        "# `sharpness` multiplies both sums: it makes the chances of prompts that were not fitted likeliest (five-fold",
        "# cross-validation), so that a confidence of 0.8 is right about eight times in ten.",
        f"sharpness = {sharpness:.2f}",
        "",
        "[work]  # below one mark SIMPLE, above the other COMPLEX",
        f"simple_below = {fitted.simple_below:.2f}",
        f"complex_above = {fitted.complex_above:.2f}",
        "[work.weights]",
        *(f"{name} = {fitted.work[name] + 0.0:.2f}" for name in DIMENSIONS),
        "",
        "[reasoning]",
        f"bias = {fitted.bias:.2f}",
        "[reasoning.weights]",
        *(f"{name} = {fitted.reasoning[name] + 0.0:.2f}" for name in DIMENSIONS),
    ]
    path.write_text("\n".join(lines).replace("= -0.00", "= 0.00") + "\n", "utf-8")
