"""Credentials of Google Cloud: a service account's file, or that of `gcloud auth application-default login`.

The whole file is kept as a secret; access tokens are made of it (oauth/vertex.py) on first use.
"""

from router_core.importing.documents import json_value
from router_core.importing.found import Found, unusable
from router_core.vendors.fields import text_of, without_empty

PROVIDER = "vertex"


def service_account(source: str, text: str, place: str, *, project: str = "", location: str = "") -> Found:
    try:
        document = json_value(text)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        return unusable(source, PROVIDER, place, "It names no file of Google Cloud credentials that can be read.")
    sort = text_of(document, "type")
    needed = {"service_account": "private_key", "authorized_user": "refresh_token"}.get(sort)
    if needed is None or not text_of(document, needed):
        return unusable(source, PROVIDER, place, "It is no service account and no login of gcloud.")
    email = text_of(document, "client_email") or text_of(document, "account")
    project = project or text_of(document, "project_id") or text_of(document, "quota_project_id")
    return Found(
        source,
        PROVIDER,
        place,
        sort="service account",
        expires_at=0.0,
        account_id=email or text_of(document, "client_id") or None,
        extra={"service_account": text},
        facts=without_empty({"email": email, "project": project, "location": location, "source": sort}),
        login="vertex",
    )
