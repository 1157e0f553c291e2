"""The document and its page: made once, since that takes as long as many requests."""

from types import SimpleNamespace
from typing import Any

from addons.api.document import Document
from addons.api.endpoint import Endpoint
from router_core.home import Home


async def test_document_and_page_are_made_once(home: Home) -> None:
    runtime: Any = SimpleNamespace(home=home, url="http://127.0.0.1:8100")
    asked = 0

    def described() -> list[Endpoint]:
        nonlocal asked
        asked += 1
        return subject.endpoints()

    subject = Document(runtime, described)
    first = await subject.openapi()
    assert (await subject.openapi()).value == first.value
    assert (await subject.docs()).value == (await subject.docs()).value
    assert asked == 1
