"""A finished request as measurements, for the instruments that OpenTelemetry's conventions name."""

from dataclasses import dataclass

from router_core.telemetry.spans import (
    FAILED,
    Attributes,
    KindOf,
    all_input_tokens,
    error_type,
    model_attributes,
    operation_of,
    server_attributes,
)
from router_core.trace.record import TraceRecord

MODELS_WORK = frozenset({"chat", "generate_content", "text_completion", "embeddings"})
"""What is measured; to count tokens or to list models is none of it."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """One histogram. `bounds`: of its buckets, as the conventions advise."""

    name: str
    unit: str
    description: str
    bounds: tuple[float, ...]


_SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
TOKENS = Instrument(
    "gen_ai.client.token.usage", "{token}", "Number of input and output tokens used.",
    (1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864),
)  # fmt: skip
DURATION = Instrument("gen_ai.client.operation.duration", "s", "GenAI operation duration.", _SECONDS)
FIRST_CHUNK = Instrument(
    "gen_ai.client.operation.time_to_first_chunk", "s", "Time to the first piece of an answer.",
    (0.001, 0.005, *_SECONDS),
)  # fmt: skip
INSTRUMENTS = (TOKENS, DURATION, FIRST_CHUNK)


@dataclass(frozen=True, slots=True)
class Measure:
    """One measurement."""

    instrument: Instrument
    value: float
    attributes: Attributes


def measures_of(record: TraceRecord, kind_of: KindOf) -> list[Measure]:
    """Those of one request."""
    operation = operation_of(record)
    if operation not in MODELS_WORK:
        return []
    base = model_attributes(record.provider, record.model, record.asked_model, operation, kind_of)
    if record.attempts:
        base |= server_attributes(record.attempts[-1].url)
    found = []
    for kind, count in (("input", all_input_tokens(record)), ("output", record.usage.output_tokens)):
        if count is not None:
            found.append(Measure(TOKENS, count, {**base, "gen_ai.token.type": kind}))
    if record.finished_at is not None:
        failed = {"error.type": error_type(record)} if record.state in FAILED else {}
        found.append(Measure(DURATION, max(record.finished_at - record.started_at, 0.0), {**base, **failed}))
    if record.ttft_ms is not None and record.streamed:
        found.append(Measure(FIRST_CHUNK, record.ttft_ms / 1000, base))
    return found
