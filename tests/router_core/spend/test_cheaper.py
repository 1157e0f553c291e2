"""Where a request may go that must cost less."""

from router_core.config.schema import Config
from router_core.routing.target import RouteTarget
from router_core.spend.cheaper import cheaper_targets
from router_core.wire.codec import codec

NOW = 1_795_900_000.0
OPUS = RouteTarget("claude", "claude-opus-5-5")


def targets(than: RouteTarget, *providers: str, input_tokens: int = 1000, **config: object) -> list[str]:
    request = codec("anthropic").decode_request(
        {"model": "x", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
    )
    found = cheaper_targets(
        than,
        Config.model_validate(config),
        has_token=lambda name: name in providers,
        serves=lambda name, model: True,
        request=request,
        input_tokens=input_tokens,
        now=NOW,
    )
    return [str(target) for target in found]


def test_the_cheapest_comes_first_and_nothing_costs_more() -> None:
    found = targets(OPUS, "claude", "openai")
    assert len(found) == 8
    assert found[0] in ("claude/claude-haiku-5-5", "openai/gpt-6-luna")
    assert str(OPUS) not in found
    assert "claude/claude-opus-5" not in found


def test_only_providers_with_a_token_are_asked() -> None:
    assert all(target.startswith("claude/") for target in targets(OPUS, "claude"))
    assert targets(OPUS) == []


def test_a_prompt_that_does_not_fit_rules_a_model_out() -> None:
    assert "claude/claude-haiku-4-5" in targets(OPUS, "claude")
    assert "claude/claude-haiku-4-5" not in targets(OPUS, "claude", input_tokens=500_000)


def test_prices_of_ones_own_count() -> None:
    dear = {"prices": {"claude-haiku-*": {"input": 1000, "output": 1000}}}
    assert not any("haiku" in target for target in targets(OPUS, "claude", **dear))


def test_what_costs_nobody_knows_what_has_nothing_cheaper() -> None:
    assert targets(RouteTarget("claude", "a-model-of-mine"), "claude") == []
