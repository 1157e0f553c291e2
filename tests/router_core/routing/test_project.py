"""Which directory a client works in, read out of the bytes of its request."""

import json

import pytest

from router_core.routing.project import HEADER, MOST_CHARS, project_of

FILLER = "def find(self): return self.directory  # working directory: not this one\n"


def claude(*texts: str, ascii_only: bool = True) -> bytes:
    turns = [{"role": "user", "content": text} for text in texts]
    return json.dumps({"model": "m", "messages": turns}, ensure_ascii=ascii_only).encode()


@pytest.mark.parametrize("before", ["", FILLER, FILLER * 3000], ids=["at once", "early", "behind 200 KB"])
@pytest.mark.parametrize("letter", ["e", "é"], ids=["ascii", "other letters"])
@pytest.mark.parametrize(
    ("client", "written"),
    [
        ("claude-code", "# Environment\n - Primary working directory: {}\n - Platform: linux"),
        ("claude-code", "<env>\nWorking directory: {}\nIs directory a git repo: Yes"),
        ("claude-code", "here:\n - Working directory: {}"),
        ("codex", "<environment_context>\n  <cwd>{}</cwd>\n</environment_context>"),
        ("GeminiCLI", "I'm currently working in the directory: {}\nHere is its folder structure:"),
    ],
    ids=["Claude Code 2.1", "older", "older still", "Codex", "Gemini CLI"],
)
def test_the_directory_is_found_where_the_client_writes_it(client: str, written: str, letter: str, before: str) -> None:
    body = claude(before.replace("e", letter), written.format("/home/anna/project \\x"), ascii_only=False)
    assert project_of(client, {}, body) == "/home/anna/project \\x"


@pytest.mark.parametrize("place", range(64 * 1024 - 60, 64 * 1024 + 5))
def test_words_that_lie_across_two_pieces_are_found(place: int) -> None:
    body = b"x" * place + rb"\n - Primary working directory: /p" + b"\\n" + b"y" * 100
    assert project_of("claude-code", {}, body) == "/p"


def test_what_only_looks_like_it_is_passed_over() -> None:
    body = claude("a working directory: /no\n", "<environment_context>none", "\nWorking directory: /yes\n")
    assert project_of("claude-code", {}, body) == "/yes"
    body = claude("<environment_context>none", "<environment_context><cwd>/yes</cwd>")
    assert project_of("codex", {}, body) == "/yes"
    assert project_of("claude-code", {}, claude("a working directory: /no\n")) == ""
    assert project_of("curl", {}, claude("\nWorking directory: /no\n")) == ""


def test_the_header_comes_first_and_is_cut() -> None:
    body = claude("\nWorking directory: /body\n")
    assert project_of("claude-code", {HEADER: " /header "}, body) == "/header"
    assert project_of("curl", {HEADER: "p" * 1000}, b"") == "p" * MOST_CHARS
