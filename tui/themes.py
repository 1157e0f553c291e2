"""The palettes: few colours, each with one meaning (good, warn, bad, busy, hint), for dark, light and 16 colours."""

from textual.theme import Theme


def _series(*colours: str) -> dict[str, str]:
    """For charts: neighbours are told apart; none of them means anything."""
    return {f"series-{place}": colour for place, colour in enumerate(colours, 1)}


DARK = Theme(
    name="router-dark",
    dark=True,
    primary="#7aa2f7",
    secondary="#9aa5ce",
    accent="#7aa2f7",
    success="#9ece6a",
    warning="#e0af68",
    error="#f7768e",
    foreground="#c8d0e8",
    background="#15171f",
    surface="#15171f",
    panel="#1f2330",
    variables={
        **{"dim": "#79829f", "busy": "#7dcfff", "cursor": "#2b3350", "idle": "#20253a", "line": "#353c55"},
        **_series("#7aa2f7", "#73daca", "#bb9af7", "#e0af68", "#f7a8b8", "#9ece6a"),
    },
)
LIGHT = Theme(
    name="router-light",
    dark=False,
    primary="#2e5aac",
    secondary="#5a6172",
    accent="#2e5aac",
    success="#3b7d23",
    warning="#8f5e15",
    error="#b3243f",
    foreground="#24283b",
    background="#fafaf7",
    surface="#fafaf7",
    panel="#ecece6",
    variables={
        **{"dim": "#6b7084", "busy": "#0f6f94", "cursor": "#d5def2", "idle": "#e9ecf3", "line": "#c9ccd6"},
        **_series("#2e5aac", "#1d7f74", "#7b4fc9", "#a86a10", "#b8507a", "#4b7d23"),
    },
)
DARK_16 = Theme(
    name="router-dark-16",
    dark=True,
    primary="#55ffff",
    secondary="#aaaaaa",
    accent="#55ffff",
    success="#55ff55",
    warning="#ffff55",
    error="#ff5555",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#000000",
    variables={
        **{"dim": "#aaaaaa", "busy": "#00aaaa", "cursor": "#0000aa", "idle": "#000000", "line": "#555555"},
        **_series("#5555ff", "#00aaaa", "#ff55ff", "#ffff55", "#ff5555", "#55ff55"),
    },
)
LIGHT_16 = Theme(
    name="router-light-16",
    dark=False,
    primary="#0000aa",
    secondary="#555555",
    accent="#0000aa",
    success="#00aa00",
    warning="#aa5500",
    error="#aa0000",
    foreground="#000000",
    background="#ffffff",
    surface="#ffffff",
    panel="#ffffff",
    variables={
        **{"dim": "#555555", "busy": "#00aaaa", "cursor": "#aaaaaa", "idle": "#ffffff", "line": "#aaaaaa"},
        **_series("#0000aa", "#00aaaa", "#aa00aa", "#aa5500", "#aa0000", "#00aa00"),
    },
)


def palettes(color_system: str | None) -> tuple[Theme, Theme]:
    """(dark, light) for a terminal; one of 16 colours gets just those, where all pastels would become one white.

    Args:
        color_system: Rich's word: `standard` is 16 colours, None is none.
    """
    return (DARK_16, LIGHT_16) if color_system in ("standard", "windows") else (DARK, LIGHT)
