"""`model:opus status:429 free words`: what it asks for, and how it goes on."""

import datetime

import pytest

from router_core.trace.filter_text import (
    COLUMNS,
    as_typed,
    completions,
    hint,
    known_values,
    moment_of,
    read_filter,
    with_value,
)

NOW = 1_795_201_751.0


@pytest.mark.parametrize(
    ("text", "wanted", "words"),
    [
        ("", {}, ""),
        ("opus anna", {}, "opus anna"),
        (
            "model:opus status:429 token:work free words",
            {"model": "opus", "status": "429", "token": "work"},
            "free words",
        ),
        ('project:"/home/anna/my work" x', {"project": "/home/anna/my work"}, "x"),
        ("key:laptop", {"client_key": "laptop"}, ""),
        ("client_key:laptop", {"client_key": "laptop"}, ""),
        ("MODEL:Opus State:FAILED", {"model": "Opus", "state": "failed"}, ""),
        ("status:4XX", {"status": "4xx"}, ""),
        ("model:gpt-5:free", {"model": "gpt-5:free"}, ""),
        ("model: opus", {}, "opus"),
        ('"two words" three', {}, "two words three"),
        ('model:"not closed', {"model": "not closed"}, ""),
        ("model:a model:b", {"model": "b"}, ""),
    ],
)
def test_named_values_and_words_are_told_apart(text: str, wanted: dict[str, str], words: str) -> None:
    found = read_filter(text, NOW)
    assert (dict(found.wanted), found.words, found.problems) == (wanted, words, ())


@pytest.mark.parametrize(
    ("text", "said", "words"),
    [
        ("modle:opus", "there is no modle: to filter by; did you mean model:? there are", "modle:opus"),
        ("colour:red", "there is no colour: to filter by; there are model, provider,", "colour:red"),
        ("status:many", "status:many is no HTTP status; try 429 or 4xx", ""),
        ("status:4290", "no HTTP status", ""),
        ("since:whenever", "since:whenever is no time", ""),
        ("https://x.example/a", "there is no https:", "https://x.example/a"),
    ],
)
def test_what_is_not_understood_is_said(text: str, said: str, words: str) -> None:
    found = read_filter(text, NOW)
    assert said in found.problems[0]
    assert found.words == words
    assert not found.wanted


@pytest.mark.parametrize(
    ("text", "ago_s"), [("90s", 90), ("30m", 1800), ("2h", 7200), ("1.5h", 5400), ("7d", 604_800), ("1w", 604_800)]
)
def test_since_counts_back(text: str, ago_s: float) -> None:
    assert read_filter(f"since:{text}", NOW).times == {"since_ms": round((NOW - ago_s) * 1000)}


def test_times_of_day_are_the_last_ones_that_were() -> None:
    local = datetime.datetime.fromtimestamp(NOW).astimezone()
    before, after = local - datetime.timedelta(minutes=10), local + datetime.timedelta(minutes=10)
    for then in (before, after):
        at = moment_of(then.strftime("%H:%M"), NOW)
        assert at is not None
        assert 0 <= NOW - at / 1000 < 86_400
        assert datetime.datetime.fromtimestamp(at / 1000).strftime("%H:%M") == then.strftime("%H:%M")
    assert moment_of("9:05", NOW) == moment_of("09:05", NOW)


def test_days_are_local() -> None:
    at = moment_of("2026-11-20", NOW)
    assert at is not None
    assert datetime.datetime.fromtimestamp(at / 1000).strftime("%Y-%m-%d %H:%M") == "2026-11-20 00:00"
    assert moment_of("2026-99-20", NOW) is None
    assert moment_of("25:00", NOW) is None


def test_a_value_is_added_replaced_and_taken_out_again() -> None:
    assert with_value("", "model", "opus") == "model:opus"
    assert with_value("anna model:sonnet", "model", "opus") == "anna model:opus"
    assert with_value("anna model:opus", "model", "opus") == "anna"
    assert with_value("x", "project", "/my work") == 'x project:"/my work"'
    assert with_value('x project:"/my work"', "project", "/my work") == "x"


VALUES = {"model": ["claude-opus-4-5", "claude-sonnet-4-5"], "token": ["my work", "max-anna"]}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("m", ["model:"]),
        ("s", ["session:", "state:", "status:", "since:"]),
        ("anna to", ["anna token:"]),
        ("model:", ["model:claude-opus-4-5", "model:claude-sonnet-4-5"]),
        ("x model:sonn", ["x model:claude-sonnet-4-5"]),
        ("token:my", ['token:"my work"']),
        ('token:"my w', ['token:"my work"']),
        ("model:claude-opus-4-5", []),
        ("model:opus ", []),
    ],
)
def test_the_last_word_goes_on(text: str, found: list[str]) -> None:
    assert completions(text, VALUES) == found


def test_arguments_of_a_command_get_their_quotes_back() -> None:
    assert as_typed(["model:opus", "project:/my work", "two words"]) == 'model:opus project:"/my work" two words'
    assert as_typed(['project:"/my work"']) == 'project:"/my work"'
    assert as_typed([]) == ""


def test_every_completed_value_is_read_as_it_was() -> None:
    for name, values in VALUES.items():
        for value in values:
            assert read_filter(with_value("", name, value), NOW).wanted == {COLUMNS[name]: value}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "words, or model: provider:"),
        ("status:", "429, or 4xx"),
        ("state:o", "running, ok, failed"),
        ("since:", "7d (ago)"),
        ("model:op", "part of the model's name"),
        ("nope:x", "there is no nope:"),
    ],
)
def test_hint_is_about_the_last_word(text: str, said: str) -> None:
    assert said in hint(text)


def test_values_that_occur_are_known_the_most_frequent_first() -> None:
    rows = [{"model": "a", "token": ""}, {"model": "b"}, {"model": "b", "status": 429, "client_key": "laptop"}]
    found = known_values(rows)
    assert found["model"] == ["b", "a"]
    assert found["token"] == []
    assert found["status"] == ["429"]
    assert found["key"] == ["laptop"]
