"""A transformer of the owner's own: loaded, applied, and clear about what is wrong with it."""

import os
from pathlib import Path
from typing import Any

import orjson
import pytest

from router_core.answer import Answer
from router_core.asked_for import AskedFor
from router_core.config.load import load_config
from router_core.config.schema import Config
from router_core.errors import ConfigError, TransformFailed, WireError
from router_core.outgoing import Outgoing, put
from router_core.outgoing_count import put_count
from router_core.routing.entrance import Entrance, Operation
from router_core.routing.target import RouteTarget
from router_core.transform.custom import custom_files, load_custom
from router_core.wire.codec import Answering, CountedMinting

BODY = {"model": "m", "messages": [{"role": "user", "content": "Hello."}], "temperature": 1}
STREAM = (
    b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":'
    b'{"role":"assistant","content":"Hi "}}]}\n\n'
    b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":'
    b'{"content":"there"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
)
HEAD = "from msgspec.structs import replace\nfrom router_core.wire.events import BlockStop, Delta\n"


def configured(tmp_path: Path, code: str, *, options: str = "{}", kind: str = "openai-chat") -> Config:
    (tmp_path / "mine.py").write_text(code)
    file = tmp_path / "config.toml"
    file.write_text(
        '[transformers]\nmine = "mine.py:Mine"\n'
        f'[providers.p]\nkind = "{kind}"\nbase_url = "https://p.example/v1"\ntransformers = [["mine", {options}]]\n'
    )
    return load_config(file, env={})


def asked(operation: Operation = "generate", **changes: Any) -> AskedFor:
    return AskedFor(Entrance("openai-chat", operation), orjson.dumps({**BODY, **changes}), {}, "", "s-1")


def sent(config: Config, request: AskedFor | None = None) -> Outgoing:
    return put(request or asked(), RouteTarget("p", "m"), config.providers["p"])


def streamed(outgoing: Outgoing, request: AskedFor) -> bytes:
    answering = Answering(request.neutral, "m", CountedMinting())
    answer = Answer(outgoing, request.entrance, answering, is_sse=True)
    return answer.feed(STREAM) + answer.close()


def test_it_changes_the_body_in_place_with_its_options_and_what_it_knows(tmp_path: Path) -> None:
    config = configured(
        tmp_path,
        "class Mine:\n"
        "    def __init__(self, by, twice=False):\n        self.by, self.twice = by, twice\n"
        "    def request(self, body, context):\n"
        "        body['user'] = f'{self.by} {context.model} {context.format} {context.session} {self.twice}'\n"
        "        body['messages'].append({'role': 'user', 'content': 'More.'})\n",
        options='{ by = "me" }',
    )
    outgoing = sent(config)
    body = orjson.loads(outgoing.body)
    assert body["user"] == "me m openai-chat s-1 False"
    assert body["messages"][1:] == [{"role": "user", "content": "More."}]
    assert [tuple(edit) for edit in outgoing.edits] == [("messages[1]", "mine"), ("user", "mine")]
    assert outgoing.treatment == "pass"
    assert custom_files(config) == (tmp_path / "mine.py",)


def test_it_may_give_another_body_back_and_other_bytes_stay(tmp_path: Path) -> None:
    config = configured(
        tmp_path,
        "class Mine:\n    def request(self, body, context):\n"
        "        return {k: v for k, v in body.items() if k != 'temperature'}\n",
    )
    written = b'{"messages" : [ {"role":"user" , "content":"\\u0041"} ],"temperature":1,"model":"m"}'
    outgoing = sent(config, AskedFor(Entrance("openai-chat", "generate"), written, {}, "", ""))
    assert outgoing.body == b'{"messages":[ {"role":"user" , "content":"\\u0041"} ],"model":"m"}'


def test_one_that_changes_nothing_says_so(tmp_path: Path) -> None:
    outgoing = sent(configured(tmp_path, "class Mine:\n    def request(self, body, context):\n        return body\n"))
    assert (outgoing.body, outgoing.edits) == (orjson.dumps(BODY), ())
    assert [edit.rule for edit in outgoing.notes] == ["mine: it changed nothing"]


def test_it_changes_the_answer_event_by_event_with_an_object_for_each(tmp_path: Path) -> None:
    config = configured(
        tmp_path,
        HEAD + "class Mine:\n"
        "    def __init__(self):\n        self.seen = 0\n"
        "    def answer(self, event, context):\n"
        "        if isinstance(event, Delta):\n"
        "            self.seen += 1\n"
        "            return replace(event, text=event.text.upper())\n"
        "        if isinstance(event, BlockStop):\n"
        "            return [Delta(f' {self.seen}'), event]\n"
        "        return event\n",
    )
    request = asked(stream=True)
    outgoing = sent(config, request)
    assert outgoing.treatment == "translate"
    for _ in range(2):
        out = streamed(outgoing, request)
        assert b'"HI "' in out
        assert b'"THERE"' in out
        assert b'" 2"' in out


def test_what_it_drops_is_gone(tmp_path: Path) -> None:
    code = HEAD + (
        "class Mine:\n    def answer(self, event, context):\n"
        "        return None if isinstance(event, Delta) else event\n"
    )
    request = asked(stream=True)
    assert b"there" not in streamed(sent(configured(tmp_path, code), request), request)


