"""`simulate`: the simulated providers alone, for a router or a client under test."""

import re
import signal
from pathlib import Path

import httpx

from tests.router_core.cli.conftest import Cli


def test_script_is_followed_and_the_printed_address_answers(cli: Cli, tmp_path: Path) -> None:
    script = tmp_path / "faults.toml"
    script.write_text('[[faults]]\nfault = "overloaded_529"\n')
    with cli.start("simulate", "--script", str(script)) as process:
        assert process.stdout is not None
        text = ""
        while "simulator: " not in text:
            text += process.stdout.readline()
        url = re.search(r"MITMROUTER__PROVIDERS__CLAUDE__BASE_URL=(\S+)", text)
        assert url
        assert f"MITMROUTER__OAUTH__CODEX__BASE_URL={url[1]}\n" in text
        answer = httpx.post(
            f"{url[1]}/v1/messages",
            json={"model": "claude-haiku-4-5", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}]},
            headers={"x-api-key": "sk-ant-api03-" + "x" * 40, "anthropic-version": "2023-06-01"},
            trust_env=False,
        )
        assert answer.status_code == 529
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 0


def test_wrong_script_is_one_line(cli: Cli, tmp_path: Path) -> None:
    script = tmp_path / "wrong.toml"
    script.write_text('[[faults]]\nfault = "explodes"\n')
    done = cli("simulate", "--script", str(script))
    assert done.exit_code == 1
    assert done.stderr.startswith(f"Error: {script}: faults.0.fault:")
    assert done.stderr.count("\n") == 1
