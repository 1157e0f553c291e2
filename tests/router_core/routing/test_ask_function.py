"""The owner's function gets the request, which is decoded only when it looks at it."""

import asyncio
from pathlib import Path

import orjson
import pytest

from router_core.asked_for import AskedFor
from router_core.config.schema import Config
from router_core.routing.ask_function import ask_function
from router_core.routing.custom import CustomAnswer, CustomRule
from router_core.routing.entrance import Entrance
from router_core.routing.facts import Facts


def asked_for(body: bytes) -> AskedFor:
    return AskedFor(Entrance("anthropic", "generate"), body, {}, "", "s-1")


BODY = orjson.dumps({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "explain"}]})


def ask(folder: Path, body: str, asked: AskedFor) -> CustomAnswer:
    (folder / "my.py").write_text(f"def place(request, context):\n    {body}\n")
    return asyncio.run(ask_function(CustomRule("my.py:place", folder, 5.0), Facts(asked), Config()))


@pytest.mark.parametrize(
    ("body", "decoded"),
    [
        ("return 'a/b' if context.input_tokens else None", False),
        ("return 'a/b' if request.messages[0].blocks[0].text == 'explain' else None", True),
        ("from router_core.wire.model import Request; return 'a/b' if isinstance(request, Request) else None", False),
        ("return 'a/b' if 'explain' in repr(request) else None", True),
    ],
    ids=["context", "request", "isinstance", "repr"],
)
def test_the_request_is_decoded_when_the_function_looks_at_it(body: str, decoded: bool, tmp_path: Path) -> None:
    asked = asked_for(BODY)
    assert ask(tmp_path, body, asked).because == "my.py:place says a/b"
    assert ("neutral" in asked.__dict__) == decoded


def test_a_request_that_cannot_be_decoded_fails_where_the_function_looks_at_it(tmp_path: Path) -> None:
    asked = asked_for(b'{"model": "m", "messages": 7}')
    assert ask(tmp_path, "return 'a/b'", asked).targets is not None
    answer = ask(tmp_path, "return request.messages and 'a/b'", asked)
    assert answer.targets is None
    assert "my.py:2: WireError" in answer.because


def test_a_body_that_is_none_is_not_asked_about(tmp_path: Path) -> None:
    answer = ask(tmp_path, "return 'a/b'", asked_for(b"[]"))
    assert answer.because == "not asked, since the body cannot be read: The body is not a JSON object."
