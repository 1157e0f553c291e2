"""One request as the simulated providers see it: decoded, with its credential picked out."""

import gzip
import re
import zlib
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import brotli
import orjson
import zstandard

if TYPE_CHECKING:
    from router_core.simulator.planned import PlannedReply

type Json = dict[str, Any]
type Headers = list[tuple[str, str]]

# Gemini names the model in the path
_GEMINI_PATH = re.compile(r"^/(?:v1beta|v1(?:beta1)?/.*publishers/\w+)/models/([^/:]+)(?::|$)")

MAX_DECODED_BYTES = 64 * 1024 * 1024


class UndecodableBody(ValueError):
    """The body is not what its `Content-Encoding` says."""


@dataclass(slots=False)
class Call:
    """A request, complete."""

    method: str
    path: str
    query: str
    headers: Headers
    raw_body: bytes
    at: float
    """Epoch seconds."""
    planned: "PlannedReply | None" = None
    """The planned reply that this request took."""
    websocket: bool = False
    """It stands for one turn of a WebSocket, or opens one."""
    _lower: dict[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._lower = {}
        for name, value in self.headers:
            key = name.lower()
            # repeated headers join with a comma, as HTTP says; anthropic-beta is sent both ways by SDKs
            self._lower[key] = f"{self._lower[key]},{value}" if key in self._lower else value

    def header(self, name: str) -> str:
        """The value of a header, empty when absent."""
        return self._lower.get(name.lower(), "")

    @cached_property
    def body(self) -> bytes:
        """The body, decompressed. Raises UndecodableBody."""
        return decode_body(self.raw_body, self.header("content-encoding"))

    @cached_property
    def json(self) -> Json | None:
        """The body as a JSON object; None when it is anything else."""
        try:
            value = orjson.loads(self.body)
        except (orjson.JSONDecodeError, UndecodableBody):
            return None
        return value if isinstance(value, dict) else None

    @cached_property
    def digest(self) -> bytes:
        """Identifies path and body, so that ids are the same in every run that asks the same."""
        return blake2b(self.path.encode() + b"\0" + self.raw_body, digest_size=8).digest()

    @property
    def bearer(self) -> str:
        """The credential after `Bearer`, empty when absent."""
        scheme, _, value = self.header("authorization").partition(" ")
        return value.strip() if scheme.lower() == "bearer" else ""

    @property
    def credential(self) -> str:
        """Whatever the caller presents, wherever it presents it; empty when nothing."""
        return self.bearer or self.header("x-api-key") or self.header("x-goog-api-key") or self.query_value("key")

    def query_value(self, name: str) -> str:
        """The last value of a query parameter, empty when absent."""
        return parse_qs(self.query).get(name, [""])[-1] if self.query else ""

    @property
    def model(self) -> str:
        """The model asked for, empty when none is named."""
        if (named := _GEMINI_PATH.match(self.path)) is not None:
            return named[1]
        model = (self.json or {}).get("model") if self.raw_body else ""
        return model if isinstance(model, str) else ""

    @property
    def wants_stream(self) -> bool:
        streams = self.path.endswith((":streamGenerateContent", ":streamRawPredict"))
        return streams or (self.json or {}).get("stream") is True

    def behind(self, path: str, query: str, body: Json, headers: "Headers | None" = None) -> "Call":
        """The request that a service hands on to the API behind it; the same ids come of it."""
        kept = [pair for pair in self.headers if pair[0].lower() not in ("content-encoding", "content-length")]
        inner = Call("POST", path, query, kept if headers is None else headers, orjson.dumps(body), self.at)
        inner.digest = self.digest
        return inner


def decode_body(body: bytes, encoding: str) -> bytes:
    """Undo `Content-Encoding` (gzip, deflate, br, zstd, also stacked).

    Raises:
        UndecodableBody: unknown encoding, corrupt data, or more than MAX_DECODED_BYTES.
    """
    for name in reversed([part.strip().lower() for part in encoding.split(",") if part.strip()]):
        try:
            match name:
                case "identity":
                    continue
                case "gzip" | "x-gzip":
                    body = gzip.decompress(body)
                case "deflate":
                    body = zlib.decompress(body)
                case "br":
                    body = brotli.decompress(body)
                case "zstd":
                    body = zstandard.ZstdDecompressor().stream_reader(body).read(MAX_DECODED_BYTES + 1)
                case _:
                    raise UndecodableBody(f"unknown content-encoding {name!r}")
        except (OSError, EOFError, zlib.error, brotli.error, zstandard.ZstdError) as error:
            raise UndecodableBody(f"body is not valid {name}") from error
        if len(body) > MAX_DECODED_BYTES:
            raise UndecodableBody("decoded body is too large")
    return body
