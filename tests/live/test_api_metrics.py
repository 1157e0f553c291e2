"""`/metrics` of a real router, read by the official parser."""

from prometheus_client.parser import text_string_to_metric_families

from tests.support.lab import Lab, wait_until


def value(lab: Lab, name: str, **labels: str) -> float:
    answer = lab.http.get("/metrics", headers=lab.router.admin_headers)
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.text)
    return sum(s.value for f in families for s in f.samples if s.name == name and labels.items() <= s.labels.items())


def test_requests_and_tokens_are_counted_for_prometheus(lab: Lab) -> None:
    lab.fresh("anthropic")
    lab.ask("anthropic")
    model = lab.rows(1)[0]["model"]
    sonnet = {"provider": "claude", "model": model, "state": "ok"}
    before = wait_until(lambda: value(lab, "mitmrouter_requests_total", **sonnet))
    tokens = value(lab, "mitmrouter_tokens_total", **{"model": model, "class": "output"})
    lab.ask("anthropic")
    used = lab.rows(2)[1]["output_tokens"]
    wait_until(lambda: value(lab, "mitmrouter_requests_total", **sonnet) == before + 1)
    assert value(lab, "mitmrouter_tokens_total", **{"model": model, "class": "output"}) == tokens + used
    assert value(lab, "mitmrouter_token_state", token="first", state="healthy") == 1
    assert value(lab, "mitmrouter_build_info") == 1
    assert value(lab, "mitmrouter_client_connections") >= 1


def test_only_the_admin_token_opens_the_metrics(lab: Lab) -> None:
    assert lab.http.get("/metrics").status_code == 403
    assert lab.http.post("/metrics", headers=lab.router.admin_headers, json={}).status_code == 405
