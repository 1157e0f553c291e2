"""Colours for terminals that have few."""

import pytest
from rich.color import Color, ColorSystem
from rich.style import Style

from tui.themes import palettes

NAMES = ("success", "warning", "error", "foreground")


@pytest.mark.parametrize("place", [0, 1], ids=["dark", "light"])
@pytest.mark.parametrize("system", [ColorSystem.STANDARD, ColorSystem.EIGHT_BIT, ColorSystem.TRUECOLOR], ids=str)
def test_good_warn_bad_and_ordinary_text_are_told_apart(system: ColorSystem, place: int) -> None:
    theme = palettes(system.name.lower())[place]
    colours = [Color.parse(str(getattr(theme, name))).downgrade(system) for name in NAMES]
    assert len({str(Style(color=colour)._make_ansi_codes(system)) for colour in colours}) == len(NAMES)
    cursor, background = (
        Color.parse(colour).downgrade(system) for colour in (theme.variables["cursor"], str(theme.background))
    )
    assert cursor != background
