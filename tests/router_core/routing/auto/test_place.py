"""One request for `auto…` placed from beginning to end."""

import time

from router_core.config.routing import AutoConfig
from router_core.config.schema import Config
from router_core.providers.catalogue import SETTINGS
from router_core.routing.auto.candidates import candidate as candidate_of
from router_core.routing.auto.candidates import candidates_of
from router_core.routing.auto.names import AutoRequest, auto_of
from router_core.routing.auto.place import Placed, place
from router_core.routing.auto.prompt import Prompt
from router_core.routing.auto.sticky import TierMemory
from tests.router_core.routing.auto.make import candidate, target

ALL = [
    candidate("claude/opus", "REASONING", 5.0),
    candidate("claude/sonnet", "COMPLEX", 3.0),
    candidate("claude/haiku", "MEDIUM", 0.5),
    candidate("openai/nano", "SIMPLE", 0.1),
]
NOW = 1_000_000.0


def asked(name: str) -> AutoRequest:
    found = auto_of(name)
    assert found is not None
    return found


def placed(text: str, name: str = "auto", auto: AutoConfig | None = None, **more: object) -> Placed:
    return place(asked(name), Prompt(text), auto or AutoConfig(), candidates=ALL, now=NOW, **more)


def test_a_greeting_goes_to_the_cheapest_and_a_proof_to_the_strongest() -> None:
    assert placed("hi").choice.target == target("openai/nano")
    assert placed("Prove that sqrt(2) is irrational").choice.target == target("claude/opus")
    assert placed("hi").because.startswith("auto: SIMPLE")


def test_the_name_shifts_or_fixes_the_tier_and_says_so() -> None:
    best = placed("hi", "auto-best")
    assert (best.tier, best.choice.target) == ("MEDIUM", target("claude/haiku"))
    assert "auto-best asks for MEDIUM" in best.because
    assert placed("hi", "auto-reasoning").choice.target == target("claude/opus")
    assert placed("Prove that sqrt(2) is irrational", "auto-simple").tier == "SIMPLE"


def test_what_is_configured_for_a_tier_is_taken() -> None:
    auto = AutoConfig.model_validate({"tiers": {"SIMPLE": {"primary": "claude/opus", "fallback": ["claude/haiku"]}}})
    choice = placed("hi", auto=auto).choice
    assert (choice.target, choice.fallbacks) == (target("claude/opus"), (target("claude/haiku"),))


def test_a_tier_may_call_a_provider_as_others_call_it() -> None:
    auto = AutoConfig.model_validate({"tiers": {"SIMPLE": "anthropic/sonnet"}})
    assert placed("hi", auto=auto).choice.target == target("claude/sonnet")


def test_a_session_keeps_its_tier_through_small_turns_and_tool_results() -> None:
    memory = TierMemory()
    first = placed("Prove that sqrt(2) is irrational", memory=memory, session="s")
    second = placed("thanks", memory=memory, session="s")
    results = place(
        asked("auto"), Prompt("hi", tool_result_count=1), AutoConfig(), candidates=ALL, memory=memory, session="s",
        now=NOW + 9999,
    )  # fmt: skip
    assert (first.tier, second.tier, results.tier) == ("REASONING", "REASONING", "REASONING")
    assert placed("thanks", memory=memory, session="other").tier == "SIMPLE"


def test_sticky_turns_are_counted_as_configured() -> None:
    memory, auto = TierMemory(), AutoConfig(sticky_turns=1)
    placed("Prove that sqrt(2) is irrational", memory=memory, session="s", auto=auto)
    assert placed("thanks", memory=memory, session="s", auto=auto).tier == "SIMPLE"


def test_a_dear_cache_holds_a_session() -> None:
    memory, auto = TierMemory(), AutoConfig(sticky_turns=1)
    near = [candidate("claude/opus", "REASONING", 1.05), candidate("openai/nano", "SIMPLE", 1.0)]
    for text in ("Prove that sqrt(2) is irrational", "thanks"):
        last = place(
            asked("auto"), Prompt(text), auto, candidates=near, memory=memory, session="s", now=NOW,
            cached_tokens=400_000,
        )  # fmt: skip
    assert last.tier == "REASONING"
    assert "costs more" in last.because


