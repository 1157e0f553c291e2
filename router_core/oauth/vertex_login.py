"""Registering Google Cloud credentials for Vertex AI: from a file, from gcloud, or from the machine itself.

Where Application Default Credentials are looked for, in this order: `$GOOGLE_APPLICATION_CREDENTIALS`, the file that
`gcloud auth application-default login` writes, the metadata server.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import orjson

from router_core.clock import Clock
from router_core.config.schema import Config
from router_core.oauth import vertex
from router_core.oauth.code_flow import accepted
from router_core.oauth.fields import present, text
from router_core.oauth.http import NotReached
from router_core.oauth.steps import Ask, Flow, answered
from router_core.oauth.token_set import LoginFailed

LARGEST_BYTES = 256 * 1024
_PROJECT = "/computeMetadata/v1/project/project-id"
_EMAIL = "/computeMetadata/v1/instance/service-accounts/default/email"


def default_credentials(environ: Mapping[str, str]) -> Path | None:
    """The file of Application Default Credentials; None when there is none.

    Raises:
        LoginFailed: the variable names a file that is not there.
    """
    from google.auth import environment_vars as names

    if named := environ.get(names.CREDENTIALS):
        if not Path(named).is_file():
            raise LoginFailed(f"${names.CREDENTIALS} names a file that is not there: {named}")
        return Path(named)
    folder = environ.get(names.CLOUD_SDK_CONFIG_DIR) or f"{environ.get('HOME', '')}/.config/gcloud"
    file = Path(folder) / "application_default_credentials.json"
    return file if file.is_file() else None


def read_file(file: Path) -> str:
    """The text of a credentials file.

    Raises:
        LoginFailed: it cannot be read, or is no credentials file.
    """
    try:
        data = file.read_bytes() if file.stat().st_size <= LARGEST_BYTES else b""
    except OSError as error:
        raise LoginFailed(f"{file} cannot be read ({error.strerror}).") from None
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict) or not text(found, "type"):
        raise LoginFailed(f"{file} is no file of Google Cloud credentials: a JSON object with a `type`.")
    return data.decode()


def default_flow(
    file: Path | None, project: str, location: str, config: Config, clock: Clock, tell: Callable[[str], None]
) -> Flow:
    """The login with a file, else with what this machine has.

    Args:
        tell: is told what is used.

    Raises:
        LoginFailed: there is nothing, or it cannot be used.
    """
    file = file or default_credentials(os.environ)
    if file is not None:
        tell(f"Using {file}.")
        return file_flow(read_file(file), project, location, config, clock)
    tell("No Application Default Credentials on this machine; asking the metadata server of Google's cloud.")
    return metadata_flow(project, location, config, clock)


def file_flow(credentials: str, project: str, location: str, config: Config, clock: Clock) -> Flow:
    """Prove a credentials file by one access token.

    Args:
        project: empty: what the file says.
        location: empty: the provider's own.

    Raises:
        LoginFailed: the file cannot be used, or Google refuses it.
    """
    info = orjson.loads(credentials)
    try:
        call = vertex.grant_call(info, config, clock.now())
    except ValueError as error:
        raise LoginFailed(f"That file cannot be used: {error}.") from None
    answer = answered((yield Ask(call)))
    found = accepted(answer, vertex.read_set(answer, clock.now()))
    project = project or text(info, "project_id") or text(info, "quota_project_id")
    email = text(info, "client_email") or text(info, "account")
    facts = present(email=email, project=project, location=location, source=text(info, "type"))
    owner = email or text(info, "client_id")
    return replace(
        found, account_id=owner or None, extra={"service_account": credentials}, facts={**found.facts, **facts}
    )


def metadata_flow(project: str, location: str, config: Config, clock: Clock) -> Flow:
    """The service account of a machine in Google's cloud.

    Raises:
        LoginFailed: this is no such machine, or it has no service account.
    """
    try:
        answer = answered((yield Ask(vertex.metadata_call(vertex.METADATA_TOKEN, config))))
    except NotReached:
        raise LoginFailed(
            "There are no Google Cloud credentials on this machine: give --file KEY.json, or run "
            "`gcloud auth application-default login` first."
        ) from None
    found = accepted(answer, vertex.read_set(answer, clock.now()))
    email = answered((yield Ask(vertex.metadata_call(_EMAIL, config)))).body.decode("utf-8", "replace").strip()
    if not project:
        project = answered((yield Ask(vertex.metadata_call(_PROJECT, config)))).body.decode("utf-8", "replace").strip()
    facts = present(email=email[:200], project=project[:100], location=location, source="metadata_server")
    extra = {"service_account": '{"type": "metadata_server"}'}
    return replace(found, account_id=facts.get("email"), extra=extra, facts=facts)
