"""The cases below `tests/golden/transform/<transformer>/<case>/`.

`case.json` says where the request goes and through which transformers, `request.json` is the client's body; what comes
out is compared with `sent.json`. A case with a `stream.sse` or `response.json` of the provider has what the client gets
of it in `client.sse` or `client.json`, and what the trace notes of it in `noted.json`.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson

from router_core.answer import Answer
from router_core.asked_for import AskedFor
from router_core.config.schema import Config, ProviderConfig
from router_core.outgoing import Outgoing, put
from router_core.routing.entrance import Entrance
from router_core.routing.target import RouteTarget
from router_core.wire.codec import Answering, CountedMinting

FOLDER = Path(__file__).parents[2] / "golden" / "transform"


@dataclass(frozen=True)
class Case:
    """One request, and maybe its answer, through the transformers of one provider."""

    folder: Path

    def __str__(self) -> str:
        return f"{self.folder.parent.name}/{self.folder.name}"

    @cached_property
    def said(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "case.json").read_text())
        return found

    @property
    def provider(self) -> ProviderConfig:
        table = {
            "kind": self.said.get("kind", "openai-chat"),
            "base_url": self.said.get("base_url", "https://llm.example/v1"),
            "transformers": self.said.get("transformers", []),
            "model_transformers": self.said.get("model_transformers", {}),
        }
        own = {"transformers": self.said.get("custom", {}), "providers": {"p": table}}
        return Config.model_validate(own, context={"folder": self.folder.parent}).providers["p"]

    @cached_property
    def asked(self) -> AskedFor:
        body = (self.folder / "request.json").read_bytes()
        format = self.said.get("client", "openai-chat")
        stream = bool(self.said.get("stream")) if format == "gemini" else None
        place = Entrance(format, "generate", self.said["model"] if format == "gemini" else "", stream)
        return AskedFor(place, body, {}, "", "")

    def put(self) -> Outgoing:
        return put(self.asked, RouteTarget("p", self.said["model"]), self.provider)

    def sent(self) -> dict[str, Any]:
        """What is compared with `sent.json`."""
        outgoing = self.put()
        return {
            "path": outgoing.rest,
            "treatment": outgoing.treatment,
            "edits": [list(edit) for edit in outgoing.edits],
            "notes": [list(edit) for edit in outgoing.notes],
            "losses": [[loss.path, loss.reason] for loss in outgoing.losses],
            "body": orjson.loads(outgoing.body),
        }

    def answered(self, size: int | None = None) -> tuple[bytes, list[list[str]]]:
        """(what the client gets, what is noted) of the provider's answer, fed in pieces of `size` bytes."""
        outgoing, noted = self.put(), []
        is_sse = (self.folder / "stream.sse").exists()
        given = (self.folder / ("stream.sse" if is_sse else "response.json")).read_bytes()
        answering = Answering(self.asked.neutral, self.asked.model, CountedMinting())
        answer = Answer(
            outgoing, self.asked.entrance, answering, is_sse=is_sse, note=lambda path, rule: noted.append([path, rule])
        )
        out = b""
        for start in range(0, len(given), size or len(given)):
            out += answer.feed(given[start : start + (size or len(given))])
        return out + answer.close(), noted


def cases() -> list[Case]:
    return [Case(file.parent) for file in sorted(FOLDER.glob("*/*/case.json"))]


def answered_cases() -> list[Case]:
    """Those with an answer of the provider."""
    return [case for case in cases() if any((case.folder / name).exists() for name in ("stream.sse", "response.json"))]
