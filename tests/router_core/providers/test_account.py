"""Which Google project pays, and where."""

import pytest

from router_core.attempt import upstream_of
from router_core.config.schema import ProviderConfig
from router_core.providers.account import location_of, needs_project, project_of
from router_core.providers.auth import auth_headers
from router_core.providers.catalogue import CATALOGUE
from router_core.tokens.token import Token

LOGIN = Token("1", "t", "vertex", "ya29.x", login="vertex", facts={"project": "mine", "location": "us-east5"})
KEY = Token("2", "k", "vertex", "AIzaKey")
VERTEX = CATALOGUE["vertex"]
CLAUDE = "/publishers/anthropic/models/claude-opus-4-8:rawPredict"


def vertex(**fields: str) -> ProviderConfig:
    return VERTEX.model_copy(update=fields)


def test_the_owners_word_comes_before_what_the_token_knows() -> None:
    assert project_of(VERTEX, LOGIN) == "mine"
    assert project_of(vertex(project="other"), LOGIN) == "other"
    assert location_of(VERTEX, LOGIN) == "us-east5"
    assert location_of(vertex(location="eu-west1"), LOGIN) == "eu-west1"
    assert location_of(VERTEX, KEY) == "global"


@pytest.mark.parametrize("said", ["evil.test/", "EU", "", "a b", "-x", "x" * 60])
def test_a_region_that_is_none_never_becomes_part_of_a_host(said: str) -> None:
    assert location_of(vertex(location=said), None) == "global"


def test_the_url_of_vertex_names_project_and_region_of_the_token() -> None:
    upstream = upstream_of(VERTEX, CLAUDE, LOGIN)
    assert upstream.url == f"https://us-east5-aiplatform.googleapis.com/v1/projects/mine/locations/us-east5{CLAUDE}"
    upstream = upstream_of(vertex(location="global"), CLAUDE, LOGIN)
    assert upstream.url == f"https://aiplatform.googleapis.com/v1/projects/mine/locations/global{CLAUDE}"


def test_an_api_key_is_asked_without_project() -> None:
    path = "/publishers/google/models/gemini-3.5-flash:generateContent"
    assert upstream_of(VERTEX, path, KEY).url == f"https://aiplatform.googleapis.com/v1{path}"
    assert auth_headers("vertex", KEY) == [(b"x-goog-api-key", b"AIzaKey")]
    assert auth_headers("vertex", LOGIN) == [(b"Authorization", b"Bearer ya29.x")]
    assert auth_headers("code-assist", KEY) == [(b"Authorization", b"Bearer AIzaKey")]


def test_a_path_that_names_its_project_is_the_clients_own() -> None:
    path = "/v1/projects/p/locations/l/publishers/google/models/m:generateContent"
    assert upstream_of(vertex(location="us-east5"), path, LOGIN).url == (
        f"https://us-east5-aiplatform.googleapis.com{path}"
    )
    assert upstream_of(VERTEX, path.removeprefix("/v1"), LOGIN).path == path


def test_another_base_url_stays_the_host() -> None:
    assert upstream_of(vertex(base_url="http://127.0.0.1:9"), CLAUDE, LOGIN).host == "127.0.0.1"


@pytest.mark.parametrize(
    ("name", "token", "needed"),
    [
        ("vertex", KEY, False),
        ("vertex", Token("3", "t", "vertex", "ya29.x"), True),
        ("vertex", LOGIN, False),
        ("gemini-cli", Token("4", "t", "gemini-cli", "ya29.x"), True),
        ("antigravity", Token("5", "t", "antigravity", "ya29.x", facts={"project": "p"}), False),
        ("gemini", Token("6", "t", "gemini", "ya29.x"), False),
    ],
)
def test_which_tokens_need_a_project_first(name: str, token: Token, needed: bool) -> None:
    assert needs_project(CATALOGUE[name], token) is needed
