"""Transformers in config.toml: their names, the options of each, and the user's own ones.

A list names them in the order in which they run: `["openrouter", ["maxtoken", { max_tokens = 16384 }]]`. What each does
is in `router_core/transform/`; here is what may be written, so that a wrong name or option is an error at the start.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    NonNegativeFloat,
    PlainSerializer,
    PositiveInt,
    ValidationError,
    model_validator,
)

from router_core.config.section import Section

Tag = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")]
EFFORTS = Literal["minimal", "low", "medium", "high", "xhigh", "max"]


class Options(Section):
    """What one transformer can be told. Made when it is first used: most configurations name few of them."""

    model_config = ConfigDict(defer_build=True, use_attribute_docstrings=False)


class NoOptions(Options):
    """It has none."""


class VertexOptions(Options):
    project: str | None = None
    """Google project, put into the path; left out where the base URL or the key says it."""
    location: str = "global"
    """Region, put into the path together with the project."""


class MaxTokenOptions(Options):
    max_tokens: PositiveInt
    """Most output tokens that are asked for; a smaller wish of the client stays."""


class Range(Options):
    """What of a setting is allowed; `default` is for a client that does not say."""

    min: float | None = None
    max: float | None = None
    default: float | None = None

    @model_validator(mode="after")
    def _is_range(self) -> Self:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min is larger than max")
        return self


type Setting = float | Range | None


class SamplingOptions(Options):
    temperature: Setting = None
    """A number that takes the place of the client's, or `{ min, max, default }` to keep it in a range."""
    top_p: Setting = None
    """Likewise."""
    top_k: Setting = None
    """Likewise."""
    min_p: Setting = None
    """Likewise; Chat only."""
    repetition_penalty: Setting = None
    """Likewise; Chat only."""
    presence_penalty: Setting = None
    """Likewise."""
    frequency_penalty: Setting = None
    """Likewise."""
    max_tokens: PositiveInt | None = None
    """Most output tokens that are asked for."""
    remove: tuple[Literal["temperature", "top_p", "top_k", "presence_penalty", "frequency_penalty"], ...] = ()
    """Settings that are not sent at all."""


class ToolUseOptions(Options):
    exit_tool: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")] = "ExitTool"
    """Name of the tool by which the model answers in words."""
    instruction: str | None = None
    """Instead of our own words about it."""


class ReasoningOptions(Options):
    enable: bool = True
    """`false`: thinking is switched off, whatever the client asks for."""
    effort: EFFORTS | None = None
    """How much to think, for a client that does not say."""
    switch: Literal["effort", "thinking", "thinking_effort", "enable_thinking", "openrouter"] = "thinking"
    """How a Chat service that is not known is told: `reasoning_effort`, `thinking`, both, `enable_thinking`, or
    `reasoning`."""
    tags: tuple[Tag, ...] = ("think", "thinking")
    """Text that begins with `<think>` becomes thinking up to `</think>`."""


class ForceReasoningOptions(Options):
    tag: Tag = "reasoning_content"
    """The tag into which the model is told to put its thoughts."""
    prompt: str | None = None
    """Instead of our own words about it; must name the tag."""

    @model_validator(mode="after")
    def _names_the_tag(self) -> Self:
        if self.prompt is not None and f"<{self.tag}>" not in self.prompt:
            raise ValueError(f"prompt must tell the model to write <{self.tag}>")
        return self


class EnhanceToolOptions(Options):
    coerce: bool = True
    """Values of the wrong type are changed where the tool's schema leaves one way to read them (`"5"` → `5`)."""


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from None
    return pattern


class RedactOptions(Options):
    patterns: tuple[Annotated[str, AfterValidator(_compiles)], ...] = ()
    """Regular expressions of what else is hidden."""
    key: str = ""
    """Mixed into placeholders, so that nobody can guess a short text that is hidden; better as `$VARIABLE`."""


class StreamOptionsOptions(Options):
    include_usage: bool = True
    """Ask for a last chunk with the tokens used."""


class CustomParamsOptions(Options):
    """Any fields: they are merged into the body, table by table; what stands here wins over what the client says."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)

    @model_validator(mode="after")
    def _leaves_routing_alone(self) -> Self:
        if taken := {"model", "stream"} & set(self.model_extra or {}):
            raise ValueError(f"{' and '.join(sorted(taken))} cannot be set: routing and the client decide")
        return self


class OpenRouterRouting(Options):
    """OpenRouter's provider routing, in its own words."""

    order: tuple[str, ...] | None = None
    """Providers to try, in this order."""
    only: tuple[str, ...] | None = None
    """No others than these."""
    ignore: tuple[str, ...] | None = None
    """Never these."""
    allow_fallbacks: bool | None = None
    """`false`: none but those of `order`."""
    require_parameters: bool | None = None
    """Only providers that know every field of the request."""
    data_collection: Literal["allow", "deny"] | None = None
    """`deny`: only providers that keep nothing."""
    zdr: bool | None = None
    """Only endpoints with zero data retention."""
    sort: Literal["price", "throughput", "latency"] | None = None
    """What the best one is."""
    quantizations: tuple[str, ...] | None = None
    """Only these (`fp8`, `bf16` …)."""
    max_price: dict[Literal["prompt", "completion", "request", "image"], NonNegativeFloat] | None = None
    """Most USD per million tokens, per request or image."""
    preferred_min_throughput: NonNegativeFloat | None = None
    """Tokens per second; slower ones come later."""
    preferred_max_latency: NonNegativeFloat | None = None
    """Seconds; slower ones come later."""


