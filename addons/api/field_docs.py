"""What stands under the fields of a model, in its source.

pydantic can read it, too, but does so as each class is made, which doubles the time that the first answer of the API
takes; here it is read when somebody asks for the document.
"""

import ast
import functools
import inspect
import sys
from collections.abc import Iterator, Mapping

from pydantic import BaseModel


@functools.cache
def field_docs(model: type[BaseModel]) -> Mapping[str, str]:
    """Field → text; those of its parents, too."""
    found: dict[str, str] = {}
    for parent in reversed(model.__mro__):
        found |= _of_module(parent.__module__).get(parent.__qualname__, {}) if parent is not BaseModel else {}
    return {name: text for name, text in found.items() if name in model.model_fields}


@functools.cache
def _of_module(name: str) -> Mapping[str, Mapping[str, str]]:
    """Class → field → text."""
    try:
        tree = ast.parse(inspect.getsource(sys.modules[name]))
    except (OSError, TypeError):  # a built-in module has no source
        return {}
    classes = (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    return {node.name: dict(_fields(node)) for node in classes}


def _fields(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, below in zip(node.body, node.body[1:], strict=False):
        if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
            continue
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str):
            yield field.target.id, inspect.cleandoc(below.value.value)
