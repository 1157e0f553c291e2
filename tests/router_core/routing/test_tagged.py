"""Which tag a conversation has that is continued by a response's id."""

import pytest

from router_core.routing.tagged import TaggedResponses


def test_the_tag_holds_from_response_to_response() -> None:
    tagged = TaggedResponses()
    assert not tagged
    tagged.note("resp_1", "codex,gpt-5.5")
    tagged.note("resp_2", tagged.before("resp_1"))
    assert tagged
    assert tagged.before("resp_2") == "codex,gpt-5.5"


@pytest.mark.parametrize("response_id", ["resp_9", "", None, 7, ["resp_1"]])
def test_others_have_none(response_id: object) -> None:
    tagged = TaggedResponses()
    tagged.note("resp_1", "codex,gpt-5.5")
    tagged.note("resp_9", "")
    tagged.note("", "codex,gpt-5.5")
    assert tagged.before(response_id) == ""


def test_the_oldest_are_forgotten() -> None:
    tagged = TaggedResponses(most=2)
    for number in range(3):
        tagged.note(f"resp_{number}", "a/b")
    assert [tagged.before(f"resp_{number}") for number in range(3)] == ["", "a/b", "a/b"]
