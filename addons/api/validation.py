"""What a caller sent, as the model that an endpoint declares; else a refusal that names the field and the problem."""

from difflib import get_close_matches
from urllib.parse import parse_qsl

from pydantic import BaseModel, ValidationError

from router_core.errors import WireError
from router_core.text import printable

MOST_FIELDS = 64


class BadRequest(WireError):
    """What was sent is not what the endpoint takes."""

    kind = "bad_request"


def read_query[Model: BaseModel](model: type[Model], text: str) -> Model:
    """The part of a path behind the `?`.

    Raises:
        BadRequest: a name is unknown or given twice, a value is none of those allowed.
    """
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise BadRequest(f"The query has more than {MOST_FIELDS} fields.") from None
    values: dict[str, str] = {}
    for name, value in pairs:
        if name in values:
            raise BadRequest(f"{printable(name, 80)}: is given twice", param=printable(name, 80))
        values[name] = value
    return _checked(model, values)


def read_headers[Model: BaseModel](model: type[Model], fields: dict[str, str]) -> Model:
    """Those of the request's headers (lower case) that the model knows."""
    known = {spec.alias or name for name, spec in model.model_fields.items()}
    return _checked(model, {name: value for name, value in fields.items() if name in known})


def read_body[Model: BaseModel](model: type[Model], content: bytes) -> Model:
    """A JSON body; none at all counts as `{}`."""
    try:
        return model.model_validate_json(content or b"{}")
    except ValidationError as error:
        raise _refusal(error) from None


def _checked[Model: BaseModel](model: type[Model], values: dict[str, str]) -> Model:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise _unknown(model, error) or _refusal(error) from None


def _unknown(model: type[BaseModel], error: ValidationError) -> BadRequest | None:
    """For a name of the query that there is not: which there are, and which of them is meant."""
    problem = error.errors(include_url=False, include_input=False, include_context=False)[0]
    if problem["type"] != "extra_forbidden" or not model.model_fields:
        return None
    field = printable(str(problem["loc"][0]), 80)
    spelt = "".join(f"_{char.lower()}" if char.isupper() else char for char in field).removesuffix("_ms")
    near = get_close_matches(spelt, model.model_fields, n=1)
    meant = f"Did you mean {near[0]!r}? " if near else ""
    return BadRequest(f"{field}: is not known here. {meant}Known: {', '.join(model.model_fields)}.", param=field)


def _refusal(error: ValidationError) -> BadRequest:
    problem = error.errors(include_url=False, include_input=False, include_context=False)[0]
    field = printable(".".join(map(str, problem["loc"])), 120)
    said = f"{field}: {problem['msg']}" if field else str(problem["msg"])
    return BadRequest(said, param=field)
