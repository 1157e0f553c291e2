"""The two palettes: few colours, each with one meaning (good, warn, bad, busy, hint), readable on dark and on light."""

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