def test_candidates_are_the_models_of_providers_with_a_token() -> None:
    claude = {**SETTINGS["claude"], "models": ["claude-haiku-5-5", "claude-opus-5-5"]}
    config = Config.model_validate({"providers": {"claude": claude}})
    found = candidates_of(config, has_token=lambda name: name == "claude", serves=lambda *_: False)
    assert [str(each.target) for each in found] == ["claude/claude-haiku-5-5", "claude/claude-opus-5-5"]
    assert [each.tier for each in found] == ["MEDIUM", "REASONING"]
    assert all(each.price is not None for each in found)


def test_a_known_list_narrows_a_vendors_models() -> None:
    config = Config.model_validate({})
    with_list = candidates_of(
        config, has_token=lambda name: name == "gemini", serves=lambda _, model: model == "gemini-2.5-pro"
    )
    assert [str(each.target) for each in with_list] == ["gemini/gemini-2.5-pro"]
    without = candidates_of(config, has_token=lambda name: name == "gemini", serves=lambda *_: False)
    assert len(without) > 5
    assert {each.target.provider for each in without} == {"gemini"}


def test_the_chatgpt_backend_is_not_asked_for_older_models() -> None:
    found = candidates_of(Config(), has_token=lambda name: name == "codex", serves=lambda *_: False)
    assert found
    assert "codex/gpt-4.1" not in {str(each.target) for each in found}


def test_a_configured_target_without_a_listed_model_is_a_candidate() -> None:
    tiers = {"auto": {"tiers": {"SIMPLE": "openrouter/some/model"}}}
    config = Config.model_validate({"routing": tiers})
    found = candidates_of(config, has_token=lambda name: name == "openrouter", serves=lambda *_: False)
    assert [str(each.target) for each in found] == ["openrouter/some/model"]


def test_long_prompts_and_the_owners_prices_are_counted_at_their_price() -> None:
    haiku = target("claude/claude-haiku-5-5")
    short, long = candidate_of(haiku).price, candidate_of(haiku, 150_000).price
    assert short is not None
    assert long is not None
    assert long.input > short.input
    prices = {"claude/claude-haiku-5-5": {"input": 7, "output": 7}}
    config = Config.model_validate({"prices": prices})
    own = candidates_of(config, has_token=lambda name: name == "claude", serves=lambda *_: False, at=NOW)
    found = {each.target: each.price for each in own}[haiku]
    assert found is not None
    assert found.input == 7_000_000_000


def test_candidates_follow_every_change_of_tokens_lists_and_settings_at_once() -> None:
    def found(settings: dict[str, object], *names: str, listed: str = "", at: float = NOW) -> list[str]:
        candidates = candidates_of(
            Config.model_validate(settings),
            has_token=names.__contains__,
            serves=lambda _, model: model == listed,
            at=at,
        )
        return [f"{each.target} {each.price.input if each.price else 0}" for each in candidates]

    claude = found({}, "claude")
    assert len(claude) > 1
    assert len(found({}, "claude", "gemini")) > len(claude)
    assert len(found({}, "claude", listed="claude-haiku-5-5")) == 1
    assert found({"routing": {"auto": {"tiers": {"SIMPLE": "claude/new"}}}}, "claude") == [*claude, "claude/new 0"]
    for usd in (7, 8):
        own = found({"prices": {"claude-*": {"input": usd, "output": 9}}}, "claude")
        assert {each.rpartition(" ")[2] for each in own} == {f"{usd}000000000"}
    assert found({}, "claude") == claude


def test_asking_for_candidates_again_is_quick() -> None:
    """Thread time of the best of many, with room for a busy machine: later requests only look up."""
    config = Config()

    def ask() -> float:
        began = time.thread_time()
        candidates_of(config, has_token=lambda _: True, serves=lambda *_: False, at=NOW)
        return time.thread_time() - began

    ask()
    assert min(ask() for _ in range(20)) < 0.001
