"""The answer to a renewal as it waits for being stored. The text is a secret as a whole: store/tokens.py seals it."""

import base64
import binascii
from dataclasses import dataclass

import orjson

from router_core.oauth.http import HttpAnswer


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer."""

    chain: str
    """Fingerprint of the refresh token that it was got with: it replaces that one's set and no other."""
    answer: HttpAnswer
    at: float
    """Epoch seconds; lifetimes count from here."""

    def text(self) -> str:
        value = {
            "chain": self.chain,
            "status": self.answer.status,
            "headers": dict(self.answer.headers),
            "body": base64.b64encode(self.answer.body).decode(),
            "at": self.at,
        }
        return orjson.dumps(value).decode()

    @staticmethod
    def read(text: str) -> "Entry | None":
        """None when it is nothing that this version wrote."""
        try:
            value = orjson.loads(text)
            answer = HttpAnswer(int(value["status"]), dict(value["headers"]), base64.b64decode(value["body"]))
            return Entry(str(value["chain"]), answer, float(value["at"]))
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, binascii.Error):
            return None
