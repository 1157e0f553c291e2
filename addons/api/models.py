"""`/api/models`: every model that the registered tokens reach, with what it can do and what it costs."""

from collections.abc import Sequence

from addons.api.endpoint import Endpoint, Question, View
from addons.api.question_types import Text
from addons.runtime import Runtime
from router_core.models.info import ModelInfo
from router_core.spend.prices import price_of


class ModelsQuestion(Question):
    """Which models."""

    provider: Text = ""
    """Only those of this provider."""


class PriceView(View):
    """Nano-USD for a million tokens."""

    input: int
    output: int
    cache_read: int
    cache_write: int
    cache_write_1h: int


class ModelView(View):
    """One model at one provider."""

    target: str
    """As routing takes it."""
    provider: str
    model: str
    display_name: str
    vendor: str
    known: bool
    """False: what follows are cautious defaults."""
    context_window: int
    max_output_tokens: int
    input_modalities: list[str]
    tools: bool
    reasoning: str
    """How it is told to think; `none`: it is not."""
    structured_output: bool
    formats: list[str]
    """Wire formats in which its provider answers for it, the best one first."""
    price: PriceView | None
    """At list prices, for a short prompt; null: not known."""


class ModelList(View):
    """In the order of listings."""

    models: list[ModelView]


class Models:
    """Asks the model directory."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def endpoints(self) -> Sequence[Endpoint]:
        return [
            Endpoint(
                "GET", "/api/models", self.listed, "Every model that the tokens reach, with its price", ModelList,
                query=ModelsQuestion, tag="routing",
            ),
        ]  # fmt: skip

    async def listed(self, query: ModelsQuestion) -> ModelList:
        runtime = self.runtime
        runtime.pool.refresh()
        sources = [source for source in runtime.model_sources() if query.provider in ("", source.name)]
        found = await runtime.models.models(sources)
        return ModelList(models=[self._view(info) for info in found])

    def _view(self, info: ModelInfo) -> ModelView:
        runtime = self.runtime
        price = price_of(info.id, provider=info.provider, at=runtime.clock.now(), overrides=runtime.config.prices)
        return ModelView(
            target=f"{info.provider}/{info.id}",
            provider=info.provider,
            model=info.id,
            display_name=info.display_name,
            vendor=info.vendor,
            known=info.known,
            context_window=info.context_window,
            max_output_tokens=info.max_output_tokens,
            input_modalities=list(info.input_modalities),
            tools=info.tools,
            reasoning=info.reasoning.mode,
            structured_output=info.structured_output,
            formats=list(runtime.endpoints(info.provider, info.id) or info.endpoints),
            price=None if price is None else PriceView.model_validate(price, from_attributes=True),
        )
