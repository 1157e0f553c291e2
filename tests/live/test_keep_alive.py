"""While a provider is silent in the middle of its answer, the client is told that it lives, if its format can."""

from collections.abc import Iterator

import orjson
import pytest

from tests.live.test_routed import GEMINI_BODY, TARGETS, ask
from tests.support.lab import Lab, running_lab

SILENCE_S = 0.7
LIMITS = {"MITMROUTER__TIMEOUTS__KEEP_ALIVE_S": "0.15"}
SIGNS = {
    "anthropic": "event: ping",
    "openai-chat": ": keep-alive",
    "openai-responses": "event: keepalive",
    "gemini": "",
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(tmp_path_factory.mktemp("alive"), env=LIMITS) as running:
        yield running


@pytest.mark.parametrize("target", ["codex", "gemini", "anthropic"])
@pytest.mark.parametrize("client", SIGNS)
def test_a_silent_provider_does_not_look_dead(lab: Lab, client: str, target: str) -> None:
    how, model = TARGETS[target]
    lab.fresh(how)
    lab.faults(lab.fault("stall_mid_stream", at_event=2, delay_s=SILENCE_S, times=1))
    answer = ask(lab, client, model, stream=True)
    assert answer.status_code == 200
    if sign := SIGNS[client]:
        own = 3 if (client, target) == ("anthropic", "anthropic") else 0  # the provider's own pings pass, too
        assert answer.text.count(sign) > own
    for line in answer.text.splitlines():  # nothing was put into the middle of an event
        if line.startswith("data: {"):
            orjson.loads(line[6:])
    assert lab.rows(1)[0]["state"] == "ok"


def test_a_format_that_has_no_sign_gets_none(lab: Lab) -> None:
    lab.fresh("gemini")
    lab.faults(lab.fault("stall_mid_stream", at_event=1, delay_s=SILENCE_S, times=1))
    answer = lab.http.post("/gemini/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", json=GEMINI_BODY)
    assert answer.content == lab.seen()[0].response_bytes
