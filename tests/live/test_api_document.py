"""The API of a real router against its own document: what schemathesis makes of it is answered as it says.

A deeper run by hand: `schemathesis run http://127.0.0.1:8100/api/openapi.json` with the admin token, `--phases
coverage,fuzzing`, without `/api/events`, which never ends.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from tests.addons.api.test_openapi import DOCUMENT, ENDPOINTS
from tests.support.lab import Lab, running_lab

NEVER_ENDS = {"/api/events"}
LEAVES_THE_MACHINE = {"POST /api/logins"}
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
    negative_data_rejection,
]  # fmt: skip
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations() if found.ok().path not in NEVER_ENDS]
PATHS = sorted({endpoint.path for endpoint in ENDPOINTS} - {"/status"})  # which takes another token


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Not the shared one: what is made up may change anything."""
    with running_lab(tmp_path_factory.mktemp("document")) as running:
        running.fresh("anthropic")
        running.ask("anthropic", headers={"x-claude-code-session-id": "one"})
        running.rows(1)
        yield running


@pytest.fixture(scope="module")
def session(own: Lab) -> Iterator[requests.Session]:
    with requests.Session() as made:
        made.trust_env = False
        yield made


def hold(operation: Any, mode: GenerationMode, examples: int, own: Lab, session: requests.Session) -> None:
    """The made-up cases of one operation are answered as the document says."""
    headers = own.router.client_headers if operation.path == "/status" else own.router.admin_headers

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def each(case: Case) -> None:
        response = case.call(base_url=own.router.url, headers=headers, session=session, timeout=15)
        refused = response.status_code == 413  # which schemathesis does not know as a refusal
        case.validate_response(response, checks=CHECKS[:-1] if refused else CHECKS)

    each()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_what_the_document_allows_and_forbids_is_answered_as_it_says(
    operation: Any, own: Lab, session: requests.Session
) -> None:
    if operation.label not in LEAVES_THE_MACHINE:
        hold(operation, GenerationMode.POSITIVE, 3, own, session)
    if operation.body or operation.query:
        hold(operation, GenerationMode.NEGATIVE, 5, own, session)


@pytest.mark.parametrize("endpoint", [e for e in ENDPOINTS if e.auth != "none"], ids=lambda e: f"{e.method} {e.path}")
def test_nothing_is_told_without_the_right_token(endpoint: Any, own: Lab) -> None:
    path = endpoint.path.replace("{name}", "first").replace("{id}", "last").replace("{kind}", "request")
    wrong = {"admin": own.router.home.gateway_token(), "client": own.router.home.admin_token()}[endpoint.auth]
    for given_token in ("", "Bearer ", "Bearer wrong", f"Bearer {wrong}", f"Basic {wrong}"):
        headers = {"authorization": given_token, "content-type": "application/json"}
        answer = requests.request(endpoint.method, own.router.url + path, headers=headers, data="{}", timeout=15)
        assert answer.status_code == 403, given_token


@pytest.mark.parametrize("path", PATHS)
def test_a_method_that_is_not_in_the_document_is_405_and_names_those_that_are(path: str, own: Lab) -> None:
    there = {endpoint.method for endpoint in ENDPOINTS if endpoint.path == path}
    headers = {**own.router.admin_headers, "content-type": "application/json"}
    url = own.router.url + path.replace("{", "").replace("}", "")
    for method in {"GET", "PUT", "POST", "PATCH", "DELETE", "TRACE"} - there:
        answer = requests.request(method, url, headers=headers, data="{}", timeout=15)
        assert answer.status_code == 405, (method, answer.text)
        assert there <= set(answer.headers["allow"].split(", "))
    assert requests.options(url, headers=headers, timeout=15).status_code == 204
