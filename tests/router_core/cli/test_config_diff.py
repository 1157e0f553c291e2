"""A change of config.toml is shown with what stands around it, and without any secret."""

from router_core.cli.config_diff import diff_lines

BEFORE = """\
[providers.x]
api_key = "canary-key"
headers = { x-api-key = "canary-header", x-note = "shown" }
transformers = [["customparams", { password = "canary-option" }]]
order = 1
"""


def test_what_changes_is_shown_with_its_surroundings_secrets_masked() -> None:
    lines = list(diff_lines(BEFORE, BEFORE.replace("order = 1", "order = 2"), ["canary-key"]))
    assert "-order = 1" in lines
    assert "+order = 2" in lines
    text = "\n".join(lines)
    assert "shown" in text
    assert "canary" not in text


def test_no_change_is_no_line() -> None:
    assert list(diff_lines(BEFORE, BEFORE)) == []
