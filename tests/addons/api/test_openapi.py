"""The document and the page that are made from the list of endpoints."""

import base64
import hashlib
import re
import shlex
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from addons.api.catalogue import endpoints
from addons.api.docs_page import content_policy, curl, page, style
from addons.api.openapi import TAGS, document
from addons.guard import ADMIN_PATHS, ADMIN_PREFIX
from router_core.home import Home

RUNTIME: Any = SimpleNamespace(home=Home(Path("/home/anna/.mitmrouter")))
ENDPOINTS = endpoints(RUNTIME, RUNTIME)
DOCUMENT = document(ENDPOINTS, "http://127.0.0.1:8100")
FILES = {"admin": "/home/an na/admin.token", "client": "gateway.token"}


def references(part: Any) -> set[str]:
    """Every `$ref` in a part of the document."""
    match part:
        case dict():
            own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
            return own.union(*(references(inner) for inner in part.values()))
        case list():
            return set().union(*(references(inner) for inner in part))
    return set()


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda e: f"{e.method} {e.path}")
def test_every_endpoint_is_described_and_asked_for_the_token_that_the_guard_wants(endpoint: Any) -> None:
    operation = DOCUMENT["paths"][endpoint.path][endpoint.method.lower()]
    assert operation["summary"]
    assert endpoint.tag in TAGS
    admin = endpoint.path.startswith(ADMIN_PREFIX) or endpoint.path in ADMIN_PATHS
    assert admin == (endpoint.auth == "admin")
    named = {each["name"] for each in operation["parameters"] if each["in"] == "path"}
    assert named == set(re.findall(r"\{(\w+)\}", endpoint.path))
    assert {"400", "503", str(endpoint.status)} <= operation["responses"].keys()


def test_all_references_lead_somewhere_and_every_field_of_a_shape_has_a_name_of_its_own() -> None:
    known = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}
    assert references(DOCUMENT) <= known
    assert not [name for name in known if "__" in name], "two models have the same name"


def test_what_stands_under_a_field_is_in_the_document() -> None:
    shapes = DOCUMENT["components"]["schemas"]
    assert shapes["TraceView"]["properties"]["stop_reason"].get("description") is None
    assert shapes["TraceView"]["properties"]["token"]["description"] == "Name of the token that answered."
    assert (
        shapes["TraceDetail"]["properties"]["token"]["description"] == "Name of the token that answered."
    )  # a parent's
    assert shapes["TraceDetail"]["properties"]["cost"]["$ref"].endswith("/CostView")
    page = DOCUMENT["paths"]["/api/traces"]["get"]["parameters"][0]
    assert (page["name"], page["description"], page["schema"]["maximum"]) == ("page", "1 is the newest.", 10_000)
    last = DOCUMENT["paths"]["/api/events"]["get"]["parameters"][0]
    assert (last["name"], last["in"], last["description"][:8]) == ("last-event-id", "header", "The `id`")
    found = [
        shape for shape in shapes.values() for field in shape.get("properties", {}).values() if "description" in field
    ]
    assert len(found) > 100


def test_no_parameter_may_be_null() -> None:
    parameters = [
        each for path in DOCUMENT["paths"].values() for method in path.values() for each in method["parameters"]
    ]
    assert parameters
    assert "null" not in str(parameters)


class Page(HTMLParser):
    """Ids, targets of links, and what would load or run something."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        values = dict(attrs)
        self.ids += [values["id"] or ""] if "id" in values else []
        self.links += [values["href"] or ""] if "href" in values else []


def test_the_page_names_everything_and_loads_and_runs_nothing() -> None:
    css = style()
    html = page(DOCUMENT, css, FILES)
    found = Page(html)
    assert len(found.ids) == len(set(found.ids))
    inside = {link[1:] for link in found.links if link.startswith("#")}
    assert inside <= set(found.ids)
    assert {f"{e.method.lower()}{e.path}".translate(str.maketrans("/.", "__", "{}")) for e in ENDPOINTS} <= set(
        found.ids
    )
    assert [link for link in found.links if not link.startswith("#")] == ["/api/openapi.json"]
    assert not found.tags & {"script", "img", "link", "iframe", "form", "object"}
    assert not found.attributes & {"style", "src", "onclick", "onload"}
    assert "url(" not in css
    assert "@import" not in css


def test_the_policy_of_the_page_allows_its_style_and_nothing_else() -> None:
    css = style()
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    assert f"<style>{css}</style>" in page(DOCUMENT, css, FILES)
    policy = content_policy(css)
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")
    assert "unsafe" not in policy


def test_a_curl_line_can_be_pasted_whatever_the_folder_is_called() -> None:
    line = curl(
        "patch", "http://127.0.0.1:1", "/api/tokens/{name}", DOCUMENT["paths"]["/api/tokens/{name}"]["patch"], FILES
    )
    words = shlex.split(line.replace("\\\n", " "))
    assert words == [
        "curl", "-s", "-X", "PATCH", "http://127.0.0.1:1/api/tokens/NAME",
        "-H", "authorization: Bearer $(cat '/home/an na/admin.token')",
        "-H", "content-type: application/json", "-d", '{"enabled":false}',
    ]  # fmt: skip
