"""The agent is a property list that says what is to be run, and when again."""

import plistlib
from pathlib import Path

from router_core.service.launchd import LABEL, agent_path, agent_text, commands


def test_the_agent_says_what_and_when() -> None:
    command = ["/opt/mit & router/bin/mitmrouter", "--home", "/Users/me/<home>", "start", "--foreground"]
    told = plistlib.loads(agent_text(command, Path("/Users/me/logs/service.log")).encode())
    assert told["ProgramArguments"] == command
    assert told["KeepAlive"] == {"SuccessfulExit": False}
    assert told["Umask"] == 0o077
    assert told["Label"] == LABEL == agent_path(Path("/Users/me")).stem


def test_it_is_taken_over_and_let_go_by_the_user_who_is_logged_in() -> None:
    path = agent_path(Path("/Users/me"))
    assert commands(path, 501, on=True) == [["launchctl", "bootstrap", "gui/501", str(path)]]
    assert commands(path, 501, on=False) == [["launchctl", "bootout", f"gui/501/{LABEL}"]]
