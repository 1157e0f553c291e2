"""A session that does the same again and again is warned of, or stopped."""

from typing import Any

import pytest

from tests.live.budgeting import configure
from tests.support.lab import Lab


def looping(number: int, said: str = "") -> dict[str, Any]:
    """A conversation in which the model has called `ls` so often; `said`: and now a person speaks."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": "go"}]
    for index in range(number):
        call = {"type": "tool_use", "id": f"toolu_{index}", "name": "ls", "input": {"path": "."}}
        result = {"type": "tool_result", "tool_use_id": f"toolu_{index}", "content": "a b c"}
        messages += [{"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]
    if said:
        messages[-1]["content"].append({"type": "text", "text": said})
    return {"messages": messages, "tools": [{"name": "ls", "input_schema": {"type": "object"}}]}


@pytest.mark.parametrize("action", ["warn", "stop", "off"])
def test_a_session_that_repeats_itself_is_warned_of_or_stopped(action: str, money: Lab) -> None:
    configure(money, f'[spend.loops]\naction = "{action}"\nsame_call = 3\n')
    money.fresh("anthropic")
    own = {"x-claude-code-session-id": f"loop-{action}"}
    answers = []
    for number in range(1, 6):
        answers.append(money.ask("anthropic", headers=own, **looping(number)))
        money.rows(number if action != "stop" else min(number, 5))
    warned = [answer.headers.get("x-mitmrouter-loop", "") for answer in answers]
    assert [answer.status_code for answer in answers] == ([200] * 3 + [429] * 2 if action == "stop" else [200] * 5)
    text = "the same call of 'ls' 3 times among the last 6"
    assert warned[3] == (text if action == "warn" else "")
    if action == "stop":
        assert f"This session was stopped: {text}" in answers[3].json()["error"]["message"]
        assert answers[3].headers["x-should-retry"] == "false"
        again = money.ask("anthropic", headers=own, **looping(5, said="Try something else."))
        assert again.status_code == 200
    other = money.ask("anthropic", headers={"x-claude-code-session-id": "other"}, **looping(4))
    assert (other.status_code, "x-mitmrouter-loop" in other.headers) == (200, False)
