"""Each transformer on recorded requests and answers: what is sent, what the client gets, and what is noted."""

import json
from typing import Any

import pytest

from router_core.config.transformers import OPTIONS
from tests.router_core.transform.golden import FOLDER, Case, answered_cases, cases


def compare(case: Case, name: str, found: Any, request: pytest.FixtureRequest) -> None:
    file = case.folder / name
    text = found if isinstance(found, str) else json.dumps(found, indent=2, ensure_ascii=False) + "\n"
    if request.config.getoption("update_golden"):
        file.write_text(text)
    assert file.read_text() == text


def test_every_transformer_has_cases() -> None:
    assert {folder.name for folder in FOLDER.iterdir()} >= set(OPTIONS)


@pytest.mark.parametrize("case", cases(), ids=str)
def test_what_is_sent(case: Case, request: pytest.FixtureRequest) -> None:
    compare(case, "sent.json", case.sent(), request)


@pytest.mark.parametrize("case", cases(), ids=str)
def test_a_request_sent_again_is_the_same(case: Case) -> None:
    assert case.put().body == case.put().body


@pytest.mark.parametrize("case", answered_cases(), ids=str)
def test_what_the_client_gets(case: Case, request: pytest.FixtureRequest) -> None:
    answer, noted = case.answered()
    is_stream = answer.startswith((b"data:", b"event:", b"id:"))
    found: Any = answer.decode() if is_stream else json.loads(answer)
    compare(case, "client.sse" if is_stream else "client.json", found, request)
    compare(case, "noted.json", noted, request)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 4096])
@pytest.mark.parametrize("case", answered_cases(), ids=str)
def test_output_does_not_depend_on_chunking(case: Case, size: int) -> None:
    assert case.answered(size) == case.answered()
