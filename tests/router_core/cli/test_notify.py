"""`notify test`: whether it would reach its owner."""

import json

import pytest

from tests.router_core.cli.conftest import Cli
from tests.support.webhook import listening


@pytest.fixture(autouse=True)
def nobody_sees_it(cli: Cli) -> None:
    """No test speaks on the desktop of whoever runs it."""
    cli.home.ensure()
    cli.home.config.write_text("[notify]\ndesktop = false\n")


def test_each_way_says_whether_it_arrived(cli: Cli) -> None:
    with listening() as hook:
        cli.home.config.write_text(
            f'[notify]\ndesktop = false\ncommand = ["/nowhere/x"]\nwebhook = "{hook.url}/T0/key"\n'
        )
        said = cli("notify", "test")
        assert said.exit_code == 1
        assert "✗ command: /nowhere/x cannot be started" in said.output
        assert "✓ webhook" in said.output
        told = json.loads(cli("notify", "test", "--json").output)
        assert (told["ok"], [each["way"] for each in told["ways"]]) == (False, ["command", "webhook"])
        assert [json.loads(body)["event"] for body in hook.bodies] == ["test", "test"]
        assert "T0/key" not in said.output


def test_nothing_to_tell_with_is_an_error_that_says_what_helps(cli: Cli) -> None:
    said = cli("notify", "test")
    assert (said.exit_code, "command or webhook" in said.output) == (1, True)
