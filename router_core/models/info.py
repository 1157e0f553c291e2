"""What one model is and can do, as far as routing and translation need it.

Prices are not here: they change with the date of a request, these facts do not.
"""

from dataclasses import dataclass, field
from typing import Literal

Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
Endpoint = Literal["anthropic", "openai-chat", "openai-responses", "gemini"]
Modality = Literal["text", "image", "pdf", "audio", "video"]
Mode = Literal["none", "budget", "adaptive", "effort", "level"]
Basis = Literal["exact", "alias", "family", "provider", "none"]


@dataclass(frozen=True, slots=True)
class ReasoningInfo:
    """How a model is told to think."""

    mode: Mode = "none"
    """`none`: it takes no such setting. `budget`: a number of tokens. `adaptive`: Claude from 4.6 on, which decides by
    itself within an effort. `effort`: one of `efforts`. `level`: Gemini's `thinkingLevel`, one of `efforts`."""
    always: bool = False
    """It thinks whatever it is told: asking it not to is refused."""
    efforts: tuple[Effort, ...] = ()
    """The words it accepts, weakest first; `none` among them means that thinking can be switched off by that word."""
    budget_min: int | None = None
    """Smallest number of thinking tokens above zero that it accepts; None where a number is refused."""
    budget_max: int | None = None
    """Largest number of thinking tokens that it accepts; None where a number is refused or no limit is published."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """One model at one provider."""

    id: str
    """As the provider spells it."""
    provider: str
    """The provider's name in the config; where none was named, the vendor."""
    display_name: str
    vendor: str = ""
    """Who makes it: `anthropic`, `openai`, `google` … Empty when that is unknown."""
    context_window: int = 128_000
    """Tokens of input and output together."""
    max_input_tokens: int | None = None
    """Most tokens of input, where that is less than the window; see `input_limit`."""
    max_output_tokens: int = 8_192
    """Most tokens of one answer, thinking included."""
    input_modalities: tuple[Modality, ...] = ("text",)
    tools: bool = True
    reasoning: ReasoningInfo = ReasoningInfo()
    endpoints: tuple[Endpoint, ...] = ("openai-chat",)
    """Formats in which its provider answers for it; where several, the best one first. () where its list should say
    it and does not."""
    created: int | None = None
    """Epoch seconds of its release; None when no source says it."""
    sampling: bool = True
    """False where `temperature`, `top_p` or `top_k` are refused."""
    responses_only: bool = False
    """It belongs on `/responses`, whatever the client speaks: elsewhere it refuses, or refuses tools."""
    forced_tool_ok: bool = True
    """False where a forced tool call is always refused, because it is refused with thinking and thinking stays on."""
    structured_output: bool = False
    """It takes a JSON Schema for its answer."""
    basis: Basis = "none"
    """Where this comes from: `exact` or `alias` a row of our own, `family` a guess by the name, `provider` the
    provider's own list, `none` nothing: the defaults are cautious."""
    codex_entry: bytes = field(default=b"", repr=False)
    """The entry of Codex's own catalogue as it came (JSON): instructions and switches that nobody else knows."""
    as_of: str = ""
    """The day on which the facts were true (`2026-10-09`, `2026-09`)."""

    @property
    def known(self) -> bool:
        """False when these are only defaults."""
        return self.basis != "none"

    @property
    def input_limit(self) -> int:
        """Most tokens that a request may hold."""
        return self.context_window if self.max_input_tokens is None else self.max_input_tokens
