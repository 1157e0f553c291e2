"""What a model must have to answer one prompt, and what the answer would cost."""

from typing import Self

from msgspec import Struct

from router_core.models.info import ModelInfo
from router_core.routing.auto.prompt import Prompt
from router_core.routing.auto.tier import Tier
from router_core.spend.prices import MILLION, Price

USUAL_OUTPUT: dict[Tier, int] = {"SIMPLE": 300, "MEDIUM": 1_500, "COMPLEX": 6_000, "REASONING": 12_000}
"""Output tokens that an answer is taken to have, thinking included; never more than the caller allows."""
LEAST_ROOM = 1_024
"""Output tokens for which the context window must have room in any case."""


class Need(Struct, frozen=True):
    """What one prompt needs."""

    input_tokens: int
    output_tokens: int
    """As estimated; what the caller allows may be much more."""
    tools: bool = False
    images: bool = False
    media: frozenset[str] = frozenset()
    """Other kinds that it must take: `pdf`, `audio`, `video`."""

    @classmethod
    def of(cls, prompt: Prompt, tier: Tier) -> Self:
        """What a prompt of this tier needs."""
        usual, most = USUAL_OUTPUT[tier], prompt.max_output_tokens
        return cls(
            prompt.input_tokens or _rough_tokens(prompt),
            min(usual, most) if most else usual,
            prompt.tool_count > 0 or prompt.tool_result_count > 0,
            prompt.image_count > 0,
            prompt.media,
        )

    def lacking(self, info: ModelInfo) -> str:
        """What this model lacks; "" when it can answer. A model of which nothing is known is given the chance."""
        if not info.known:
            return ""
        if self.images and "image" not in info.input_modalities:
            return "it takes no images"
        if self.media and (missing := sorted(self.media.difference(info.input_modalities))):
            return f"it takes no {missing[0]}"
        if self.tools and not info.tools:
            return "it calls no tools"
        room = min(info.input_limit, info.context_window - min(LEAST_ROOM, self.output_tokens))
        if self.input_tokens > room:
            return f"{self.input_tokens} input tokens do not fit into its {info.input_limit}"
        return ""

    def cost(self, price: Price) -> int:
        """Nano-USD, nothing cached."""
        return (self.input_tokens * price.input + self.output_tokens * price.output) // MILLION


def _rough_tokens(prompt: Prompt) -> int:
    """Without a tokenizer: four Latin letters are a token, other characters nearly one each."""
    text = prompt.user_text + prompt.system_text
    wide = 0 if text.isascii() else sum(map("\u2e80".__le__, text))
    return 8 + (len(text) - wide) // 4 + wide * 4 // 5
