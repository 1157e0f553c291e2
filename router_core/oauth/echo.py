"""What a server's refusal repeats of the secrets in the request: taken out where the answer comes in, before anybody
makes a message of it."""

import base64
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qsl

import orjson

from router_core.oauth.http import HttpAnswer, HttpCall

SECRET_FIELDS = frozenset(
    {
        "refresh_token", "access_token", "token", "client_secret", "code", "code_verifier", "device_code", "assertion",
        "subject_token",
    }
)  # fmt: skip


def without_echo(answer: HttpAnswer, call: HttpCall) -> HttpAnswer:
    """The same answer, with what was secret in the call masked."""
    from router_core.trace.redact import Redactor  # here: it takes time to import, and most answers are no refusals

    redactor = Redactor()
    for secret in secrets_sent(call):
        redactor.learn(secret)
    headers = {name: redactor.text_values(value) for name, value in answer.headers.items()}
    return replace(answer, headers=headers, body=redactor.values(answer.body))


def secrets_sent(call: HttpCall) -> Iterator[str]:
    """The secrets in a request: credentials in its headers, fields of its body."""
    for name, value in call.headers:
        if name.lower() in ("authorization", "x-api-key", "x-goog-api-key", "cookie"):
            scheme, _, credential = value.rpartition(" ")
            yield credential
            if scheme.lower() == "basic":
                yield from _in_basic(credential)
    yield from (value for name, value in _fields(call.body) if name in SECRET_FIELDS)


def _in_basic(credential: str) -> Iterator[str]:
    try:
        yield base64.b64decode(credential).decode().partition(":")[2]
    except ValueError:
        return


def _fields(body: bytes) -> Iterator[tuple[str, str]]:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        yield from parse_qsl(body.decode("utf-8", "replace"))
        return
    if isinstance(value, dict):
        yield from ((name, inner) for name, inner in value.items() if isinstance(inner, str))
