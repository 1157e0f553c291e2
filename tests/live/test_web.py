"""mitmweb with our flows: route, token and attempt stand beside each, and whatever it hands out holds no secret."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from router_core.simulator import Script
from tests.router_core.simulator.asking import message_body
from tests.support.canaries import ODD, Canaries
from tests.support.echo_provider import echo_provider
from tests.support.lab import ANTHROPIC, Lab, running_lab
from tests.support.router import free_port, wait_until
from tests.support.websocket import opened, say, turn

FAILING = ("error_body", "error_gzip", "error_html", "error_header", "redirect", "error_429", "error_401")
STREAMED = ("stream_error_first", "stream_error_late")


class Web:
    """mitmweb's own API, as its page uses it."""

    def __init__(self, lab: Lab, port: int) -> None:
        said = (lab.router.home.path / "mitmdump.out").read_text()
        found = re.search(rf"http://127\.0\.0\.1:{port}/\?token=(\w+)", said)
        assert found, said
        self.port, self.token = port, found[1]
        self.http = httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"authorization": f"Bearer {self.token}"}, trust_env=False
        )

    def flows(self) -> list[dict[str, Any]]:
        flows: list[dict[str, Any]] = self.http.get("/flows").json()
        return flows

    def everything(self) -> dict[str, bytes]:
        """All that it hands out, by where it was found."""
        found = {
            path: self.http.get(path).content for path in ("/flows", "/flows/dump", "/events", "/options", "/state")
        }
        for flow in self.flows():
            for message in ("request", "response"):
                for path in ("content.data", "content/auto.json", "content/raw.json", "content/hex%20dump.json"):
                    where = f"/flows/{flow['id']}/{message}/{path}"
                    found[where] = self.http.get(where).content
            for form in ("curl", "raw", "httpie", "raw_request"):
                where = f"export {form} {flow['id']}"
                found[where] = self.command("export", form, f"@{flow['id']}")
        return found

    def command(self, name: str, *arguments: str) -> bytes:
        headers = {"x-xsrftoken": "ab" * 16, "cookie": f"_mitmproxy_xsrf={'ab' * 16}"}
        answer = self.http.post(f"/commands/{name}", json={"arguments": list(arguments)}, headers=headers)
        return answer.content


