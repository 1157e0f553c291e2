import pytest

from router_core.oauth.http import HttpAnswer
from router_core.oauth.journal import Entry
from router_core.oauth.want import Renewed


def test_an_answer_comes_back_as_it_was() -> None:
    entry = Entry("chain", HttpAnswer(200, {"content-type": "application/json"}, b'{"a":"\xff"}'), 1_800_000_000.25)
    assert Entry.read(entry.text()) == entry


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"chain":"c","status":"x","headers":{},"body":"","at":1}'])
def test_what_is_no_answer_is_none(text: str) -> None:
    assert Entry.read(text) is None


def test_what_a_worker_says_is_understood_or_nothing() -> None:
    done = Renewed("renewed", "renewed by platform.claude.com", 3, 1.5)
    assert Renewed.read(done.line()) == done
    for line in (b"", b"Traceback", b"[]", b'{"state":"renewed","more":1}'):
        assert Renewed.read(line) is None
