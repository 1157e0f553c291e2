"""Thought signatures: the simulator signs its own, so that it knows a foreign or a damaged one when it comes back.

Google's are encrypted state of the model; all that a client can tell is that they are base64 and must return
unchanged. Since only the model that thought can read them, ours name the generation (`Corrupted thought signature.`
is what people see after switching models), and the credential when the script binds them.
"""

import base64
import hmac
from hashlib import blake2b

from router_core.simulator.call import Json
from router_core.simulator.gemini_fields import decode_bytes
from router_core.simulator.gemini_models import generation
from router_core.simulator.world import World

# Google documents these two for histories that never had a signature
DUMMIES = (b"skip_thought_signature_validator", b"context_engineering_is_the_way_to_go")

NEEDED_FROM = (3, 0)
"""The first generation that refuses a function call without its signature."""

_KEY = b"simulated thought signatures"
_NONCE_BYTES = 24
_MAC_BYTES = 24


def mint(world: World, token: str, model: str, seed: bytes) -> str:
    """A new signature, in standard base64; the same for the same seed."""
    nonce = blake2b(seed, digest_size=_NONCE_BYTES).digest()
    return base64.b64encode(nonce + _mac(world, token, model, nonce)).decode()


def is_genuine(world: World, token: str, model: str, signature: str) -> bool:
    """Whether this model would take it: minted here for its generation (and credential), or a documented dummy."""
    raw = decode_bytes(signature)
    if raw is None:
        return False
    if _is_dummy(signature):
        return True
    nonce, mac = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
    return hmac.compare_digest(mac, _mac(world, token, model, nonce))


def _is_dummy(signature: str) -> bool:
    """SDKs send a dummy as base64 of its text, people as it is."""
    return decode_bytes(signature) in DUMMIES or signature.encode() in DUMMIES


def signature_problem(world: World, token: str, model: str, contents: list[Json]) -> str | None:
    """What is wrong with the signatures of a conversation, in the provider's words.

    A signature that is there must be genuine wherever it stands; one that is missing matters in the current turn
    only, that is after the last content in which the user says something.
    """
    for content in contents:
        for part in content["parts"]:
            signature = part.get("thoughtSignature")  # empty is the same as absent
            if signature and model.startswith("claude"):
                if not part.get("thought") or _is_dummy(signature) or not is_genuine(world, token, model, signature):
                    return "messages: Invalid `signature` in `thinking` block"
            elif signature and not is_genuine(world, token, model, signature):
                return "Corrupted thought signature."
    if generation(model) < NEEDED_FROM or model.startswith("claude"):
        return None
    for position in range(_current_turn(contents), len(contents)):
        content = contents[position]
        calls = [part for part in content["parts"] if "functionCall" in part]
        if content.get("role") == "model" and calls and not calls[0].get("thoughtSignature"):
            name = calls[0]["functionCall"].get("name", "")
            return (
                "Function call is missing a thought_signature in functionCall parts. This is required for tools to "
                "work correctly, and missing thought_signature may lead to degraded model performance. Additional "
                f"data, function call `default_api:{name}` , position {position + 1}. Please refer to "
                "https://ai.google.dev/gemini-api/docs/thought-signatures for more details."
            )
    return None


def _current_turn(contents: list[Json]) -> int:
    for position in range(len(contents) - 1, -1, -1):
        content = contents[position]
        # reminders that clients put beside a function response do not begin a turn
        if content.get("role") != "model" and not any("functionResponse" in part for part in content["parts"]):
            return position
    return 0


def _mac(world: World, token: str, model: str, nonce: bytes) -> bytes:
    owner = token if world.script.bind_encrypted_content else ""
    message = b"\0".join([nonce, str(generation(model)).encode(), owner.encode()])
    return blake2b(message, key=_KEY, digest_size=_MAC_BYTES).digest()
