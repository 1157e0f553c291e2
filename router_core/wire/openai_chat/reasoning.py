"""Reasoning in a format that has none of its own: `reasoning_content`, `reasoning`, `reasoning_details`.

DeepSeek, Kimi, Z.ai and Qwen give text in `reasoning_content`; others in `reasoning`. OpenRouter adds
`reasoning_details`, an array that must return unmodified and in order (openrouter.ai/docs, read 2026-11-20); its
signatures and ciphertexts are why it is kept whole, as one proof.

A client gets the text in `reasoning_content` and each other provider's proof as one sealed entry of
`reasoning_details`. The flat text forgets where the thinking stood, so the entry's id says it: which characters of the
text are its own, and how many texts and calls came before it.
"""

import re
from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from router_core.errors import WireError
from router_core.wire.model import Extras, JsonObject, Proof, Thinking
from router_core.wire.openai_chat.reading import CLIENT, PROVIDER, a_list, a_text, an_object, form, with_form
from router_core.wire.proof import is_sealed, seal, unseal

TEXT_FIELDS = ("reasoning_content", "reasoning")
DETAILS = "reasoning_details"
_ID = re.compile(r"think-(\d{1,9})-(\d{1,9})-(\d{1,4})-(\d{1,4})")
_SEPARATOR = "\n\n"
_TEXT_OF = {"reasoning.text": "text", "reasoning.summary": "summary"}
DETAILS_LIMIT = 64 * 1024 * 1024
"""Characters and entries of `reasoning_details` that one answer may hold."""


class Placed(Struct, frozen=True):
    """Thinking, and how many texts (0 or 1) and calls of its message came before it."""

    thinking: Thinking
    texts: int = 0
    calls: int = 0


class _Entry(Struct, frozen=True):
    """A sealed entry: its proof, its characters of the text, its place."""

    proof: Proof
    begin: int = 0
    end: int = 0
    texts: int = 0
    calls: int = 0


def read_reasoning(message: JsonObject, path: str, status: int = CLIENT) -> list[Placed]:
    """The thinking in a message of an answer or of the history, in order.

    Envelopes are opened for a client's history only: a provider that sends some gets them back as they are.
    """
    fields = [field for field in TEXT_FIELDS if message.get(field)]
    text = a_text(message[fields[0]], f"{path}.{fields[0]}", status) if fields else ""
    raw = message.get(DETAILS)
    if not text and not raw:
        return []
    entries: list[_Entry] = []
    theirs: list[JsonObject] = []
    for number, value in enumerate([] if raw is None else a_list(raw, f"{path}.{DETAILS}", status)):
        detail = an_object(value, f"{path}.{DETAILS}[{number}]", status)
        entry = _entry(detail) if status == CLIENT else None
        if entry is None:
            theirs.append(detail)
        else:
            entries.append(entry)
    extras = spelled(fields)
    proof = proof_of_details(theirs)
    if not entries:
        text = text or text_of_details(theirs)
        return [Placed(Thinking(text, proof, extras=extras))] if text or proof else []
    if not _fit(entries, text):  # somebody edited the text, or has no such ids
        entries = [replace(entry, begin=0, end=0 if number else len(text)) for number, entry in enumerate(entries)]
    out: list[Placed] = []
    at = 0
    for entry in entries:
        if between := text[at : max(at, entry.begin)].strip("\n"):
            out.append(Placed(Thinking(between, extras=extras), entry.texts, entry.calls))
        own = text[entry.begin : entry.end]
        out.append(Placed(Thinking(own, entry.proof, extras=extras if own else {}), entry.texts, entry.calls))
        at = max(at, entry.end)
    rest = text[at:].strip("\n")
    if rest or proof:
        last = out[-1]
        out.append(Placed(Thinking(rest, proof, extras=extras if rest else {}), last.texts, last.calls))
    return out


def spelled(fields: Iterable[str]) -> Extras:
    """Extras that remember under which names the text came; nothing for the usual one."""
    names = list(fields)
    return with_form({}, {"fields": names} if names and names != ["reasoning_content"] else {})


def proof_of_details(details: list[JsonObject]) -> Proof | None:
    """A service's `reasoning_details` as one proof, to go back as a whole."""
    if not details:
        return None
    opaque = (detail.get("signature") or detail.get("data") for detail in details)
    value = next((value for value in opaque if isinstance(value, str)), "")
    return Proof("other", value, {DETAILS: details})


