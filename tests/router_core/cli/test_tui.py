"""`tui`: the terminal is handed over, where there is one."""

from tests.router_core.cli.conftest import Cli


def test_without_a_terminal_it_says_what_works_there(cli: Cli) -> None:
    done = cli("tui")
    assert done.exit_code == 1
    assert "needs a terminal" in done.stderr
    assert "portal" in done.stderr
