"""What a request is expected to use, before it is sent: the prompt as estimated, and as much output as is reserved.

An agent asks for 128,000 output tokens and takes some hundred: reserving what it asks for would block a budget with a
handful of requests. So at most `expected_output_tokens` are reserved, and a budget can be exceeded by what the requests
under way at that moment say beyond it. Whoever sets it to the model's maximum is never exceeded by output at all.
"""

from typing import Any

import msgspec

from router_core.models.known import model_info


class _Generation(msgspec.Struct):
    maxOutputTokens: Any = None
    max_output_tokens: Any = None
    candidateCount: Any = None
    candidate_count: Any = None


class _Inner(msgspec.Struct):
    generationConfig: _Generation | None = None


class _Body(msgspec.Struct):
    max_tokens: Any = None
    max_completion_tokens: Any = None
    max_output_tokens: Any = None
    n: Any = None
    generationConfig: _Generation | None = None
    generation_config: _Generation | None = None
    request: _Inner | None = None


_decoder = msgspec.json.Decoder(_Body)


def most_output(body: bytes) -> int | None:
    """The output tokens that a request allows, in whichever format; None when it does not say. The largest number
    counts where it says several, since nobody knows which one the provider heeds; each answer of several is output."""
    try:
        said = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    inner = said.request.generationConfig if said.request is not None else None
    found, answers = [said.max_tokens, said.max_completion_tokens, said.max_output_tokens], [said.n]
    for generation in (said.generationConfig, said.generation_config, inner):
        if generation is not None:
            found += [generation.maxOutputTokens, generation.max_output_tokens]
            answers += [generation.candidateCount, generation.candidate_count]
    most = max(map(_number, found))
    return most * max(1, *map(_number, answers)) if most else None


def _number(value: Any) -> int:
    """0 for what is none; `100.0` is one, too."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 2**53:
        return 0
    return int(value)


def expected_output(asked: int | None, model: str, at_most: int) -> int:
    """The output tokens that are reserved."""
    most = model_info(model).max_output_tokens
    return min(value for value in (asked, most, at_most) if value)
