"""What `redact` takes for a credential, and that placeholders are the same at each turn and lead back."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router_core.config.transformers import RedactOptions
from router_core.transform.redact import HASH_LENGTH, MARK, Restored, hidden, placeholder
from router_core.wire.events import Event, fold, unfold
from router_core.wire.model import Response, Text, ToolCall
from tests.router_core.transform.test_filters import cut, said, silent

PLAIN = RedactOptions()
LONG = "MadeUp0123456789" * 3
CREDENTIALS = {
    "OpenAI": f"sk-proj-{LONG}",
    "Anthropic": f"sk-ant-api03-{LONG}",
    "Stripe": "sk_live_" + LONG,
    "GitHub": "ghp_" + LONG,
    "GitHub, fine-grained": "github_pat_" + LONG,
    "GitLab": "glpat-" + LONG,
    "AWS": "AKIA" + "MADEUP0123456789",
    "Google": "AIza" + LONG[:35],
    "Slack": "xoxb-" + LONG,
    "Hugging Face": "hf_" + LONG,
    "JWT": f"eyJ{LONG}.eyJ{LONG}.{LONG}",
    "a private key": f"-----BEGIN PRIVATE KEY-----\n{LONG}\n{LONG}\n-----END PRIVATE KEY-----",
}


@pytest.mark.parametrize("secret", CREDENTIALS.values(), ids=CREDENTIALS)
def test_a_credential_is_hidden_and_the_words_around_it_stay(secret: str) -> None:
    text = f'export TOKEN="{secret}" # {secret}\n'
    name = placeholder(secret, PLAIN)
    assert hidden(text, PLAIN) == f'export TOKEN="{name}" # {name}\n'
    assert re.fullmatch(rf"{MARK}[0-9a-f]{{{HASH_LENGTH}}}", name)
    assert hidden(hidden(text, PLAIN), PLAIN) == hidden(text, PLAIN)


@pytest.mark.parametrize(
    "text",
    ["sk-learn", "the task-force", "AKIA", "ghp_", "eyJ", "-----BEGIN CERTIFICATE-----\nx\n", "desk-" + LONG[:10]],
)
def test_what_only_begins_like_one_stays(text: str) -> None:
    assert hidden(text, PLAIN) is text


def test_own_patterns_and_a_key_of_one_s_own_make_other_placeholders() -> None:
    options = RedactOptions(patterns=(r"Zebra( \d+)?",), key="made-up")
    done = hidden("Zebra 12 and Zebra", options)
    assert "Zebra" not in done
    assert placeholder("Zebra", options) in done
    assert placeholder("Zebra", options) != placeholder("Zebra", PLAIN)


def test_a_wrong_pattern_is_an_error_at_the_start() -> None:
    with pytest.raises(ValueError, match="no regular expression"):
        RedactOptions(patterns=("(",))


SECRET = 'a "quoted"\nsecret'
NAME = placeholder(SECRET, PLAIN)


def restored(response: Response, size: int) -> Response:
    events: list[Event] = list(cut(unfold(response), size))
    return fold(Restored({NAME: SECRET}, silent).events(events))


@given(st.lists(st.sampled_from([NAME, NAME[:9], NAME[:-1], "R", "RE", " ", "x"]), max_size=6), st.integers(1, 25))
def test_placeholders_lead_back_however_they_are_cut(parts: list[str], size: int) -> None:
    text = "".join(parts)
    answer = restored(said(Text(text), Text("R")), size)
    assert [block.text for block in answer.blocks if isinstance(block, Text)] == [text.replace(NAME, SECRET), "R"]


@given(st.integers(1, 40))
def test_in_a_call_s_arguments_they_lead_back_as_json(size: int) -> None:
    calls = (ToolCall("1", "f", f'{{"a": "{NAME}"}}'), ToolCall("2", "g", f"{NAME}!", custom=True))
    answer = restored(said(*calls, stop="tool_use"), size)
    assert [block.arguments for block in answer.blocks if isinstance(block, ToolCall)] == [
        '{"a": "a \\"quoted\\"\\nsecret"}', f"{SECRET}!",
    ]  # fmt: skip
