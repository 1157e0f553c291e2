"""What mitmweb is given: pictures, bounded in number and size."""

import gzip
from types import SimpleNamespace
from typing import Any

import pytest
from mitmproxy import http
from mitmproxy.addons.view import View
from mitmproxy.test import taddons, tflow, tutils

from addons.masked_flow import masked_flow, repaint
from addons.web_view import OnlyPictures, WebView
from router_core.trace.redact import Redactor

SECRET = "a-secret-of-the-owner-0123456789"


def secret_flow() -> http.HTTPFlow:
    request = tutils.treq(
        path=f"/v1?key={SECRET}".encode(), content=SECRET.encode(),
        headers=http.Headers([(b"x-api-key", b"anything"), (b"x-other", SECRET.encode()), (b"host", b"h")]),
    )  # fmt: skip
    packed = gzip.compress(f"it was {SECRET}".encode())
    headers = http.Headers([(b"content-encoding", b"gzip"), (b"x-echo", SECRET.encode())])
    response = tutils.tresp(content=packed, headers=headers, reason=SECRET.encode())
    flow = tflow.tflow(req=request, resp=response, err=True)
    flow.error.msg = f"failed with {SECRET}"
    return flow


def test_picture_of_a_flow_holds_no_secret_and_the_flow_stays_as_it_was() -> None:
    flow = secret_flow()
    before = flow.get_state()
    shown = masked_flow(flow, "ab-1", Redactor([SECRET]))
    assert SECRET not in repr(shown.get_state())
    assert b"anything" not in repr(shown.get_state()).encode(), "the credential headers are masked by name"
    assert shown.response is not None
    assert shown.response.content == b"it was [redacted]"
    assert (shown.id, shown.killable) == ("ab-1", False)
    assert flow.get_state() == before


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "unheard-of"])
def test_body_that_cannot_be_opened_is_not_shown(encoding: str) -> None:
    flow = secret_flow()
    assert flow.response is not None
    flow.response.headers["content-encoding"] = encoding
    flow.response.data.content = b"\x1f\x8b" + SECRET.encode()
    shown = masked_flow(flow, "ab", Redactor())
    assert shown.response is not None
    assert shown.response.content == f"(cannot be read: {encoding})".encode()


def test_repainted_picture_shows_what_is_there_now() -> None:
    flow = secret_flow()
    shown = masked_flow(flow, "ab", Redactor())
    flow.response, flow.error, flow.request.path = None, None, "/later"
    repaint(shown, flow, Redactor())
    assert (shown.response, shown.error, shown.request.path) == (None, None, "/later")


@pytest.fixture
def web() -> WebView:
    runtime: Any = SimpleNamespace(redactor=Redactor([SECRET]))
    made = WebView(runtime)
    made._view = View()
    return made


def refused(**fields: Any) -> http.HTTPFlow:
    return tflow.tflow(resp=tutils.tresp(status_code=403, **fields))


def test_entries_are_bounded_in_number_and_bytes(web: WebView, monkeypatch: pytest.MonkeyPatch) -> None:
    with taddons.context():
        monkeypatch.setattr("addons.web_view.MOST_ENTRIES", 3)
        for _ in range(5):
            web._show(refused())
        assert web._view is not None
        assert len(web._view) == 3
        monkeypatch.setattr("addons.web_view.MOST_BYTES", 4910)
        web._show(refused(content=b"x" * 4900))
        assert len(web._view) == 1


def test_own_pages_are_not_shown_and_entries_that_were_cleared_come_back(web: WebView) -> None:
    with taddons.context():
        web._show(tflow.tflow(resp=True))
        assert web._view is not None
        assert len(web._view) == 0
        flow = refused()
        web._show(flow)
        web._show(flow)
        assert len(web._view) == 1
        web._view.clear()
        web._show(flow)
        assert len(web._view) == 1


def test_flows_never_get_into_the_list(web: WebView) -> None:
    with taddons.context():
        flow = refused()
        web._show(flow)
        assert web._view is not None
        pictures = OnlyPictures(web._view)
        pictures.update([flow])
        assert [shown is flow for shown in web._view] == [False]
        assert not hasattr(pictures, "request")
