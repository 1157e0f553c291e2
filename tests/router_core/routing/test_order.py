"""The order of decision: of two rules that would both decide, the earlier one does, and those before it are heard."""

from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest

from router_core.asked_for import AskedFor
from router_core.config.routing import TargetList
from router_core.config.schema import Config
from router_core.routing.auto.choose import Choice
from router_core.routing.auto.classify import classify
from router_core.routing.auto.names import AutoRequest
from router_core.routing.auto.place import Placed
from router_core.routing.custom import CustomAnswer
from router_core.routing.decide import RULES, NobodyCan, NoRoute, Route, decide
from router_core.routing.entrance import Entrance
from router_core.routing.facts import Facts
from router_core.routing.lock import Lock
from router_core.routing.names import HasToken
from router_core.routing.target import RouteTarget

SEARCH = {"tools": [{"type": "web_search_20250305", "name": "web_search"}]}


@dataclass
class Case:
    """A request and a configuration by which exactly the rule of this name decides."""

    rule: str
    target: str
    model: str = ""
    """That has to be asked for; "": any."""
    body: dict[str, Any] = field(default_factory=dict)
    routing: dict[str, Any] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)


def placed(asked: AutoRequest, has_token: HasToken) -> Placed:
    choice = Choice(RouteTarget("gemini", "auto-took"), (RouteTarget("openai", "then"),), "the cheapest")
    return Placed("SIMPLE", classify("hi"), choice, "auto: SIMPLE")


CASES = [
    Case("lock", "openai/locked", given={"lock": Lock("openai", "locked")}),
    Case("explicit target", "codex/named", model="codex/named"),
    Case("subagent tag", "codex/tagged", given={"tag": "codex,tagged"}),
    Case("custom function", "codex/own", given={"custom": CustomAnswer(TargetList(primary="codex/own"), "it said so")}),
    Case("rules", "codex/ruled", routing={"rules": [{"session": "s-*", "target": "codex/ruled"}]}),
    Case("scenario", "codex/search", body=SEARCH, routing={"web_search": "codex/search"}),
    Case("model pattern", "codex/pattern", routing={"models": {"*": "codex/pattern"}}),
    Case("auto", "gemini/auto-took", model="auto", given={"auto": placed}),
    Case("default", "codex/last", routing={"default": "codex/last"}),
    Case("model's provider", "claude/claude-opus-5", model="claude-opus-5"),
]
NAMES = [case.rule for case in CASES]


def place(*cases: Case, **routing: Any) -> Route:
    """The decision when all of these cases hold at once; the first of them that wants a model has it asked for."""
    given: dict[str, Any] = {}
    body: dict[str, Any] = {"messages": [{"role": "user", "content": "hi"}]}
    for case in cases:
        given |= case.given
        body |= case.body
        routing |= case.routing
    body["model"] = next((case.model for case in cases if case.model), "nobody-knows")
    asked = AskedFor(Entrance("anthropic", "generate"), orjson.dumps(body), {}, "", "s-1")
    config = Config.model_validate({"routing": routing})
    return decide(Facts(asked), config, has_token=lambda name: True, serves=lambda name, wanted: False, **given)


def test_the_cases_are_all_the_rules_in_their_order() -> None:
    assert [name for name, _ in RULES] == NAMES


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_each_rule_decides_alone_and_says_why(case: Case) -> None:
    route = place(case)
    assert str(route.targets[0]) == case.target
    assert [rule for rule, _ in route.tried] == NAMES[: NAMES.index(case.rule) + 1]
    assert all(said for _, said in route.tried)
    assert route.tried[-1] == (case.rule, route.because)


PAIRS = [(first, later) for n, first in enumerate(CASES) for later in CASES[n + 1 :]]


@pytest.mark.parametrize(("first", "later"), PAIRS, ids=[f"{a.rule} before {b.rule}" for a, b in PAIRS])
def test_the_earlier_rule_decides(first: Case, later: Case) -> None:
    route = place(first, later)
    assert (route.tried[-1][0], str(route.targets[0])) == (first.rule, first.target)


