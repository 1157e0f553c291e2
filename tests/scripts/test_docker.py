"""The Dockerfile and the compose file: parsed, and held to what they promise. Nothing is built here."""

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from router_core.cli.main import main
from router_core.config.load import load_config
from tests.scripts.fake_checkout import REPOSITORY

FOLDER = REPOSITORY / "scripts" / "docker"
INSTRUCTIONS = {
    "FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "VOLUME", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD",
}  # fmt: skip
"""Those that are used; one that is not here is a slip of the pen, or wants a look."""


def instructions() -> list[tuple[str, str]]:
    """Each instruction with its words on one line."""
    text = (FOLDER / "Dockerfile").read_text()
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n\s*", " ", lines)
    found = [line.partition(" ") for line in joined.splitlines() if line.strip()]
    return [(name, words.strip()) for name, _, words in found]


@pytest.fixture
def compose() -> dict[str, Any]:
    told: dict[str, Any] = YAML(typ="safe").load((FOLDER / "compose.yaml").read_text())
    return told


def words_of(name: str) -> list[str]:
    return [words for found, words in instructions() if found == name]


def environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for words in words_of("ENV") for pair in words.split())


def test_every_instruction_is_one() -> None:
    found = instructions()
    assert {name for name, _ in found} <= INSTRUCTIONS
    assert found[0][0] == "FROM"
    assert all(re.fullmatch(r"python:3\.1[23]-\S+( AS \w+)?", words) for words in words_of("FROM"))


def test_it_runs_without_rights_and_keeps_what_lasts_in_a_volume() -> None:
    last = instructions()[max(at for at, (name, _) in enumerate(instructions()) if name == "FROM") :]
    users = [words for name, words in last if name == "USER"]
    assert users
    assert users[-1] not in ("root", "0")
    assert f"useradd --uid 10001 --home-dir {words_of('VOLUME')[0]}" in " ".join(words_of("RUN"))
    assert environment()["MITMROUTER_HOME"] == words_of("VOLUME")[0]


def test_packages_come_with_their_hashes() -> None:
    installs = [line for words in words_of("RUN") for line in words.split("&&") if "pip install" in line]
    assert installs
    assert all("--require-hashes" in line or "--no-deps --no-build-isolation" in line for line in installs)
    assert "--hash=sha256:" in (REPOSITORY / "requirements.txt").read_text()


def test_what_it_copies_exists_and_is_let_through() -> None:
    let_through = {
        line[1:] for line in (FOLDER / "Dockerfile.dockerignore").read_text().splitlines() if line[:1] == "!"
    }
    copied = {word for words in words_of("COPY") if not words.startswith("--") for word in words.split()[:-1]}
    assert copied == let_through
    assert all((REPOSITORY / name).exists() for name in copied)


def test_whoever_reaches_it_needs_the_token(tmp_path: Path, compose: dict[str, Any]) -> None:
    env = environment() | compose["services"]["router"]["environment"]
    server = load_config(tmp_path / "config.toml", env=env).server
    assert (server.host, server.port, server.auth) == ("0.0.0.0", 8100, "token")
    assert server.allowed_hosts == ("router",)
    assert words_of("EXPOSE") == [str(server.port)]


def test_what_it_starts_is_a_command() -> None:
    (entry,), (command,) = words_of("ENTRYPOINT"), words_of("CMD")
    assert entry == '["mitmrouter"]'
    name, *arguments = re.findall(r'"([^"]+)"', command)
    found = main.get_command(main.make_context("mitmrouter", [name, *arguments]), name)
    assert found is not None
    with found.make_context(name, arguments) as context:
        assert context.params["foreground"]


def test_the_compose_file_is_for_this_machine_and_takes_every_right_away(compose: dict[str, Any]) -> None:
    (service,) = compose["services"].values()
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert service["cap_drop"] == ["ALL"]
    assert service["read_only"] is True
    assert "no-new-privileges:true" in service["security_opt"]
    volumes = [volume.split(":") for volume in service["volumes"]]
    assert volumes == [["data", words_of("VOLUME")[0]]]
    assert set(compose["volumes"]) == {"data"}
    build = service["build"]
    assert (FOLDER / build["context"] / build["dockerfile"]).resolve() == FOLDER / "Dockerfile"
    assert (FOLDER / build["context"] / "pyproject.toml").exists()