def details_of(proof: Proof | None) -> list[JsonObject] | None:
    """The other way round; None when the proof is no such thing."""
    if proof is None or proof.issuer != "other" or proof.whole is None:
        return None
    details = proof.whole.get(DETAILS)
    return details if isinstance(details, list) and all(isinstance(detail, dict) for detail in details) else None


def text_of_details(details: list[JsonObject]) -> str:
    """What can be read in them."""
    parts = (detail.get("text") or detail.get("summary") for detail in details)
    return "".join(part for part in parts if isinstance(part, str))


class DetailsAssembly:
    """Joins the fragments in which a stream gives `reasoning_details`: the text of one entry comes in many pieces."""

    def __init__(self) -> None:
        self._entries: list[JsonObject] = []
        self._pieces: list[str] = []
        """Of the last entry's `_field`; joined at its end, for a long text must not be copied with each piece."""
        self._field = ""
        self._size = 0

    def add(self, fragments: list[JsonObject]) -> None:
        """Raises WireError (502) when there is more than can be kept."""
        for fragment in fragments:
            last = self._entries[-1] if self._entries else None
            field = _TEXT_OF.get(kind) if isinstance(kind := fragment.get("type"), str) else None
            text = fragment.get(field) if field else None
            self._size += 1 + (len(text) if isinstance(text, str) else 0)
            if self._size > DETAILS_LIMIT:
                raise WireError("the provider's reasoning details are more than can be kept", status=PROVIDER)
            if last is None or field is None or any(last.get(key) != fragment.get(key) for key in ("type", "index")):
                self._join()
                self._entries.append(last := dict(fragment))
                self._field = field or ""
            else:
                last.update({key: value for key, value in fragment.items() if value is not None and key != field})
            if isinstance(text, str):
                self._pieces.append(text)

    def take(self) -> list[JsonObject]:
        """The entries so far; what follows begins anew."""
        self._join()
        entries, self._entries = self._entries, []
        return entries

    def _join(self) -> None:
        if self._pieces:
            self._entries[-1][self._field] = "".join(self._pieces)
            self._pieces = []


class ReasoningWriter:
    """Writes the thinking of one message for a client, in the order in which it comes."""

    def __init__(self) -> None:
        self._chars = 0
        self._number = 0
        self._calls = 0
        self._texts = 0
        self._place = (0, 0)

    def begin(self, *, text: bool = False, call: bool = False) -> None:
        """A block of the message begins: a text, a call, or something else."""
        self._place = (self._texts, self._calls)
        self._texts = 1 if text else self._texts
        self._calls += call

    def text(self, text: str, *, first: bool) -> str:
        """What `reasoning_content` gets for a piece of thinking. `first`: of its block."""
        said = _SEPARATOR + text if first and text and self._chars else text
        self._chars += len(said)
        return said

    def details(self, proof: Proof, own_chars: int) -> list[JsonObject]:
        """What `reasoning_details` gets for the block that has begun; the last `own_chars` characters are its own."""
        theirs = details_of(proof)
        if theirs is not None:
            self._number += len(theirs)
            return theirs
        texts, calls = self._place
        entry = {
            "type": "reasoning.encrypted",
            "data": seal(proof),
            "id": f"think-{self._chars - own_chars}-{own_chars}-{texts}-{min(calls, 9999)}",
            "format": "unknown",
            "index": self._number,
        }
        self._number += 1
        return [entry]


def text_fields(thinking: Thinking) -> list[str]:
    """The names under which its text came, the usual one if it came from elsewhere."""
    fields = form(thinking.extras).get("fields")
    named = [field for field in fields if field in TEXT_FIELDS] if isinstance(fields, list) else []
    return named or ["reasoning_content"]


def _entry(detail: JsonObject) -> _Entry | None:
    data = detail.get("data")
    if detail.get("type") != "reasoning.encrypted" or not isinstance(data, str) or not is_sealed(data):
        return None
    proof = unseal(data, "other")
    id = detail.get("id")
    place = _ID.fullmatch(id) if isinstance(id, str) else None
    if place is None:
        return _Entry(proof, -1)
    begin, chars, texts, calls = (int(number) for number in place.groups())
    return _Entry(proof, begin, begin + chars, texts, calls)


def _fit(entries: list[_Entry], text: str) -> bool:
    at = 0
    for entry in entries:
        if entry.begin < at or entry.end > len(text):
            return False
        at = entry.end
    return True