def test_all_at_once_and_then_one_less_each_time() -> None:
    for n, case in enumerate(CASES):
        assert place(*CASES[n:]).tried[-1][0] == case.rule


def test_when_auto_finds_nobody_the_answer_says_what_the_models_lack() -> None:
    nobody = Placed(
        "SIMPLE", classify("hi"), Choice(None, (), "no model for SIMPLE: a/b: it takes no images"), "auto: …"
    )
    case = Case("auto", "", model="auto", given={"auto": lambda asked, has_token: nobody})
    with pytest.raises(
        NobodyCan, match=r"'auto': no model for SIMPLE: a/b: it takes no images\. .*claude/MODEL"
    ) as caught:
        place(case)
    assert caught.value.status == 400
    assert str(place(case, default="codex/last").targets[0]) == "codex/last"


@pytest.mark.parametrize(("agent", "status"), [("claude-cli/2.1.329 (external, cli)", 400), ("python-httpx/1", 404)])
def test_claude_code_is_not_answered_404_for_it_would_hide_the_advice(agent: str, status: int) -> None:
    asked = AskedFor(Entrance("anthropic", "generate"), b'{"model": "x"}', {"user-agent": agent}, "", "s-1")
    with pytest.raises(NoRoute, match="No token is registered") as caught:
        decide(Facts(asked), Config(), has_token=lambda name: False, serves=lambda name, model: False)
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("case", "fallbacks"),
    [
        ("rules", {"rules": [{"session": "s-*", "target": {"primary": "codex/a", "fallback": ["claude/b"]}}]}),
        ("scenario", {"web_search": {"primary": "codex/a", "fallback": ["claude/b"]}}),
        ("model pattern", {"models": {"*": {"primary": "codex/a", "fallback": ["claude/b"]}}}),
        ("default", {"default": {"primary": "codex/a", "fallback": ["claude/b"]}}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_own_fallbacks_stand_in_place_of_those_of_all(case: str, fallbacks: dict[str, Any]) -> None:
    found = place(Case("", "", body=SEARCH, routing=fallbacks), fallbacks=("openai/of-all",))
    assert [str(target) for target in found.targets] == ["codex/a", "claude/b"]
    assert found.tried[-1][0] == case


@pytest.mark.parametrize("case", CASES[1:], ids=NAMES[1:])
def test_without_own_fallbacks_those_of_all_follow(case: Case) -> None:
    assert str(place(case, fallbacks=("openai/of-all",)).targets[-1]) == "openai/of-all"


def test_a_lock_to_a_target_has_no_fallbacks() -> None:
    assert [str(t) for t in place(CASES[0], fallbacks=("openai/of-all",)).targets] == ["openai/locked"]


@pytest.mark.parametrize(
    ("model", "routing", "targets"),
    [
        ("codex/gpt-6.2", {}, ["codex/gpt-6.2"]),
        ("gpt-6.2", {}, ["codex/gpt-6.2"]),
        ("claude-opus-5", {"default": "codex/gpt-6.2"}, ["codex/gpt-6.2"]),
        ("claude-opus-5", {"models": {"claude-*": "codex/gpt-6.2", "*": "gemini/x"}}, ["codex/gpt-6.2"]),
        ("x", {"default": {"primary": "claude/a", "fallback": ["codex/b", "gemini/c"]}}, ["codex/b"]),
        ("claude/claude-opus-5", {}, ["codex/claude-opus-5"]),
        ("claude-opus-5", {"fallbacks": ["claude/claude-opus-5"]}, ["codex/claude-opus-5"]),
    ],
    ids=["its own name", "its own family", "the default", "a pattern", "a fallback", "another's name", "nothing there"],
)
def test_a_lock_to_a_provider_lets_the_rules_choose_within_it(
    model: str, routing: dict[str, Any], targets: list[str]
) -> None:
    route = place(Case("", "", model=model, given={"lock": Lock("codex")}), **routing)
    assert [str(target) for target in route.targets] == targets
    assert route.because.startswith("locked to codex")


def test_a_lock_to_a_provider_that_is_gone_is_an_error_that_says_how_to_let_go() -> None:
    with pytest.raises(NoRoute, match="mitmrouter model unlock"):
        place(Case("", "", given={"lock": Lock("nobody", "x")}))


@pytest.mark.parametrize(
    "given",
    [
        {"tag": "nobody/x"},
        {"tag": "haiku"},
        {"custom": CustomAnswer(None, "no answer within 1 s")},
        {"custom": CustomAnswer(TargetList(primary="nobody/x"), "it said so")},
    ],
    ids=["tag of nobody", "tag without provider", "function failed", "function names nobody"],
)
def test_what_leads_nowhere_leaves_it_to_the_next_rule_and_says_why(given: dict[str, Any]) -> None:
    route = place(Case("", "", given=given), CASES[-2])
    assert str(route.targets[0]) == "codex/last"
    rule = "subagent tag" if "tag" in given else "custom function"
    said = dict(route.tried)[rule]
    assert "nobody" in said or "haiku" in said or "no answer within 1 s" in said


def test_a_target_of_a_provider_that_is_switched_off_is_passed_over() -> None:
    asked = AskedFor(Entrance("anthropic", "generate"), orjson.dumps({"model": "x", **SEARCH}), {}, "", "")
    off = {"kind": "codex", "base_url": "https://chatgpt.com/backend-api/codex", "enabled": False}
    config = Config.model_validate(
        {
            "providers": {"codex": off, "claude": {"kind": "anthropic", "base_url": "https://api.anthropic.com"}},
            "routing": {"web_search": "codex/a", "default": "claude/b"},
        }
    )
    route = decide(Facts(asked), config, has_token=lambda name: True, serves=lambda name, wanted: False)
    assert str(route.targets[0]) == "claude/b"
    assert "names no provider that is enabled" in dict(route.tried)["scenario"]


def test_the_scenario_is_noted_as_default_when_none_decided() -> None:
    assert place(CASES[5]).scenario == "web_search"
    assert place(CASES[6], web_search="codex/search").scenario == "default"
    assert place(CASES[1]).scenario == ""


def test_the_tier_of_auto_is_noted() -> None:
    route = place(CASES[7])
    assert (route.tier, [str(t) for t in route.targets]) == ("SIMPLE", ["gemini/auto-took", "openai/then"])


ALIASED = "anthropic/claude-haiku-5"


@pytest.mark.parametrize(
    ("tokens", "listed", "target", "says"),
    [
        ({"claude", "openrouter"}, "", "claude/claude-haiku-5", "the model name says anthropic/claude-haiku-5"),
        ({"claude", "openrouter"}, "openrouter", "openrouter/" + ALIASED, "is the name of a model"),
        ({"openrouter"}, "openrouter", "openrouter/" + ALIASED, "claude has no token"),
    ],
    ids=["another name of the provider", "a model of OpenRouter's", "nothing to pay the provider with"],
)
def test_a_provider_may_be_called_as_others_call_it_unless_a_model_is_called_so(
    tokens: set[str], listed: str, target: str, says: str
) -> None:
    asked = AskedFor(Entrance("anthropic", "generate"), orjson.dumps({"model": ALIASED}), {}, "", "s-1")
    route = decide(
        Facts(asked),
        Config(),
        has_token=tokens.__contains__,
        serves=lambda name, model: (name, model) == (listed, ALIASED),
    )
    assert str(route.targets[0]) == target
    assert says in dict(route.tried)["explicit target"]


def test_config_and_tags_may_call_a_provider_as_others_do() -> None:
    assert str(place(**{"default": "anthropic,claude-opus-5"}).targets[0]) == "claude/claude-opus-5"
    tagged = Case("subagent tag", "", given={"tag": "kimi,kimi-k3"})
    assert str(place(tagged).targets[0]) == "moonshot/kimi-k3"
