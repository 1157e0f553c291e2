"""Traces, statistics and sessions as the API of a real router tells them."""

from typing import Any

import httpx
import pytest

from tests.live.test_admin_api import admin
from tests.support.lab import Lab

SESSION = {"x-claude-code-session-id": "session-of-the-api"}


def told(lab: Lab, path: str, status: int = 200) -> Any:
    answer = admin(lab, "GET", path)
    assert answer.status_code == status, answer.text
    return answer.json()


def failed_over(lab: Lab) -> dict[str, Any]:
    """One request that the first token could not pay; its row."""
    lab.fresh("anthropic")
    lab.faults(lab.fault("overloaded_529"))
    assert lab.ask("anthropic", headers=SESSION).status_code == 200
    return lab.rows(1)[0]


def test_a_request_is_told_with_its_attempts_its_decision_and_its_cost(lab: Lab) -> None:
    row = failed_over(lab)
    one = told(lab, "/api/traces/last")
    assert one["id"] == row["id"]
    assert (one["state"], one["status"], one["streamed"], one["token"]) == ("ok", 200, False, "second")
    assert [(a["token"], a["outcome"]) for a in one["attempts_made"]] == [
        ("first", "overloaded"), ("second", "answered"),
    ]  # fmt: skip
    assert one["cost"]["total"] == row["cost_nano_usd"] > 0
    assert sum(line["nano_usd"] for line in one["cost"]["lines"]) == pytest.approx(row["cost_nano_usd"], abs=10)
    assert {body["kind"] for body in one["bodies"]} >= {"request", "response"}
    for secret in lab.secrets.values():
        assert secret not in str(one)
    for reference in (row["id"], row["id"][:-1], row["id"][-8:]):
        assert told(lab, f"/api/traces/{reference}/attempts")["id"] == row["id"]
    assert told(lab, "/api/traces/nothing-of-it", 404)["error"]["code"] == "not_found"


def test_what_was_changed_is_told_by_attempt_and_bodies_come_as_they_were_kept(lab: Lab) -> None:
    lab.fresh("responses")
    answer = lab.http.post(
        "/v1/messages",
        json={"model": "openai/gpt-5.5", "max_tokens": 50, "messages": [{"role": "user", "content": "hello"}]},
        headers={"anthropic-version": "2023-06-01"},
    )
    assert answer.status_code == 200
    row = lab.rows(1)[0]
    diff = told(lab, f"/api/traces/{row['id']}/diff")
    assert [(each["compared"], each["format"]) for each in diff["attempts"]] == [("translated", "openai-responses")]
    body = admin(lab, "GET", f"/api/traces/{row['id']}/bodies/response")
    assert body.content == answer.content
    assert body.headers["content-type"] == "application/octet-stream"
    assert body.headers["x-mitmrouter-content-type"].startswith("application/json")
    assert "sandbox" in body.headers["content-security-policy"]
    assert told(lab, f"/api/traces/{row['id']}/bodies/nothing", 404)


def test_pages_are_filtered_and_counted(lab: Lab) -> None:
    lab.fresh("anthropic")
    for number in range(3):
        lab.ask("anthropic", headers={"x-claude-code-session-id": f"page-{number}"})
    ids = [row["id"] for row in lab.rows(3)][::-1]
    since = f"since={lab.began_ms}"
    first, second = (told(lab, f"/api/traces?{since}&page_size=2&page={page}") for page in (1, 2))
    assert [row["id"] for row in first["traces"] + second["traces"]] == ids
    assert (first["total"], first["total_is_exact"]) == (3, True)
    assert told(lab, f"/api/traces?{since}&session=page-1")["total"] == 1
    assert told(lab, f"/api/traces?{since}&text=PAGE-1+first")["total"] == 1
    assert told(lab, f"/api/traces?{since}&state=failed")["traces"] == []
    assert told(lab, f"/api/traces?{since}&status=200&model=nothing")["total"] == 0
    assert told(lab, f"/api/traces?until={lab.began_ms}&page_size=1&session=page-1")["total"] == 0


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/api/traces?page=0", "page: "),
        ("/api/traces?page_size=501", "page_size: "),
        ("/api/traces?page=1_0", "page: should be a whole number"),
        ("/api/traces?state=done", "state"),
        ("/api/traces?status=20", "status"),
        ("/api/traces?since=yesterday", "since: should be a whole number"),
        ("/api/traces?sesion=x", "sesion: "),
        ("/api/stats?by=day", "by: "),
        ("/api/stats?since=2&until=1", "since: is after until"),
        ("/api/stats?since=0&step=hour", "step: would be more than 2000"),
        ("/api/sessions?limit=0", "limit: "),
    ],
)
def test_a_wrong_question_names_the_field(lab: Lab, path: str, says: str) -> None:
    answer = admin(lab, "GET", path)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert says in error["message"]
    assert error["param"]


def test_statistics_add_up_what_the_requests_say(lab: Lab) -> None:
    row = failed_over(lab)
    span = f"since={lab.began_ms}"
    stats = told(lab, f"/api/stats?{span}&by=token&step=hour")
    assert stats["totals"]["requests"] == 1
    assert stats["totals"]["cost_nano_usd"] == row["cost_nano_usd"]
    assert stats["totals"]["mean_total_ms"] == row["total_ms"]
    assert [(group["value"], group["requests"]) for group in stats["groups"]] == [("second", 1)]
    assert [(step["at"], step["value"], step["requests"]) for step in stats["series"]] == [(lab.began_ms, "second", 1)]
    assert told(lab, f"/api/stats?{span}&provider=codex")["totals"]["requests"] == 0
    assert told(lab, "/api/stats")["totals"]["requests"] >= 1


def test_a_session_is_told_with_its_turns(lab: Lab) -> None:
    row = failed_over(lab)
    listed = told(lab, "/api/sessions?text=session-of-the-api")["sessions"]
    assert [session["session"] for session in listed] == ["session-of-the-api"]
    one = told(lab, "/api/sessions/session-of-the-api?limit=1")
    assert [turn["id"] for turn in one["turns"]] == [row["id"]]
    assert one["agents"][0]["requests"] == listed[0]["requests"]
    assert told(lab, "/api/sessions/none-of-it", 404)["error"]["message"] == "There is no session 'none-of-it'."


def test_the_docs_page_is_told_to_whoever_may_and_says_what_a_browser_may_do(lab: Lab) -> None:
    page = admin(lab, "GET", "/api/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "/api/traces/{id}/diff" in page.text
    assert lab.http.get("/api/docs").status_code == 403
    document = told(lab, "/api/openapi.json")
    assert document["servers"] == [{"url": str(httpx.URL(lab.router.url))}]
