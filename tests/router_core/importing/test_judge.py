from dataclasses import replace

import pytest

from router_core.importing.found import Found, key
from router_core.importing.judge import judged, merged
from tests.router_core.importing.conftest import NOW

GOOD = Found(
    "claude", "claude", "/a", sort="login", access_token="sk-ant-oat01-made-up", refresh_token="sk-ant-ort01-made-up",
    expires_at=NOW + 3600, account_id="acc-1", facts={"organization_id": "org-1"}, login="claude",
    shared="claude-file:/a",
)  # fmt: skip


@pytest.mark.parametrize(
    ("found", "why"),
    [
        pytest.param(GOOD, "", id="a good one"),
        pytest.param(replace(GOOD, expires_at=NOW - 1), "", id="expired but renewable"),
        pytest.param(replace(GOOD, expires_at=NOW - 1, refresh_token=None), "no refresh token", id="expired"),
        pytest.param(replace(GOOD, expires_at=0.0, refresh_token=None), "It has expired", id="expiresAt 0"),
        pytest.param(
            replace(GOOD, expires_at=NOW - 1, refresh_expires_at=NOW - 1), "log in again", id="refresh token expired"
        ),
        pytest.param(replace(GOOD, refresh_expires_at=NOW - 1), "", id="usable for the rest of its life"),
        pytest.param(replace(GOOD, access_token="", refresh_token=None), "It is empty", id="empty strings"),
        pytest.param(replace(GOOD, access_token="", expires_at=0.0), "", id="only a refresh token"),
        pytest.param(key("env", "openai", "sk-made up 0123456789", "$X"), "white space", id="white space inside"),
        pytest.param(key("env", "openai", "your-api-key", "$X"), "placeholder", id="placeholder"),
        pytest.param(key("env", "openai", "mitm-made-up-gateway-token", "$X"), "gateway token", id="our own"),
        pytest.param(
            replace(GOOD, access_token="", refresh_token=None, extra={"service_account": "{}"}, expires_at=0.0), "",
            id="a service account makes its tokens on use",
        ),
    ],
)  # fmt: skip
def test_what_cannot_work_is_told_with_the_reason(found: Found, why: str) -> None:
    problem = judged(found, now=NOW, own_secrets=frozenset({"mitm-made-up-gateway-token"})).problem
    assert why in problem
    assert bool(problem) == bool(why)
    assert not any(secret in problem for secret in found.secrets)


def test_the_first_reason_stays() -> None:
    assert judged(replace(GOOD, access_token="", problem="logged out"), now=NOW).problem == "logged out"


def test_one_credential_in_two_places_is_one_find_with_both() -> None:
    copy = replace(GOOD, source="openclaw", place="/b", shared="", access_token="sk-ant-oat01-newer")
    (one,) = merged([copy, GOOD])
    assert (one.place, one.also, one.shared) == ("/a", ("/b",), "claude-file:/a")


def test_two_logins_of_one_account_and_organisation_are_one_find() -> None:
    other = replace(
        GOOD, source="cliproxyapi", place="/b", shared="", access_token="sk-ant-oat01-b", refresh_token="sk-ant-ort01-b"
    )
    (one,) = merged([GOOD, other])
    assert one.also == ("/b",)
    (one,) = merged([replace(GOOD, problem="expired"), other])
    assert (one.place, one.refresh_token, one.also) == ("/b", "sk-ant-ort01-b", ("/a",))


def test_one_e_mail_address_with_two_organisations_is_two_finds() -> None:
    facts = {"email": "me@example.com", "organization_id": "org-2"}
    other = replace(GOOD, place="/b", access_token="sk-ant-oat01-b", refresh_token="sk-ant-ort01-b", facts=facts)
    assert len(merged([replace(GOOD, facts={**facts, "organization_id": "org-1"}), other])) == 2


def test_one_e_mail_address_at_two_providers_is_two_finds() -> None:
    facts = {"email": "me@example.com"}
    codex = replace(GOOD, provider="codex", login="codex", place="/b", account_id="acc-1", facts=facts)
    assert len(merged([replace(GOOD, facts=facts), codex])) == 2


def test_unknown_accounts_are_not_taken_for_one() -> None:
    one = replace(GOOD, account_id=None, facts={})
    other = replace(one, place="/b", access_token="sk-ant-oat01-b", refresh_token="sk-ant-ort01-b")
    assert len(merged([one, other])) == 2


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (0, 2, 1), (2, 1, 0)])
def test_a_login_of_an_unknown_organisation_does_not_make_two_organisations_one(order: tuple[int, ...]) -> None:
    def login(name: str, organization: str) -> Found:
        facts = {"organization_id": organization} if organization else {}
        return replace(
            GOOD, place=name, access_token=f"sk-ant-oat01-{name}", refresh_token=f"sk-ant-ort01-{name}", facts=facts
        )

    finds = [login("a", "org-1"), login("b", "org-2"), login("c", "")]
    found = merged([finds[number] for number in order])
    assert {"a", "b"} <= {place for one in found for place in (one.place, *one.also)}
    assert not any({"a", "b"} <= {one.place, *one.also} for one in found)


def test_accounts_that_have_nothing_in_common_stay_apart() -> None:
    copy = replace(GOOD, place="/copy", shared="")
    other = replace(GOOD, place="/b", account_id="acc-2", access_token="sk-ant-oat01-b", refresh_token="sk-ant-ort01-b")
    assert [found.also for found in merged([other, GOOD, copy])] == [(), ("/copy",)]


def test_a_find_that_links_two_others_makes_them_one() -> None:
    one = replace(GOOD, account_id=None, facts={}, place="/1", shared="")
    two = replace(GOOD, place="/2", access_token="sk-ant-oat01-b", refresh_token="sk-ant-ort01-b", shared="")
    linking = replace(GOOD, place="/3", shared="")
    (found,) = merged([one, two, linking])
    assert {found.place, *found.also} == {"/1", "/2", "/3"}
    assert found.account_id == "acc-1"


def test_the_same_key_for_two_providers_stays_two() -> None:
    keys = [key("env", "zai", "made-up-key-0123456789", "$A"), key("env", "bigmodel", "made-up-key-0123456789", "$B")]
    assert len(merged(keys)) == 2


def test_no_secret_is_in_a_find_s_repr() -> None:
    assert "made-up" not in repr(GOOD)
