"""The OpenAPI 3.1 document of the list of endpoints; what it says is what validation and tests go by."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from addons.api.endpoint import JSON, Change, Endpoint, NoQuestion, Question, View
from addons.api.field_docs import field_docs
from router_core import __version__

type Schema = dict[str, Any]
type Schemas = Mapping[tuple[Any, Literal["validation", "serialization"]], Schema]

REFERENCE = "#/components/schemas/{model}"
ABOUT = """\
What the running router knows and lets programs change. Every path but `/health` and `/status` takes the admin token,
which lies in `admin.token` of the home folder, as `Authorization: Bearer`. Changes are `application/json`.

Times are epoch milliseconds where nothing else is said, money is nano-USD (a billionth of a dollar), fractions are
between 0 and 1. Where something cannot be done, `error.message` says why, and `error.param` which field is at fault.
Answers may get more fields; no field changes its meaning.
"""
SECURITY = {
    "admin": {
        "type": "http",
        "scheme": "bearer",
        "description": "The token in `admin.token` of the home folder.",
    },
    "client": {
        "type": "http",
        "scheme": "bearer",
        "description": "The token in `gateway.token` of the home folder, as clients present it.",
    },
}
TAGS = {
    "router": "The router itself",
    "traces": "Every request, with its attempts, bodies and decisions",
    "statistics": "What was used, by anything, over any time",
    "events": "What happens, as it happens",
    "tokens": "The stored credentials, without themselves, and their quota",
    "logins": "Logging in to accounts",
    "routing": "Which model answers",
    "spend": "Money and budgets",
    "keys": "Keys of clients",
}


USUAL_FAILURES = {
    400: "What was sent is not what the endpoint takes.",
    403: "The token is missing or wrong, or a web page of another origin asks.",
    413: "The body is too large.",
    415: "The body is no `application/json`.",
    503: "The router is just starting, or another program is writing to its database.",
}


class ProblemDetail(View):
    """Why it cannot be done."""

    message: str
    type: str
    param: str | None
    """The field at fault."""
    code: str
    """A stable word."""


class Problem(View):
    """An answer that is no success."""

    error: ProblemDetail


def document(endpoints: Sequence[Endpoint], address: str) -> Schema:
    """The whole document.

    Args:
        address: `http://127.0.0.1:8100`.
    """
    schemas, defined = _schemas(endpoints)
    paths: dict[str, Schema] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, schemas)
    used = {endpoint.tag for endpoint in endpoints}
    return {
        "openapi": "3.1.0",
        "info": {"title": "mitmrouter", "version": __version__, "description": ABOUT, "license": {"name": "MIT"}},
        "servers": [{"url": address}],
        "security": [{"admin": []}],
        "tags": [{"name": name, "description": said} for name, said in TAGS.items() if name in used],
        "paths": paths,
        "components": {"schemas": defined, "securitySchemes": SECURITY},
    }


def _schemas(endpoints: Sequence[Endpoint]) -> tuple[Schemas, Schema]:
    """The reference of each model, and what the references mean."""
    wanted: list[tuple[type[BaseModel], Literal["validation", "serialization"]]] = [(Problem, "serialization")]
    for endpoint in endpoints:
        wanted += [(endpoint.answer, "serialization")] if endpoint.answer else []
        wanted += [(endpoint.body, "validation")] if endpoint.body else []
    found, definitions = models_json_schema(wanted, ref_template=REFERENCE)
    defined: Schema = definitions.get("$defs", {})
    for model in _models():
        if model.__name__ in defined:
            _describe(defined[model.__name__], model)
    return found, defined


def _models(base: type[BaseModel] = BaseModel) -> Iterator[type[BaseModel]]:
    """All that are made from ours; names are told apart by a test."""
    for model in (Question, Change, View) if base is BaseModel else base.__subclasses__():
        yield model
        yield from _models(model)


def _describe(schema: Schema, model: type[BaseModel]) -> None:
    """Add what stands under the fields in the source, where nothing else is said."""
    names = {name: spec.alias or name for name, spec in model.model_fields.items()}
    for name, text in field_docs(model).items():
        schema.get("properties", {}).get(names[name], {}).setdefault("description", text)


def _operation(endpoint: Endpoint, schemas: Schemas) -> Schema:
    operation: Schema = {
        "operationId": f"{endpoint.method.lower()}{endpoint.path.translate(_NAMED)}",
        "tags": [endpoint.tag],
        "summary": endpoint.summary,
        "parameters": [*_path_parameters(endpoint), *_parameters(endpoint.query or NoQuestion, "query")],
        "responses": {str(endpoint.status): _success(endpoint, schemas), **_failures(endpoint, schemas)},
    }
    if endpoint.headers is not None:
        operation["parameters"] += _parameters(endpoint.headers, "header")
    if endpoint.description:
        operation["description"] = endpoint.description
    if endpoint.auth != "admin":
        operation["security"] = [{endpoint.auth: []}] if endpoint.auth == "client" else []
    if endpoint.body is not None:
        content: Schema = {"schema": schemas[endpoint.body, "validation"]}
        if endpoint.example is not None:
            content["example"] = dict(endpoint.example)
        operation["requestBody"] = {"required": True, "content": {JSON: content}}
    return operation


_NAMED = str.maketrans({"/": "_", "{": "", "}": "", ".": "_"})


def _path_parameters(endpoint: Endpoint) -> list[Schema]:
    names = [part[1:-1] for part in endpoint.path.split("/") if part.startswith("{")]
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}} for name in names
    ]


def _parameters(model: type[BaseModel], place: str) -> list[Schema]:
    schema = model.model_json_schema(ref_template=REFERENCE)
    _describe(schema, model)
    required = schema.get("required", ())
    found = []
    for name, field in schema.get("properties", {}).items():
        inner = _without_null({key: value for key, value in field.items() if key not in ("title", "description")})
        parameter = {"name": name, "in": place, "required": name in required, "schema": inner}
        if "description" in field:
            parameter["description"] = field["description"]
        found.append(parameter)
    return found


def _without_null(schema: Schema) -> Schema:
    """A parameter that was not given is not there: nobody can send null."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind.get("type") != "null"]
    if len(kinds) == 1:
        schema = {**{key: value for key, value in schema.items() if key != "anyOf"}, **kinds[0]}
    if schema.get("default", "") is None:
        del schema["default"]
    return schema


def _success(endpoint: Endpoint, schemas: Schemas) -> Schema:
    schema: Schema = schemas[endpoint.answer, "serialization"] if endpoint.answer else {"type": "string"}
    return {"description": endpoint.summary, "content": {endpoint.media: {"schema": schema}}}


def _failures(endpoint: Endpoint, schemas: Schemas) -> Schema:
    usual = [400, 403, 503, *((413, 415) if endpoint.method not in ("GET", "DELETE") else ())]
    failures = {status: USUAL_FAILURES[status] for status in usual} | dict(endpoint.errors)
    content = {JSON: {"schema": schemas[Problem, "serialization"]}}
    return {str(status): {"description": said, "content": content} for status, said in sorted(failures.items())}
