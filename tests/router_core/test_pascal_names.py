"""Tool names as Claude Code writes them, and the way back."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router_core.pascal_names import MAX_LENGTH, PascalNames, pascal

SENT = re.compile(r"[a-zA-Z0-9_-]{1,64}")
NAMES = st.lists(
    st.one_of(
        st.from_regex(re.compile(r"[a-zA-Z0-9_-]{1,128}", re.A), fullmatch=True),
        st.sampled_from(
            ["get_weather", "getWeather", "get-weather", "GetWeather", "GET_weather", "mcp__a__b", "_", "a"]
        ),
        st.text(max_size=8),
    ),
    max_size=12,
)


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("get_weather", "GetWeather"), ("get-weather", "GetWeather"), ("getWeather", "GetWeather"), ("bash", "Bash"),
        ("read_HTML_file", "ReadHTMLFile"), ("v_1_2", "V12"), ("2fa", "Tool2fa"), ("_", "Tool"), ("ü", "Tool"),
    ],
)  # fmt: skip
def test_words_become_one_pascal_case_name(name: str, sent: str) -> None:
    assert pascal(name) == sent


@pytest.mark.parametrize("name", ["Read", "GetWeather", "X", "mcp__files__read_file", ""])
def test_names_that_claude_code_could_have_sent_stay(name: str) -> None:
    names = PascalNames((), [name])
    assert (names.send(name), names.renamed) == (name, {})


@pytest.mark.parametrize("order", [("get_weather", "GetWeather"), ("GetWeather", "get_weather")])
def test_a_pascal_case_name_is_never_taken_away_by_another(order: tuple[str, str]) -> None:
    names = PascalNames((), order)
    assert names.send("GetWeather") == "GetWeather"
    assert re.fullmatch(r"GetWeather[0-9a-f]{8}", names.send("get_weather"))


def test_names_that_would_collide_stay_distinct_and_the_same_each_time() -> None:
    asked = ["get_weather", "get-weather", "getWeather"]
    sent = [PascalNames((), asked).send(name) for name in asked]
    assert sent[0] == "GetWeather"
    assert len(set(sent)) == 3
    assert sent == [PascalNames((), asked).send(name) for name in asked]


def test_the_providers_own_names_stay_and_are_not_given_to_others() -> None:
    names = PascalNames(("web_search", "Memory"), ["web_search", "memory"])
    assert names.send("web_search") == "web_search"
    assert names.send("memory") != "Memory"


def test_a_name_that_is_too_long_keeps_its_beginning() -> None:
    sent = PascalNames((), ["a" * 120, "a" * 121]).renamed.values()
    assert len(set(sent)) == 2
    assert all(len(name) == MAX_LENGTH and name.startswith("Aaaa") for name in sent)


def test_a_name_that_was_not_in_the_request_stays() -> None:
    assert PascalNames((), ["get_weather"]).send("other_tool") == "other_tool"


@given(NAMES, NAMES)
def test_the_map_can_be_reversed(kept: list[str], names: list[str]) -> None:
    made = PascalNames(kept, names)
    whole = [*kept, *names]
    sent = {name: made.send(name) for name in whole}
    assert len(set(sent.values())) == len(sent), "distinct names stay distinct"
    back = {new: old for old, new in made.renamed.items()}
    assert all(back.get(new, new) == old for old, new in sent.items())
    assert all(SENT.fullmatch(new) for new in made.renamed.values())
    assert all(sent[name] == name for name in kept)