def test_a_failing_request_is_not_sent(tmp_path: Path) -> None:
    config = configured(tmp_path, "class Mine:\n    def request(self, body, context):\n        return body['nope']\n")
    with pytest.raises(TransformFailed) as caught:
        sent(config)
    assert caught.value.status == 400
    assert "'mine'" in caught.value.message
    assert "mine.py:3: KeyError: 'nope'" in caught.value.message


@pytest.mark.parametrize(
    ("returned", "says"), [("5", "gave no body back, but a int"), ("{'x': object()}", "cannot be sent as JSON")]
)
def test_what_is_no_body_is_not_sent(tmp_path: Path, returned: str, says: str) -> None:
    code = f"class Mine:\n    def request(self, body, context):\n        return {returned}\n"
    with pytest.raises(TransformFailed, match=says):
        sent(configured(tmp_path, code))


@pytest.mark.parametrize("wrong", ["raise ValueError('no')", "return 5", "return [5]"])
def test_a_failing_answer_ends_in_an_error_of_the_clients_format(tmp_path: Path, wrong: str) -> None:
    code = HEAD + (
        "class Mine:\n    def answer(self, event, context):\n"
        f"        if isinstance(event, Delta):\n            {wrong}\n        return event\n"
    )
    request = asked(stream=True)
    out = streamed(sent(configured(tmp_path, code), request), request)
    assert b'"error"' in out
    assert b"The transformer 'mine' failed" in out
    assert b"there" not in out


def test_it_sees_other_operations_only_when_it_says_so(tmp_path: Path) -> None:
    code = (
        "class Mine:\n    OPERATIONS\n"
        "    def request(self, body, context):\n        body['input'] = context.operation\n"
    )
    request = AskedFor(Entrance("openai-responses", "count"), b'{"model":"m","input":"Hello."}', {}, "", "")
    for operations, found in (("pass", "Hello."), ("operations = ('count',)", "count")):
        config = configured(tmp_path / operations[:4], code.replace("OPERATIONS", operations), kind="openai")
        outgoing = put_count(request, RouteTarget("p", "m"), config.providers["p"])
        assert outgoing is not None
        assert orjson.loads(outgoing.body)["input"] == found


@pytest.fixture(autouse=True)
def folders(tmp_path: Path) -> None:
    for name in ("pass", "oper"):
        (tmp_path / name).mkdir()


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("class Mine:\n    def request(self, body context):\n        pass\n", "mine.py:2: SyntaxError"),
        ("import nothing_of_this_name\n", "mine.py:1: ModuleNotFoundError"),
        ("class Other:\n    pass\n", "mine.py has no 'Mine'"),
        ("Mine = 5\n", "is no class"),
        ("class Mine:\n    pass\n", "has neither a method request nor a method answer"),
        ("class Mine:\n    async def request(self, body, context):\n        pass\n", "async"),
        ("class Mine:\n    operations = ('all',)\n    def request(self, body, context):\n        pass\n", "operations"),
        ("class Mine:\n    def __init__(self, a):\n        pass\n    def request(self, b, c):\n        pass\n", "'a'"),
    ],
)
def test_one_that_cannot_be_loaded_is_an_error_of_the_configuration(tmp_path: Path, code: str, says: str) -> None:
    config = configured(tmp_path, code)
    with pytest.raises(ConfigError) as caught:
        load_custom(config)
    assert says in caught.value.message
    assert "mine" in caught.value.message


def test_a_missing_file_is_an_error_of_the_configuration(tmp_path: Path) -> None:
    config = configured(tmp_path, "")
    (tmp_path / "mine.py").unlink()
    with pytest.raises(ConfigError, match=r"mine\.py: cannot be read"):
        load_custom(config)


def test_it_is_loaded_anew_when_it_changes_and_kept_when_it_cannot_be(tmp_path: Path) -> None:
    code = "class Mine:\n    def request(self, body, context):\n        body['user'] = 'one'\n"
    config = configured(tmp_path, code)
    load_custom(config)
    assert orjson.loads(sent(config).body)["user"] == "one"
    file = tmp_path / "mine.py"
    file.write_text(code.replace("'one'", "'two'"))
    os.utime(file, ns=(1, 1))
    load_custom(config)
    assert orjson.loads(sent(config).body)["user"] == "two"
    file.write_text("class Mine(:\n")
    with pytest.raises(ConfigError):
        load_custom(config)
    assert orjson.loads(sent(config).body)["user"] == "two"
    file.write_text(
        "class Mine:\n    def __init__(self, needed):\n        pass\n    def request(self, a, b):\n        pass\n"
    )
    with pytest.raises(ConfigError, match="needed"):
        load_custom(config)
    assert orjson.loads(sent(config).body)["user"] == "two"


def test_one_that_was_never_loaded_and_cannot_be_refuses_requests_in_a_way_that_clients_do_not_repeat(
    tmp_path: Path,
) -> None:
    config = configured(tmp_path, "class Mine(:\n")
    with pytest.raises(TransformFailed, match="SyntaxError") as caught:
        sent(config)
    assert caught.value.status == 400


def test_a_body_that_is_nested_too_deeply_to_be_copied_is_the_clients_fault(tmp_path: Path) -> None:
    config = configured(tmp_path, "class Mine:\n    def request(self, body, context):\n        pass\n")
    deep = b'{"a":' * 600 + b"1" + b"}" * 600
    request = AskedFor(Entrance("openai-chat", "generate"), b'{"model":"m","x":' + deep + b"}", {}, "", "")
    with pytest.raises(WireError, match="nested too deeply") as caught:
        sent(config, request)
    assert caught.value.status == 400
