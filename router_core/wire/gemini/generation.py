"""What differs from one generation of Gemini models to the next, by the model's name.

Read 2026-11 in Google's pages on thinking, thought signatures and function calling. A name without a number
(`gemini-flash-latest`, a tuned model) is taken for a current one; other families behind the same API (Gemma, LearnLM)
for an old one, which asks the least of them.
"""

import re
from hashlib import blake2b

type Generation = tuple[int, int]

_NUMBERED = re.compile(r"gemini-(?:[a-z]+-)*(\d+)(?:\.(\d+))?")
CURRENT: Generation = (3, 5)
OLDEST: Generation = (1, 0)
WITH_JSON_SCHEMA: Generation = (2, 5)
"""From here on schemas may be JSON Schema; before, they are a subset of OpenAPI's."""
WITH_SIGNATURES: Generation = (3, 0)
"""From here on function calls need their thought signature, have ids, and mix with built-in tools; tool results may
hold media."""
LEVELS_ONLY: Generation = (4, 0)
"""From here on a thinking budget is refused."""

DUMMY_SIGNATURE = "skip_thought_signature_validator"
"""Google's own value for calls in a history that never had a signature."""

_SYNTHETIC = "call_gm_"


def generation(model: str) -> Generation:
    """`gemini-2.5-pro` → (2, 5)."""
    name = model.lower().rpartition("/")[2]
    if found := _NUMBERED.match(name):
        return int(found[1][:4]), int((found[2] or "0")[:4])
    return CURRENT if name.startswith("gemini") or not name.startswith(("gemma", "learnlm", "text-", "aqa")) else OLDEST


def synthetic_id(*seed: str) -> str:
    """An id for a call that has none: the same for the same seed."""
    digest = blake2b("\0".join(seed).encode("utf-8", "replace"), digest_size=12).hexdigest()
    return _SYNTHETIC + digest


def is_synthetic(call_id: str) -> bool:
    """True for an id that this module made: the provider has never seen it."""
    return call_id.startswith(_SYNTHETIC)
