"""The `[routing]` tables: which provider and model a request to `/v1/…` or `/v1beta/…` goes to."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, PositiveFloat, PositiveInt, model_validator

from router_core.config.section import Section
from router_core.routing.auto.tier import Tier
from router_core.routing.target import split_target

Scenario = Literal["background", "think", "long_context", "web_search", "image"]
SCENARIOS: tuple[Scenario, ...] = ("background", "think", "long_context", "web_search", "image")


def _from_text(value: Any) -> Any:
    return {"primary": value} if isinstance(value, str) else value


def _check_target(text: str) -> None:
    if split_target(text) is None:
        raise ValueError(f"{text!r} is no target: write provider/model")


class TargetList(Section):
    """A target and what is tried after it. In config.toml `"p/m"`, or `{ primary = "p/m", fallback = ["p/m"] }`."""

    primary: str
    """Target (`provider/model`)."""
    fallback: tuple[str, ...] | None = None
    """Targets tried in this order when no token of the first one can pay; left out: those of `[routing] fallbacks`."""

    @model_validator(mode="after")
    def _are_targets(self) -> Self:
        for text in self.texts():
            _check_target(text)
        return self

    def texts(self) -> tuple[str, ...]:
        """All of its targets as written."""
        return (self.primary, *(self.fallback or ()))


type Targets = Annotated[TargetList, BeforeValidator(_from_text)]


class RuleConfig(Section):
    """One `[[routing.rules]]` table: a target for requests of which all given conditions hold. `*`, `?` and `[…]` as in
    file names."""

    project: str | None = None
    """Pattern of the working directory that the client names; `~` is the home directory."""
    client: str | None = None
    """Pattern of the client's name (`claude-code`, `codex`, `openai-sdk` …)."""
    session: str | None = None
    """Pattern of the session's key."""
    user_agent: str | None = None
    """Pattern of the `User-Agent` header."""
    model: str | None = None
    """Pattern of the model that was asked for."""
    target: Targets
    """Where such a request goes."""

    @model_validator(mode="after")
    def _has_condition(self) -> Self:
        if all(value is None for value in (self.project, self.client, self.session, self.user_agent, self.model)):
            raise ValueError("a rule needs a condition: project, client, session, user_agent or model")
        return self


class AutoConfig(Section):
    """`model: "auto"`: the prompt is put into a tier, and the tier's model answers."""

    tiers: dict[Tier, Targets] = Field(default_factory=dict)
    """Tier → target, instead of the cheapest capable model."""
    ambiguous: Tier = "MEDIUM"
    """The tier of a prompt of which the classifier is not sure."""
    confidence: Annotated[float, Field(ge=0, le=1)] = 0.4
    """Below this it is not sure."""
    sticky_turns: PositiveInt = 3
    """So many turns in a row must ask for less before a session goes down a tier while its prompt cache is warm."""


class RoutingConfig(Section):
    """For `/v1/…` and `/v1beta/…`; a request to `/{provider}/…` goes to that provider alone."""

    default: Targets | None = None
    """Target (`provider/model`) of whatever no other rule places; without it the provider that a model belongs to
    answers."""
    background: Targets | None = None
    """For Claude Code's calls to its small model."""
    think: Targets | None = None
    """For requests that ask for thinking, and plan mode."""
    long_context: Targets | None = None
    """For input above `long_context_threshold`."""
    long_context_threshold: PositiveInt = 60_000
    """Input tokens, estimated, or measured at the session's last turn."""
    web_search: Targets | None = None
    """For requests with the provider's own web search tool."""
    image: Targets | None = None
    """For an image in the new turn."""
    fallbacks: tuple[str, ...] = ()
    """Targets tried in this order when no token of the first one can pay."""
    custom: str | None = None
    """`file.py:function` that may choose the target; the file beside config.toml, or a whole path."""
    custom_timeout_s: PositiveFloat = 1.0
    """After so long the custom function is not waited for any more, and the next rule decides."""
    models: dict[str, Targets] = Field(default_factory=dict)
    """Model name pattern → target, the first match counts: `"claude-haiku-*" = "gemini/gemini-2.5-flash"`."""
    rules: tuple[RuleConfig, ...] = ()
    """Targets by project, client, session, user agent; the first one that fits counts."""
    auto: AutoConfig = AutoConfig()
    """How `model: "auto"` is placed."""

    @model_validator(mode="after")
    def _are_targets(self) -> Self:
        for text in self.fallbacks:
            _check_target(text)
        if self.custom is not None and not self.custom.rpartition(":")[0]:
            raise ValueError(f"custom: {self.custom!r} must look like file.py:function")
        return self

    def scenario(self, name: Scenario) -> TargetList | None:
        """The targets of a scenario; None when it has none of its own."""
        found: TargetList | None = getattr(self, name)
        return found

    def texts(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Every target that is written anywhere in these tables: the keys that lead there, and the target."""
        lists: list[tuple[tuple[str, ...], TargetList | None]] = [(("default",), self.default)]
        lists += [((name,), self.scenario(name)) for name in SCENARIOS]
        lists += [(("models", pattern), targets) for pattern, targets in self.models.items()]
        lists += [(("rules", str(n), "target"), rule.target) for n, rule in enumerate(self.rules)]
        lists += [(("auto", "tiers", tier), targets) for tier, targets in self.auto.tiers.items()]
        for keys, targets in lists:
            for text in targets.texts() if targets is not None else ():
                yield keys, text
        for text in self.fallbacks:
            yield ("fallbacks",), text
