"""The first page: what goes on, what it costs, what is wrong, how the tokens are doing."""

from tui.screens.overview.page import OverviewPage

__all__ = ("OverviewPage",)
