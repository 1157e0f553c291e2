"""A routed client request, read once: its bytes, its JSON, its neutral form, each made when first needed."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import orjson

from router_core.errors import WireError
from router_core.routing.entrance import Entrance
from router_core.state.carried import Carried
from router_core.wire.codec import codec
from router_core.wire.edit import Edit
from router_core.wire.json_bytes import json_bytes
from router_core.wire.model import JsonObject, Request

if TYPE_CHECKING:
    from router_core.counting.estimate import Estimate

MAX_DEPTH_TEXT = "The body is nested too deeply."


class AskedFor:
    """What a client asks of `/v1/…` or `/v1beta/…`.

    Args:
        body: decompressed. `as_sent` stays that, whatever is put into `body` later.
        headers: the client's, names in lower case.
        query: of its path, without credentials.
        carried: reasoning kept for clients that cannot carry it.
        session: what the requests of its conversation have in common, "" when it says nothing.
    """

    def __init__(
        self,
        entrance: Entrance,
        body: bytes,
        headers: Mapping[str, str],
        query: str,
        session: str,
        carried: Carried | None = None,
    ) -> None:
        self.entrance = entrance
        self.body = self.as_sent = body
        self.headers = headers
        self.query = query
        self.session = session
        self.carried = carried
        self._skimmed: Mapping[str, Any] | None = None
        self.edits: list[Edit] = []
        """What was changed of the client's body before it was placed."""

    def skim(self, fields: Mapping[str, Any] | None) -> None:
        """Take model, streaming and session from these fields of the body (asked.py), so that it is parsed only when
        something else is asked for."""
        self._skimmed = fields

    @property
    def said(self) -> Mapping[str, Any]:
        """The body's fields: those that were skimmed, else all. Raises WireError as `json` does."""
        return self.json if self._skimmed is None else self._skimmed

    def use(self, body: JsonObject) -> None:
        """Go on with another body that means the same: state of the provider's side has been put in."""
        self.body, self._skimmed = json_bytes(body), None
        for made in ("json", "neutral", "model", "stream", "estimate"):
            self.__dict__.pop(made, None)

    def use_edited(self, body: bytes, parsed: JsonObject) -> None:
        """Go on with other bytes, and what they are when parsed."""
        self.body, self.json, self._skimmed = body, parsed, None
        for made in ("neutral", "estimate"):
            self.__dict__.pop(made, None)

    @cached_property
    def json(self) -> JsonObject:
        """The body, with the model and the streaming that Gemini says by its path put in.

        Raises:
            WireError: it is no JSON object.
        """
        try:
            value = orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise WireError(f"The body is not JSON: {error}") from error
        if not isinstance(value, dict):
            raise WireError("The body is not a JSON object.")
        if self.entrance.format == "gemini":
            value = {**value, "model": self.entrance.model, "stream": bool(self.entrance.stream)}
        return value

    @cached_property
    def neutral(self) -> Request:
        """What the request means. Raises WireError (400) that names the field."""
        try:
            request = codec(self.entrance.format).decode_request(self.json)
        except RecursionError:
            raise WireError(MAX_DEPTH_TEXT) from None
        return self.carried.put_back(request) if self.carried is not None else request

    @property
    def cannot_carry(self) -> bool:
        """The client gives no proofs back, so that its reasoning must be kept here."""
        return self.entrance.format == "openai-chat" or not self.neutral.include_proofs

    @cached_property
    def model(self) -> str:
        """As the client wrote it."""
        if self.entrance.model:
            return self.entrance.model.removeprefix("models/")
        model = self.said.get("model")
        return model if isinstance(model, str) else ""

    @cached_property
    def stream(self) -> bool:
        """The client wants an event stream."""
        said = self.entrance.stream
        if said is not None:
            return said
        return self.said.get("stream") is True

    @cached_property
    def estimate(self) -> "Estimate":
        """What a look at the whole of it tells."""
        from router_core.counting.estimate import estimate_request  # here: most requests need no estimate

        return estimate_request(self.json, self.entrance.format, self.model)

    @property
    def input_tokens(self) -> int:
        """An estimate, for formats that tell the input before the first word."""
        return self.estimate.input_tokens
