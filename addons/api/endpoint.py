"""What one endpoint of the API is: how it is asked, what answers, and how both are described.

From the list of these (catalogue.py) come the dispatch, the validation, the OpenAPI document and the docs page.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict

from addons.live_answer import Pieces

JSON = "application/json"


# defer_build: most of these models only describe; they are built when the document is asked for. What stands under
# their fields gets into it by field_docs.py.
class Question(BaseModel):
    """Base of queries: values are text on the wire, and an unknown name is an error."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, defer_build=True)


class Change(BaseModel):
    """Base of request bodies: nothing is guessed, and an unknown field is an error."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)


class View(BaseModel):
    """Base of what is answered. More fields may come: clients skip those they do not know."""

    model_config = ConfigDict(defer_build=True)


class NoQuestion(Question):
    """Nothing may be asked for."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is no model.

    Args:
        value: what becomes JSON; text and bytes are sent as they are.
        pieces: instead of a value: what is sent piece by piece, for as long as it comes.
    """

    value: Any = None
    status: int | None = None
    media: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    pieces: Pieces | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path.

    Args:
        path: `/api/traces/{id}`; what stands in braces is given to `handle` by that name.
        handle: called with the arguments of the path, and `query`, `body`, `headers` where they are declared.
        answer: what a successful answer looks like; None: it is no JSON.
        status: of a successful answer.
        tag: the subject, for the document.
        headers: request headers that are read; fields have the header's name as alias.
        media: of the answer, where it is no JSON.
        errors: status → when; beside those that every endpoint may answer.
        example: of the body, for the document.
        auth: who may ask; the guard checks it.
        most_bytes: of the body: to read a large one takes time in which no request goes on.
    """

    method: Literal["GET", "PUT", "POST", "PATCH", "DELETE"]
    path: str
    handle: Callable[..., Awaitable[BaseModel | Answer]]
    summary: str
    answer: type[BaseModel] | None
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    status: int = 200
    tag: str = ""
    description: str = ""
    headers: type[BaseModel] | None = None
    media: str = JSON
    errors: Mapping[int, str] = field(default_factory=dict)
    example: Mapping[str, Any] | None = None
    auth: Literal["admin", "client", "none"] = "admin"
    most_bytes: int = 1024 * 1024


class Subject(Protocol):
    """What one file of this folder offers."""

    def endpoints(self) -> Sequence[Endpoint]: ...
