"""WebSocket to a provider as it is in the world: over TLS, whose certificate is checked."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from router_core.simulator import Script, SimulatorThread
from tests.live.test_http2 import running_front
from tests.support.lab import Lab, running_lab
from tests.support.router import free_port, wait_until
from tests.support.websocket import UPGRADE, opened, say, text_of, turn


@contextlib.contextmanager
def behind_tls(folder: Path, *, trusted: bool) -> Iterator[Lab]:
    port = free_port()
    ca = folder / "conf" / "mitmproxy-ca-cert.pem"
    options = ("--set", f"ssl_verify_upstream_trusted_ca={ca}") if trusted else ()
    (folder / "lab").mkdir()
    with contextlib.ExitStack() as stack:
        simulator = stack.enter_context(SimulatorThread(Script(websocket=True)))
        stack.enter_context(running_front(folder, port, int(simulator.url.rsplit(":", 1)[1])))
        urls = {"codex": f"https://localhost:{port}/backend-api/codex"}
        yield stack.enter_context(running_lab(folder / "lab", simulator=simulator, base_urls=urls, arguments=options))


def test_a_conversation_fails_over_over_tls(tmp_path: Path) -> None:
    with behind_tls(tmp_path, trusted=True) as lab:
        lab.fresh("codex")
        with opened(lab) as client:
            first = turn(client, input=say("one"))
            lab.faults(lab.fault("usage_limit_reached"))
            second = turn(client, input=say("two"), previous_response_id=first[-1]["response"]["id"])
        assert text_of(second).startswith("You said: two.")
        assert [seen.method for seen in lab.seen()] == ["WS", "WS", "WS"]
        assert lab.paid() == ["first", "first", "second"]
        assert lab.ask("codex").status_code == 200  # plain requests find connections of their own


def test_a_certificate_that_nobody_vouches_for_gets_no_token(tmp_path: Path) -> None:
    with behind_tls(tmp_path, trusted=False) as lab:
        lab.fresh()
        lab.add("first", "codex")
        wait_until(lambda: lab.status())
        assert lab.http.get("/codex/responses", headers=UPGRADE).status_code == 426
        assert lab.simulator.requests == []
