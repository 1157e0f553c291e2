"""From a request to its endpoint: what is found, what is refused and how, what is written."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Annotated, Literal

import orjson
import pytest
from mitmproxy import http
from mitmproxy.test import tflow, tutils
from pydantic import Field

from addons.api.answering import Answering
from addons.api.endpoint import Answer, Change, Endpoint, Question, View
from addons.api.table import Table
from addons.api.validation import BadRequest
from router_core.errors import Refused


class Wanted(Question):
    page: Annotated[int, Field(ge=1)] = 1
    kind: Literal["", "a"] = ""


class Edit(Change):
    size: int
    name: str = ""


class Told(View):
    said: str


async def one(id: str, query: Wanted) -> Told:
    return Told(said=f"{id} {query.page}")


async def last() -> Answer:
    return Answer("plain", media="text/plain")


async def edit(id: str, body: Edit) -> Told:
    return Told(said=f"{id} {body.size}")


ENDPOINTS = [
    Endpoint("GET", "/api/things/{id}", one, "One", Told, query=Wanted),
    Endpoint("POST", "/api/things/{id}", edit, "Edit", Told, body=Edit, status=201),
    Endpoint("GET", "/api/things/last", last, "Last", Told),
]


async def ask(method: str, path: str, body: bytes = b"") -> http.Response:
    flow = tflow.tflow(req=tutils.treq(method=method.encode(), path=path.encode(), content=body))
    await Answering(Table(ENDPOINTS)).answer(flow)
    assert flow.response is not None
    return flow.response


async def test_arguments_of_the_path_are_decoded_and_a_fixed_part_goes_before_a_free_one() -> None:
    assert orjson.loads((await ask("GET", "/api/things/a%2Fb?page=3")).content or b"") == {"said": "a/b 3"}
    assert (await ask("GET", "/api/things/last")).content == b"plain"


@pytest.mark.parametrize("path", ["/api/thing", "/api/things", "/api/things/", "/api/things/a/b"])
async def test_a_path_that_is_not_there_is_404(path: str) -> None:
    answer = await ask("GET", path)
    assert answer.status_code == 404
    assert b"There is no GET" in (answer.content or b"")


async def test_a_method_that_is_not_there_is_405_and_names_those_that_are() -> None:
    answer = await ask("DELETE", "/api/things/1")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST, OPTIONS")


async def test_options_are_told_and_head_is_get_without_its_body() -> None:
    options = await ask("OPTIONS", "/api/things/1")
    assert (options.status_code, options.headers["allow"], options.content) == (204, "GET, HEAD, POST, OPTIONS", b"")
    head, get = await ask("HEAD", "/api/things/1"), await ask("GET", "/api/things/1")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(get.content or b"")))


@pytest.mark.parametrize(
    ("method", "path", "body", "says"),
    [
        ("GET", "/api/things/1?page=0", b"", "page: "),
        ("GET", "/api/things/1?page=x", b"", "page: "),
        ("GET", "/api/things/1?kind=b", b"", "kind: "),
        ("GET", "/api/things/1?pages=1", b"", "pages: "),
        ("GET", "/api/things/1?page=1&page=2", b"", "page: is given twice"),
        ("GET", "/api/things/1?" + "a&" * 100, b"", "more than 64"),
        ("GET", "/api/things/last?x=1", b"", "x: "),
        ("POST", "/api/things/1", b"", "size: "),
        ("POST", "/api/things/1", b'{"size": "1"}', "size: "),
        ("POST", "/api/things/1", b'{"size": 1, "sise": 2}', "sise: "),
        ("POST", "/api/things/1?x=1", b'{"size": 1}', "x: "),
        ("POST", "/api/things/1", b"[", "Invalid JSON"),
        ("POST", "/api/things/1", b'{"name": "\\ud83d", "size": 1}', "JSON"),
    ],
)
async def test_what_cannot_be_taken_is_named(method: str, path: str, body: bytes, says: str) -> None:
    with pytest.raises(BadRequest) as refused:
        await ask(method, path, body)
    assert says in refused.value.message
    assert refused.value.status == 400


async def test_a_change_has_the_status_that_is_declared() -> None:
    answer = await ask("POST", "/api/things/1", b'{"size": 1}')
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")


def test_no_endpoint_can_be_there_twice() -> None:
    with pytest.raises(ValueError, match="is there twice"):
        Table([*ENDPOINTS, ENDPOINTS[0]])


async def test_a_body_may_be_as_large_as_its_endpoint_allows() -> None:
    body = b'{"size": 1, "name": "%s"}' % (b"x" * (1024 * 1024))
    with pytest.raises(Refused) as refused:
        await ask("POST", "/api/things/1", body)
    assert refused.value.status == 413


async def test_a_database_that_another_program_holds_is_no_error_of_ours(tmp_path: Path) -> None:
    file = tmp_path / "held.db"
    with closing(sqlite3.connect(file, timeout=0)) as other, closing(sqlite3.connect(file, timeout=0)) as own:
        other.execute("begin immediate")

        async def write() -> Answer:
            return Answer(own.execute("create table t (a)").rowcount)

        flow = tflow.tflow(req=tutils.treq(method=b"GET", path=b"/api/held"))
        with pytest.raises(Refused) as refused:
            await Answering(Table([Endpoint("GET", "/api/held", write, "Write", Told)])).answer(flow)
    assert (refused.value.status, refused.value.kind) == (503, "busy")


@pytest.mark.parametrize(("asked", "meant"), [("pageNo=2", "page"), ("pageMs=2", "page"), ("colour=red", "")])
async def test_an_unknown_name_in_the_query_is_told_the_known_ones(asked: str, meant: str) -> None:
    with pytest.raises(BadRequest) as refused:
        await ask("GET", f"/api/things/1?{asked}")
    assert refused.value.message.endswith("Known: page, kind.")
    assert ("Did you mean 'page'?" in refused.value.message) == (meant == "page")


async def test_another_router_s_address_of_the_admin_api_is_told_ours() -> None:
    answer = await ask("GET", "/api/logs/17")
    assert answer.status_code == 404
    assert "/api/traces" in orjson.loads(answer.content or b"")["error"]["message"]