class OpenRouterOptions(Options):
    provider: OpenRouterRouting | None = None
    """Which of its providers may answer."""
    models: tuple[str, ...] = ()
    """Models to try when the first one cannot answer."""
    transforms: tuple[str, ...] | None = None
    """OpenRouter's own changes of the prompt; `[]` forbids them."""
    plugins: tuple[dict[str, Any], ...] = ()
    """OpenRouter's plugins, as it documents them."""


OPTIONS: dict[str, type[Options]] = {
    "anthropic": NoOptions,
    "cleancache": NoOptions,
    "customparams": CustomParamsOptions,
    "deepseek": NoOptions,
    "enhancetool": EnhanceToolOptions,
    "forcereasoning": ForceReasoningOptions,
    "gemini": NoOptions,
    "groq": NoOptions,
    "maxcompletiontokens": NoOptions,
    "maxtoken": MaxTokenOptions,
    "openrouter": OpenRouterOptions,
    "reasoning": ReasoningOptions,
    "redact": RedactOptions,
    "sampling": SamplingOptions,
    "streamoptions": StreamOptionsOptions,
    "tooluse": ToolUseOptions,
    "vertex-claude": VertexOptions,
    "vertex-gemini": VertexOptions,
}
"""Every transformer of ours, with the options that it takes."""


def _source(text: str) -> str:
    file, colon, name = text.rpartition(":")
    if not colon or not file.endswith(".py") or not name.isidentifier():
        raise ValueError(f"{text!r} must look like file.py:Class")
    return text


class CustomTransformer(Section):
    """One `[transformers.NAME]` table, or `NAME = "file.py:Class"`: a transformer of your own."""

    path: Annotated[str, AfterValidator(_source)]
    """`file.py:Class`; the file beside config.toml, or a whole path."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Given to the class by name; those in a list of transformers come on top."""


def _custom(value: Any) -> Any:
    return {"path": value} if isinstance(value, str) else value


def _name(name: str) -> str:
    if name in OPTIONS:
        raise ValueError(f"{name!r} is one of the router's own transformers: choose another name")
    return name


type CustomTransformers = dict[
    Annotated[str, AfterValidator(_name)], Annotated[CustomTransformer, BeforeValidator(_custom)]
]


@dataclass(frozen=True, slots=True)
class TransformerUse:
    """One entry of a list.

    Args:
        options: those of `OPTIONS`; of a custom one what its class is given.
        source: of a custom one, `/whole/path/file.py:Class`.
    """

    name: str
    options: Options | Mapping[str, Any]
    source: str = ""

    def as_written(self) -> Any:
        own = self.options
        options = own.model_dump(mode="json", exclude_unset=True) if isinstance(own, Options) else dict(own)
        return [self.name, options] if options else self.name


def _use(value: Any) -> TransformerUse:
    if isinstance(value, TransformerUse):
        return value
    name, options = _name_and_options(value)
    if (section := OPTIONS.get(name)) is None:
        raise ValueError(f"there is no transformer {name!r} ({', '.join(OPTIONS)}, and those of [transformers])")
    try:
        return TransformerUse(name, section.model_validate(options))
    except ValidationError as error:
        raise ValueError(f"{name}: {_problems(error, section)}") from None


def _name_and_options(value: Any) -> tuple[str, dict[str, Any]]:
    match value:
        case str() as name:
            return name, {}
        case [str() as name]:
            return name, {}
        case [str() as name, dict() as options]:
            return name, options
    raise ValueError('write "name", or ["name", { option = value }]')


def _problems(error: ValidationError, section: type[Options]) -> str:
    """What is wrong with the options; of an unknown one also what there is."""
    said = []
    for problem in error.errors(include_url=False, include_input=False):
        where = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            known = section.model_fields if len(problem["loc"]) == 1 else {}
            there = f" (it has {', '.join(known)})" if known else " (it has none)" if section is NoOptions else ""
            said.append(f"unknown option {where!r}{there}")
        else:
            text = problem["msg"].removeprefix("Value error, ")
            said.append(f"{where}: {text}" if where else text)
    return "; ".join(said)


type Use = Annotated[
    InstanceOf[TransformerUse],
    BeforeValidator(_use),
    PlainSerializer(lambda use: use.as_written(), return_type=Any),
]


def with_custom_ones(table: Any, folder: Path | None) -> Any:
    """The whole configuration's table, in which providers' lists name custom transformers by their file and class.

    Args:
        folder: of config.toml, from which their paths are meant.
    """
    if not isinstance(table, dict) or not isinstance(table.get("transformers"), dict):
        return table
    custom: dict[str, CustomTransformer] = {}
    for name, value in table["transformers"].items():
        try:
            custom[name] = CustomTransformer.model_validate(_custom(value))
        except ValidationError:
            continue  # said where it stands, when the table itself is validated

    def named(value: Any) -> Any:
        if isinstance(value, TransformerUse):
            return value
        try:
            name, options = _name_and_options(value)
        except ValueError:
            return value  # said where it stands, when the list is validated
        if name in OPTIONS or (own := custom.get(name)) is None:
            return value
        file, _, class_name = own.path.rpartition(":")
        path = (folder or Path()) / Path(file).expanduser()
        return TransformerUse(name, {**own.options, **options}, f"{path}:{class_name}")

    providers = table.get("providers")
    if not isinstance(providers, dict):
        return table
    changed = {}
    for name, provider in providers.items():
        changed[name] = provider
        if isinstance(provider, dict):
            lists = provider.get("model_transformers")
            more = {k: _each(v, named) for k, v in lists.items()} if isinstance(lists, dict) else lists
            own_list = _each(provider.get("transformers"), named)
            new = {"transformers": own_list, "model_transformers": more}
            changed[name] = {**provider, **{key: value for key, value in new.items() if value is not None}}
    return {**table, "providers": changed}


def _each(values: Any, named: Any) -> Any:
    return [named(value) for value in values] if isinstance(values, list | tuple) else values
