"""One request in detail: a tab for each question that people have about it."""

from tui.screens.detail.screen import DetailScreen

__all__ = ("DetailScreen",)
