"""Other routers' addresses, and what leads where."""

import pytest

from router_core.elsewhere import elsewhere


@pytest.mark.parametrize(
    ("path", "ours"),
    [
        ("/api/logs", "/api/traces"),
        ("/api/logs/17", "/api/traces"),
        ("/debug/routing-trace/stream", "/api/events"),
        ("/debug/routing-trace", "/api/traces"),
        ("/admin/stats/usage", "/api/stats"),
    ],
)
def test_an_address_of_another_router_leads_to_ours(path: str, ours: str) -> None:
    assert f"but {ours}." in elsewhere(path)


@pytest.mark.parametrize("path", ["/api/logsome", "/api/traces", "/claude/v1/messages", "/"])
def test_of_other_paths_nothing_is_said(path: str) -> None:
    assert elsewhere(path) == ""
