"""What the README says of the admin API: all addresses are there, its commands work, its metrics exist."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.addons.api.test_openapi import ENDPOINTS
from tests.support.lab import Lab

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
SECTION = README.partition("\n## Admin API\n")[2].partition("\n## ")[0]
SHELL = re.findall(r"```sh\n(.*?)```", SECTION, flags=re.S)[0]
COMMANDS = re.findall(r"^curl .*?(?<!\\)$", SHELL, flags=re.M | re.S)
ELSEWHERE = {"/health", "/status"}


@pytest.mark.parametrize("path", sorted({endpoint.path for endpoint in ENDPOINTS} - ELSEWHERE))
def test_every_address_is_in_the_readme(path: str) -> None:
    assert f"`{re.sub(r'{(.*?)}', lambda name: name[1].upper(), path)}`" in SECTION


def test_every_address_of_the_readme_exists() -> None:
    paths = {re.sub(r"{(.*?)}", lambda name: name[1].upper(), endpoint.path) for endpoint in ENDPOINTS}
    rows = [row.split("|")[1] for row in SECTION.splitlines() if row.startswith("| `/")]
    assert {path for row in rows for path in re.findall(r"`(.*?)`", row)} <= paths


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.split("8100")[1].split('"')[0].split(" ")[0])
def test_the_commands_of_the_readme_work(command: str, lab: Lab) -> None:
    lab.fresh("anthropic", tokens=("work",))
    lab.ask("anthropic")
    lab.rows(1)
    setting = SHELL.splitlines()[0]
    script = f"{setting}\n{command}".replace("~/.mitmrouter", str(lab.router.home.path))
    script = script.replace("127.0.0.1:8100", f"127.0.0.1:{lab.router.port}")
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=20, check=False)
    if "/api/events" in command:
        assert (done.returncode, done.stdout.startswith("retry: ")) == (28, True)  # its own time is up
        return
    assert done.returncode == 0, done.stderr
    assert "error" not in json.loads(done.stdout) or json.loads(done.stdout)["error"] == ""


def test_the_metrics_of_the_readme_exist(lab: Lab) -> None:
    lab.fresh("anthropic")
    lab.ask("anthropic")
    lab.rows(1)
    text = lab.http.get("/metrics", headers=lab.router.admin_headers).text
    told = {name.removesuffix("_total") for name in re.findall(r"^# TYPE (\w+)", text, flags=re.M)}
    written = {name.removesuffix("_total") for name in re.findall(r"`(mitmrouter_\w+)`", SECTION)}
    assert told == written