@pytest.fixture
def raw(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def canaries() -> Canaries:
    return Canaries()


@pytest.fixture
def web(tmp_path: Path, raw: bool, canaries: Canaries) -> Iterator[tuple[Lab, Web]]:
    port = free_port()
    arguments = [
        "--set", "web_host=127.0.0.1", "--set", f"web_port={port}", "--set", "web_open_browser=false",
        "--set", "store_streamed_bodies=true", "--set", f"router_web_raw={str(raw).lower()}",
    ]  # fmt: skip
    with (
        echo_provider() as provider,
        running_lab(
            tmp_path, Script(websocket=True), base_urls={"claude": provider.url}, program="mitmweb", arguments=arguments
        ) as lab,
    ):
        wait_until(lambda: "?token=" in (lab.router.home.path / "mitmdump.out").read_text())
        for number in (1, 2):
            lab.add(f"work-{number}", "anthropic", secret=canaries.plant(f"token {number}", "sk-ant-api03-{}" + ODD))
        lab.add("plus", "codex")
        canaries.adopt("codex", lab.secrets["plus"])
        canaries.adopt("gateway", lab.router.home.gateway_token())
        canaries.adopt("admin", lab.router.home.admin_token())
        wait_until(lambda: len(lab.status()) == 3)
        pages = Web(lab, port)
        with pages.http:
            yield lab, pages


def drive(lab: Lab, canaries: Canaries) -> None:
    """Every way in which a secret could get into a flow."""
    told = f"my keys: {lab.router.home.gateway_token()} {canaries.plant('pasted', 'sk-ant-api03-{}')}"
    body = {"messages": [{"role": "user", "content": told}]}
    own = {**ANTHROPIC, "cookie": f"session={canaries.plant('cookie')}"}
    key = canaries.plant("query", "AIza{}0123456789")
    for way in (*FAILING, "ok_header"):
        asked = message_body(model=way, **body)
        lab.http.post(f"/claude/v1/messages?key={key}", json=asked, headers=own)
    for way in STREAMED:
        lab.http.post("/claude/v1/messages", json=message_body(model=way, stream=True, **body), headers=own)
    lab.http.post("/v1/chat/completions", json={"model": "claude/error_body", "messages": body["messages"]})
    wrong = {"authorization": f"Bearer {canaries.plant('wrong', 'sk-ant-api03-{}')}"}
    assert lab.http.post("/claude/v1/messages", json=message_body(), headers=wrong).status_code == 403
    lab.http.get("/api/tokens", headers=lab.router.admin_headers)
    with opened(lab) as socket:
        turn(socket, input=say(told))


@pytest.mark.parametrize("raw", [True], indirect=True, ids=["raw"])
def test_mitmweb_shows_requests_as_they_are_when_told_so(web: tuple[Lab, Web], raw: bool, canaries: Canaries) -> None:
    lab, pages = web
    lab.http.post("/claude/v1/messages", json=message_body(model="ok_header"), headers=ANTHROPIC)
    (flow,) = [flow for flow in pages.flows() if flow["comment"]]
    assert flow["comment"].startswith("claude/ok_header by work-1 · attempt 1")
    assert canaries["token 1"].value in json.dumps(flow)


@pytest.mark.parametrize("raw", [False], indirect=True, ids=["masked"])
def test_mitmweb_shows_attempts_and_no_secret(web: tuple[Lab, Web], raw: bool, canaries: Canaries) -> None:
    lab, pages = web
    with connect(
        f"ws://127.0.0.1:{pages.port}/updates", proxy=None, max_size=None,
        additional_headers={"authorization": f"Bearer {pages.token}"},
    ) as updates:  # fmt: skip
        drive(lab, canaries)
        found = pages.everything()
        assert httpx.get(f"http://127.0.0.1:{pages.port}/flows", trust_env=False).status_code == 403
        found["updates"] = b"\n".join(_all(updates))
    flows = pages.flows()
    comments = [flow["comment"] for flow in flows]
    assert any("claude/error_body by work-1 · attempt 1" in comment for comment in comments), comments
    assert any("codex/" in comment and "by plus" in comment for comment in comments), comments
    seen = {where: names for where, said in found.items() if (names := canaries.in_bytes(said))}
    assert not seen
    two = [comment for comment in comments if "error_429" in comment]
    assert re.match(r"claude/error_429 by work-1 · attempt 1: \w+, next_token", two[0]), two
    assert "by work-2 · attempt 2" in two[1]
    assert "· route: " in two[0]
    first, second = [flow for flow in flows if "error_429" in flow["comment"]][:2]
    assert {first["response"]["status_code"], second["response"]["status_code"]} == {429}
    assert first["response"]["timestamp_end"] >= first["request"]["timestamp_start"]
    assert dict(first["request"]["headers"])["x-api-key"] == "[redacted]"
    assert any(flow["comment"] == "refused: bad_client_token" for flow in flows)
    assert not any(flow["request"]["path"].startswith("/api/") for flow in flows)
    assert b"You said" in b"".join(found.values()), "bodies are there"
    exported = [said for where, said in found.items() if where.startswith("export curl")]
    assert all(b"'x-api-key: [redacted]'" in said for said in exported[:2]), exported[:2]
    assert json.loads(found["/options"])["web_columns"]["value"][1] == "comment"


def _all(updates: Any) -> Iterator[bytes]:
    try:
        while True:
            said = updates.recv(timeout=0.5)
            yield said.encode() if isinstance(said, str) else said
    except TimeoutError:
        return
