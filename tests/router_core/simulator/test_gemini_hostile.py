"""Whatever a body holds, the Gemini rules answer with a defined refusal or let it pass; nothing in them breaks."""

import base64
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from router_core.simulator.gemini_config_rules import config_problem
from router_core.simulator.gemini_fields import ENUMS, MESSAGES, camel, decode_bytes, parse, snake
from router_core.simulator.gemini_prompt import count_input, read_prompt
from router_core.simulator.gemini_rules import content_problem
from tests.router_core.simulator.asking_gemini import ANSWER, ASKING, HELLO, TOOLS, called

SKIP = "skip_thought_signature_validator"

KINDS = {
    name: dict(item.split(":", 1) for item in text.split()) if text else {} for name, text in MESSAGES.items()
}  # field → kind

plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.just("model")
junk = st.recursive(plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner))
well_typed = {
    "string": st.sampled_from(["", "user", "model", "Bash", "image/png", "application/json", "https://x"]),
    "bool": st.booleans(),
    "int": st.integers(-2, 70_000),
    "number": st.floats(-1, 3),
    "bytes": st.sampled_from(["", "AAAA", SKIP]),
    "struct": st.dictionaries(st.text(max_size=3), plain, max_size=2),
    "value": junk,
}


def value_of(kind: str, messy: bool, depth: int) -> st.SearchStrategy[Any]:
    """A value that fits; when `messy`, now and then something else."""
    if kind.endswith("[]"):
        fitting: st.SearchStrategy[Any] = st.lists(value_of(kind[:-2], messy, depth), max_size=3)
    elif kind.endswith("{}"):
        fitting = st.dictionaries(st.text(max_size=3), value_of(kind[:-2], messy, depth), max_size=2)
    elif kind.startswith("enum:"):
        fitting = st.sampled_from(ENUMS[kind.removeprefix("enum:")].split())
    elif kind in MESSAGES:
        fitting = message(kind, messy, depth + 1)
    else:
        fitting = well_typed[kind]
    return st.one_of(*[fitting] * 9, junk) if messy else fitting


def message(name: str, messy: bool, depth: int = 0) -> st.SearchStrategy[dict[str, Any]]:
    if depth > 5:
        return st.just({})
    optional = {field: value_of(kind, messy, depth) for field, kind in KINDS[name].items()}
    return st.fixed_dictionaries({}, optional=optional)


SEARCHING = {"tools": [*TOOLS, {"googleSearch": {}}], "toolConfig": {"includeServerSideToolInvocations": True}}
exchanges = st.sampled_from([[HELLO], [ASKING, called(SKIP), ANSWER], [ASKING, called(), ANSWER], [ANSWER], [called()]])
turns = st.lists(exchanges, min_size=1, max_size=3).map(lambda units: [turn for unit in units for turn in unit])
one_setting = st.sampled_from(sorted(KINDS["GenerationConfig"])).flatmap(
    lambda field: st.fixed_dictionaries({field: value_of(KINDS["GenerationConfig"][field], False, 1)})
)
likely = st.fixed_dictionaries({"contents": turns}, optional={"tools": st.just(TOOLS), "generationConfig": one_setting})
bodies = st.one_of(
    message("GenerateContentRequest", True),
    message("GenerateContentRequest", False),
    likely,
    likely.map(lambda body: {**body, **SEARCHING}),
)


@settings(max_examples=300, deadline=None)
@given(bodies, st.sampled_from(["gemini-2.5-pro", "gemini-3.5-flash", "gemini-4-argon"]))
def test_rules_never_break(body: dict[str, Any], model: str) -> None:
    parsed, problems = parse(body, "GenerateContentRequest")
    if problems:
        assert all(text for _, text in problems)
        return
    again, none = parse(parsed, "GenerateContentRequest")
    assert (again, none) == (parsed, [])
    if content_problem(parsed, model) or config_problem(parsed, model):
        return
    assert read_prompt(parsed, model).input_tokens == count_input(parsed) > 0
    orjson.dumps(parsed)


@given(st.binary(max_size=40))
def test_every_spelling_of_base64_is_read(raw: bytes) -> None:
    for text in (base64.b64encode(raw), base64.urlsafe_b64encode(raw)):
        assert decode_bytes(text.decode()) == decode_bytes(text.decode().rstrip("=")) == raw


def test_every_field_has_both_spellings() -> None:
    names = {name for fields in KINDS.values() for name in fields}
    assert {camel(snake(name)) for name in names} == names
