"""The OpenAPI document as one page for people: nothing is loaded, no script runs, its style is named by its hash."""

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from importlib.resources import files
from shlex import quote
from typing import Any

import orjson

from addons.api.openapi import USUAL_FAILURES

type Schema = Mapping[str, Any]

METHODS = ("get", "put", "post", "patch", "delete")


def style() -> str:
    """The style of the page."""
    return files("addons.api").joinpath("docs.css").read_text(encoding="utf-8")


def content_policy(css: str) -> str:
    """What a browser may do with the page: apply this style, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def page(document: Schema, css: str, token_file: Mapping[str, str]) -> str:
    """The whole page.

    Args:
        token_file: who may ask (`admin`, `client`) → the file that holds the token, for the curl lines.
    """
    info = document["info"]
    return "".join(
        (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(info['title'])} API</title><style>{css}</style></head><body><div class=frame>",
            *_contents(document),
            f"<main><h1>{escape(info['title'])} API</h1>",
            f"<p class=said>Version {escape(info['version'])} · ",
            '<a href="/api/openapi.json">openapi.json</a></p>',
            *(f"<p class=about>{_text(paragraph)}</p>" for paragraph in info["description"].strip().split("\n\n")),
            "<section><h4>What any of them may answer</h4><table>",
            *(f"<tr><td><code>{code}</code></td><td>{_text(said)}</td></tr>" for code, said in USUAL_FAILURES.items()),
            '<tr><td></td><td><a href="#shape-Problem">Problem</a> says more</td></tr></table></section>',
            *_subjects(document, token_file),
            '<h2 id="shapes">Shapes</h2><p class=said>What answers and bodies are made of.</p>',
            *(part for name, schema in document["components"]["schemas"].items() for part in _shape(name, schema)),
            "</main></div></body></html>",
        )
    )


def _operations(document: Schema, tag: str) -> Iterator[tuple[str, str, Schema]]:
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods and tag in methods[method]["tags"]:
                yield method, path, methods[method]


def _contents(document: Schema) -> Iterator[str]:
    yield "<nav>"
    for tag in document["tags"]:
        yield f"<h2>{escape(tag['name'])}</h2><ul>"
        for method, path, operation in _operations(document, tag["name"]):
            yield f'<li><a href="#{operation["operationId"]}">{_method(method)}<span>{escape(path)}</span></a></li>'
        yield "</ul>"
    yield '<h2><a href="#shapes">shapes</a></h2></nav>'


def _subjects(document: Schema, token_file: Mapping[str, str]) -> Iterator[str]:
    server = document["servers"][0]["url"]
    for tag in document["tags"]:
        yield f"<h2>{escape(tag['name'].capitalize())}</h2><p class=said>{_text(tag['description'])}.</p>"
        for method, path, operation in _operations(document, tag["name"]):
            yield f'<section id="{operation["operationId"]}">'
            yield f"<h3>{_method(method)}<span class=path>{escape(path)}</span></h3>"
            yield f"<p>{_text(operation['summary'])}. {_text(operation.get('description', ''))}</p>"
            yield from _parameters(operation["parameters"])
            if body := operation.get("requestBody"):
                yield f"<h4>Body</h4><p>{_kind(_content(body)['schema'])}</p>"
            yield from _answers(operation["responses"])
            yield f"<pre>{escape(curl(method, server, path, operation, token_file))}</pre></section>"


def _parameters(parameters: Sequence[Schema]) -> Iterator[str]:
    if parameters:
        yield "<h4>Parameters</h4><table>"
        for each in parameters:
            place = "" if each["in"] == "query" else f" <span class=kind>{each['in']}</span>"
            said = _text(each.get("description", "")) + _bounds(each["schema"])
            yield _row(each["name"], each["schema"], said, needed=each["required"], place=place)
        yield "</table>"


def _answers(responses: Schema) -> Iterator[str]:
    yield "<h4>Answers</h4><table>"
    for status, answer in responses.items():
        if answer["description"] == USUAL_FAILURES.get(int(status)):
            continue  # said once, at the top
        shape = _kind(_content(answer)["schema"]) if status < "4" else ""
        media = next(iter(answer["content"]))
        shown = shape if media == "application/json" or not shape else f"<span class=kind>{escape(media)}</span>"
        yield f"<tr><td><code>{status}</code></td><td>{shown}</td><td>{_text(answer['description'])}</td></tr>"
    yield "</table>"


def _content(part: Schema) -> Schema:
    found: Schema = next(iter(part["content"].values()))
    return found


def _shape(name: str, schema: Schema) -> Iterator[str]:
    yield f'<section id="shape-{escape(name)}"><h3>{escape(name)}</h3><p>{_text(schema.get("description", ""))}</p>'
    if properties := schema.get("properties"):
        yield "<table>"
        for field, inner in properties.items():
            said = _text(inner.get("description", "")) + _bounds(inner)
            yield _row(field, inner, said, needed=False)
        yield "</table>"
    elif "oneOf" in schema or "anyOf" in schema:
        yield f"<p>{_kind(schema)}</p>"
    yield "</section>"


def _row(name: str, schema: Schema, said: str, *, needed: bool, place: str = "") -> str:
    mark = "<span class=needed title=required>*</span>" if needed else ""
    return (
        f"<tr><td><code>{escape(name)}</code>{mark}{place}</td><td class=kind>{_kind(schema)}</td><td>{said}</td></tr>"
    )


def _kind(schema: Schema) -> str:
    """The type in words, with links."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#shape-{name}">{name}</a>'
    if kinds := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(_kind(kind) for kind in kinds)
    if "enum" in schema:
        return " or ".join(escape(orjson.dumps(value).decode()) for value in schema["enum"])
    if "const" in schema:
        return escape(orjson.dumps(schema["const"]).decode())
    match schema.get("type"):
        case "array":
            return f"list of {_kind(schema.get('items', {}))}"
        case "object":
            inner = schema.get("additionalProperties")
            return f"map of {_kind(inner)}" if isinstance(inner, Mapping) else "object"
        case str(kind):
            return escape(kind)
    return "anything"


def _bounds(schema: Schema) -> str:
    """What is allowed beside the type."""
    told = [
        f"{word} <code>{escape(str(schema[key]))}</code>"
        for key, word in (("minimum", "at least"), ("maximum", "at most"), ("default", "default"))
        if schema.get(key) not in (None, "")
    ]
    return f" <span class=kind>{', '.join(told)}</span>" if told else ""


def curl(method: str, server: str, path: str, operation: Schema, token_file: Mapping[str, str]) -> str:
    """A line for the shell that asks this."""
    asker = next(iter(operation.get("security", [{"admin": []}])), None)
    word = next(iter(asker)) if asker else ""
    streams = "text/event-stream" in operation["responses"].get("200", {}).get("content", {})
    line = f"curl -s{'N' if streams else ''}"
    line += "" if method == "get" else f" -X {method.upper()}"
    line += " " + re.sub(r"{(\w+)}", lambda name: name[1].upper(), server + path)
    if word:
        line += f' \\\n  -H "authorization: Bearer $(cat {quote(token_file[word])})"'
    if method != "get":
        line += " \\\n  -H 'content-type: application/json'"
    if body := operation.get("requestBody"):
        example = orjson.dumps(_content(body).get("example", {})).decode()
        line += f" -d {quote(example)}"
    return line


def _method(method: str) -> str:
    return f'<span class="method {method}">{method.upper()}</span>'


def _text(said: str) -> str:
    """Words with `code` in them."""
    parts = escape(said, quote=False).split("`")
    return "".join(f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts))
