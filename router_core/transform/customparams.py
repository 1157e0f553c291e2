"""`customparams`: fields of the user's own, merged into the body table by table."""

from typing import Any

from router_core.config.transformers import CustomParamsOptions
from router_core.transform.transformer import Context, Reason, Transformer
from router_core.wire.model import JsonObject


def request(body: JsonObject, options: CustomParamsOptions, context: Context) -> JsonObject | Reason:
    done = merged(body, options.model_extra or {})
    return "the body says all of it already" if done == body else done


def merged(body: JsonObject, more: JsonObject) -> JsonObject:
    """Both, table by table; the second one wins. Lists and single values are replaced."""
    return {**body, **{name: _one(body.get(name), value) for name, value in more.items()}}


def _one(there: Any, value: Any) -> Any:
    return merged(there, value) if isinstance(there, dict) and isinstance(value, dict) else value


TRANSFORMER = Transformer("customparams", request)
