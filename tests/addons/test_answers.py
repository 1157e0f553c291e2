"""The router's own answers."""

from mitmproxy.test import tflow

from addons.answers import answer_error, answer_json


def test_head_is_answered_with_the_headers_alone() -> None:
    for answer in (lambda flow: answer_json(flow, {"a": 1}), lambda flow: answer_error(flow, 404, "x", "y")):
        sent = {}
        for method in ("GET", "HEAD"):
            flow = tflow.tflow()
            flow.request.method = method
            answer(flow)
            assert flow.response is not None
            sent[method] = flow.response
        assert sent["GET"].raw_content
        assert sent["HEAD"].raw_content == b""
        length = str(len(sent["GET"].raw_content))
        assert sent["HEAD"].headers["content-length"] == sent["GET"].headers["content-length"] == length
