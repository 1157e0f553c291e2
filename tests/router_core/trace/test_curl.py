"""A traced request as a command: what a shell makes of it is what was asked, and no secret stands in it."""

import json
import os
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from router_core.trace.curl import curl_command

ROW = {
    "method": "POST",
    "path": "/v1/messages?beta=true",
    "format": "anthropic",
    "upstream_format": "",
    "streamed": 1,
    "client_key": "",
}
ATTEMPTS = [
    {
        "request_headers": [
            ["Anthropic-Version", "2023-06-01"],
            ["anthropic-beta", "claude-code-20250219,oauth-2025-04-20"],
            ["authorization", "[redacted]"],
        ]
    }
]


def body(content: bytes, **changed: Any) -> dict[str, Any]:
    return {"kind": "request", "content": content, "size": len(content), "truncated": 0, **changed}


def command(kept: dict[str, Any] | None, token_file: str, **row: Any) -> str:
    return curl_command(
        {**ROW, **row}, ATTEMPTS, kept, base_url="http://127.0.0.1:8100", token_file=token_file,
        show_body="mitmrouter trace show r1 --body request",
    )  # fmt: skip


@pytest.fixture
def shell(tmp_path: Path) -> Any:
    """Runs a command with programs `curl` and `mitmrouter` that tell how they were called."""
    for name in ("curl", "mitmrouter"):
        file = tmp_path / name
        file.write_text(
            "#!/usr/bin/env python3\nimport json, sys\n"
            + (
                "print(json.dumps([sys.argv[1:], sys.stdin.read()]))"
                if name == "curl"
                else "print('asked ' + ' '.join(sys.argv[1:]), end='')"
            )
        )
        file.chmod(0o700)

    def run(text: str) -> tuple[list[str], str]:
        environment = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path)}
        done = subprocess.run(
            ["sh", "-c", text], env=environment, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL
        )
        arguments, read = json.loads(done.stdout)
        return arguments, read

    return run


@pytest.mark.parametrize(
    "content",
    [
        b'{"model":"x","messages":[{"role":"user","content":"it\'s $HOME `id` \\\\ \\"q\\""}]}',
        '{"t":"ü模 and MITMROUTER_BODY"}'.encode(),
        b'{\n  "a": 1\n}\n',
    ],
    ids=["what a shell would take for its own", "the end mark", "lines"],
)
def test_a_shell_asks_the_same_again(content: bytes, shell: Any, tmp_path: Path) -> None:
    secret = tmp_path / "my gateway.token"
    secret.write_text("sesame\n")
    text = command(body(content), str(secret))
    assert "sesame" not in text
    arguments, read = shell(text)
    assert arguments[:4] == ["-sSN", "-X", "POST", "http://127.0.0.1:8100/v1/messages?beta=true"]
    assert "Authorization: Bearer sesame" in arguments
    assert "anthropic-version: 2023-06-01" in arguments
    assert "anthropic-beta: claude-code-20250219" in arguments
    assert read.rstrip("\n") == content.decode().rstrip("\n")


def test_home_is_found_by_the_shell(shell: Any, tmp_path: Path) -> None:
    (tmp_path / ".mitmrouter").mkdir()
    (tmp_path / ".mitmrouter" / "gateway.token").write_text("sesame")
    arguments, _ = shell(command(body(b"{}"), "~/.mitmrouter/gateway.token"))
    assert "Authorization: Bearer sesame" in arguments


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (body(b"{" + b" " * 200_000 + b"}"), ""),
        (body(b'{"a": 1', truncated=1, size=9000), "# Of its body only the first 7 of 9,000 bytes were kept."),
        (body(b"\xff\xfe"), ""),
        (body(b'"\x1b[2J"'), ""),
    ],
    ids=["long", "cut", "no text", "acts on a terminal"],
)
def test_a_body_that_cannot_stand_there_is_piped_in(
    kept: dict[str, Any], said: str, shell: Any, tmp_path: Path
) -> None:
    text = command(kept, "~/x")
    assert text.startswith(said)
    assert len(text) < 1000
    (tmp_path / "x").write_text("sesame")
    _, read = shell(text)
    assert read == "asked trace show r1 --body request"


def test_what_is_missing_is_said_and_the_command_is_still_one(shell: Any, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("sesame")
    text = command(None, "~/x", client_key="laptop")
    assert "# It was asked with a client key of its own" in text
    assert "# Its body was not kept" in text
    arguments, read = shell(text)
    assert arguments[3].endswith("/v1/messages?beta=true")
    assert read == ""
    assert "[redacted] " not in text


def test_what_was_taken_out_of_the_body_is_said() -> None:
    assert "[redacted].\n" in command(body(b'{"t":"[redacted]"}'), "~/x")


def test_a_turn_on_a_websocket_is_asked_by_post(shell: Any, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("sesame")
    arguments, read = shell(command(body(b"{}"), "~/x", method="GET", path="/v1/responses", format="openai-responses"))
    assert arguments[2] == "POST"
    assert read == "{}\n"
    assert not any(argument.startswith("anthropic-") for argument in arguments)


def test_a_listing_has_no_body(shell: Any, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("sesame")
    text = command(None, "~/x", method="GET", path="/v1/models", format="openai-chat", streamed=0)
    assert not text.startswith("#")
    assert shell(text)[0] == [
        "-sS",
        "-X",
        "GET",
        "http://127.0.0.1:8100/v1/models",
        "-H",
        "Authorization: Bearer sesame",
    ]


def test_it_is_one_command_for_a_shell() -> None:
    text = command(body(b"{}"), "~/x")
    assert shlex.split(text.split("<<")[0].replace("\\\n", ""))[0] == "curl"


def test_a_stream_of_gemini_is_asked_for_as_one() -> None:
    path = "/v1beta/models/pro:streamGenerateContent"
    assert f"'http://127.0.0.1:8100{path}?alt=sse'" in command(body(b"{}"), "~/x", path=path, format="gemini")
