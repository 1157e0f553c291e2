import json

import pytest

from router_core.vendors.json_edit import Json, Path, with_values

CLAUDE_STYLE = (
    '{"mcpOAuth":{"a|1":{"accessToken":"x\\u00e9","n":1e5}},"claudeAiOauth":{"accessToken":"old","expiresAt":17}}'
)
CODEX_STYLE = """{
  "OPENAI_API_KEY": null,
  "tokens": {
    "id_token": "a.b.c",
    "access_token": "old"
  },
  "last_refresh": "2026-01-01T00:00:00Z"
}
"""


@pytest.mark.parametrize(
    ("text", "changes", "expected"),
    [
        pytest.param(
            CLAUDE_STYLE,
            {("claudeAiOauth", "accessToken"): "new", ("claudeAiOauth", "expiresAt"): 1800000000000},
            CLAUDE_STYLE.replace('"old"', '"new"').replace("17}", "1800000000000}"),
            id="values of other owners keep their escapes and number spellings",
        ),
        pytest.param(
            CODEX_STYLE,
            {("tokens", "access_token"): "new", ("last_refresh",): "2026-11-28T00:00:00Z"},
            CODEX_STYLE.replace('"old"', '"new"').replace("2026-01-01", "2026-11-28"),
            id="indentation and the last line break stay",
        ),
        pytest.param(
            CODEX_STYLE,
            {("tokens", "account_id"): "acc"},
            CODEX_STYLE.replace('"old"\n', '"old",\n    "account_id": "acc"\n'),
            id="a new key is written in the style of its neighbours",
        ),
        pytest.param('{"a":{}}', {("a", "b"): 1}, '{"a":{"b": 1}}', id="into an empty object"),
        pytest.param('{ "a" : 1 }', {("a",): None}, '{ "a" : null }', id="odd white space stays"),
        pytest.param('{"a":1,"a":2}', {("a",): 3}, '{"a":1,"a":3}', id="of a key written twice the last one counts"),
        pytest.param(
            '{"é":"ü","a":"b"}', {("a",): "ö"}, '{"é":"ü","a":"ö"}', id="text that is not ASCII stays readable"
        ),
        pytest.param(
            '{"k":"} , \\" {"  ,"a":"b"}', {("a",): "c"}, '{"k":"} , \\" {"  ,"a":"c"}', id="braces in strings"
        ),
    ],
)
def test_only_the_named_values_change(text: str, changes: dict[Path, Json], expected: str) -> None:
    edited = with_values(text, changes)
    assert edited == expected
    json.loads(edited)


@pytest.mark.parametrize("text", ["", "[1]", "nonsense", '{"a":1}', '{"a"', '{"b":{'])
def test_a_text_without_the_object_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"there is no|not an object|Expecting"):
        with_values(text, {("b", "c"): 1})
