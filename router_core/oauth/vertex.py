"""Google Cloud credentials for Vertex AI: a service account, or Application Default Credentials.

What a token is made of is in `extra["service_account"]`: the JSON of a service account (a signed JWT is exchanged) or
of `gcloud auth application-default login` (type `authorized_user`, a refresh-token grant). Of type `metadata_server`
(our word) the machine's own service account pays, asked of the metadata server. Signing is google-auth's.
"""

import os
from typing import Any
from urllib.parse import urlsplit

import orjson

from router_core.config.schema import Config
from router_core.oauth import google
from router_core.oauth.fields import at_server, expiry, post_form, text
from router_core.oauth.google_client import Client
from router_core.oauth.http import HttpAnswer, HttpCall
from router_core.oauth.refusals import granted, unusable
from router_core.oauth.token_set import TokenSet
from router_core.tokens.token import Token

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LIFE_S = 3600

METADATA_TOKEN = "/computeMetadata/v1/instance/service-accounts/default/token"  # noqa: S105 - a path
METADATA_FLAVOR = (("metadata-flavor", "Google"),)


def refresh_call(token: Token, config: Config, now: float) -> HttpCall:
    try:
        info = orjson.loads(token.extra.get("service_account", ""))
    except orjson.JSONDecodeError:
        raise unusable(token, "it holds no service account and no Application Default Credentials") from None
    try:
        return grant_call(info, config, now)
    except ValueError as error:
        raise unusable(token, str(error)) from None


def read_refresh(answer: HttpAnswer, token: Token, now: float) -> TokenSet:
    return granted(answer, token, now, read_set)


def read_set(answer: HttpAnswer, now: float) -> TokenSet:
    """The access token in an answer; empty when it holds none. A refresh token is never in it."""
    body = answer.json
    return TokenSet(text(body, "access_token"), expires_at=expiry(body, now) or now + LIFE_S)


def grant_call(info: Any, config: Config, now: float) -> HttpCall:
    """The request that gives an access token for a credentials file.

    Raises:
        ValueError: the file is none that can be used; the message says why and holds no secret.
    """
    match text(info, "type"):
        case "service_account":
            own = google.TOKEN if config.oauth.vertex.base_url else _server(text(info, "token_uri"))
            fields = {"grant_type": GRANT, "assertion": assertion(info, now)}
            return post_form(at_server(own, config.oauth.vertex), fields)
        case "authorized_user":
            client = Client(text(info, "client_id"), text(info, "client_secret"))
            if not (client.id and text(info, "refresh_token")):
                raise ValueError("the file has no client_id or no refresh_token")
            return google.refresh_grant(at_server(google.TOKEN, config.oauth.vertex), client, info["refresh_token"])
        case "metadata_server":
            return metadata_call(METADATA_TOKEN, config)
        case other:
            raise ValueError(f"the file is of type {other[:40]!r}, not service_account or authorized_user")


def assertion(info: Any, now: float) -> str:
    """The signed JWT by which a service account asks for an access token.

    Raises:
        ValueError: a field is missing, or the key is none.
    """
    from google.auth import crypt, jwt  # here: seldom needed

    email, key = text(info, "client_email"), text(info, "private_key")
    if not email or not key:
        raise ValueError("the file has no client_email or no private_key")
    try:
        signer = crypt.RSASigner.from_string(key, text(info, "private_key_id") or None)
    except ValueError:
        raise ValueError("its private_key is no RSA key in PEM form") from None
    issued = int(now)
    claims = {
        "iss": email,
        "scope": SCOPE,
        "aud": _server(text(info, "token_uri")),
        "iat": issued,
        "exp": issued + LIFE_S,
    }
    return bytes(jwt.encode(signer, claims)).decode()


def metadata_call(path: str, config: Config) -> HttpCall:
    """A question to the metadata server of a machine in Google's cloud; plain http, as it is nowhere else."""
    host = os.environ.get("GCE_METADATA_HOST") or "metadata.google.internal"
    return HttpCall("GET", at_server(f"http://{host}{path}", config.oauth.vertex), METADATA_FLAVOR)


def _server(token_uri: str) -> str:
    """The token endpoint, which may not be anybody's but Google's.

    Raises:
        ValueError: it is.
    """
    if not token_uri:
        return google.TOKEN
    parts = urlsplit(token_uri)
    host = parts.hostname or ""
    if parts.scheme != "https" or not (host.endswith(".googleapis.com") or host == "accounts.google.com"):
        raise ValueError("its token_uri is no address of Google's")
    return token_uri
