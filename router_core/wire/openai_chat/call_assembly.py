"""Tool calls from the fragments of a stream: which fragment belongs to which call, and when a call may be told.

A fragment says its call by `index`, but some services leave it out, number every call 0 (Ollama), or repeat `id: ""`
and `name: ""` in later fragments (Qwen). And calls may alternate, while neutral events tell one block after the other:
one call is live, the others wait. The next one becomes live as soon as the arguments of the live one are whole.
"""

from collections.abc import Iterator
from typing import Any

from router_core.errors import WireError
from router_core.wire.events import BlockStart, BlockStop, Delta, Event, ProofDelta
from router_core.wire.model import JsonObject, Proof, ToolCall
from router_core.wire.openai_chat.call_ids import forgotten_id, repeated_id
from router_core.wire.openai_chat.decode_message import call_extras, call_proof, is_json
from router_core.wire.openai_chat.reading import PROVIDER, json_text, wrong

BUFFER_LIMIT = 64 * 1024 * 1024
"""Characters of arguments that one answer may hold."""


class _Call:
    """One call so far."""

    __slots__ = ("arguments", "custom", "done", "first", "id", "name", "proof")

    def __init__(self, id: str, custom: bool, first: JsonObject) -> None:
        self.id = id
        self.custom = custom
        self.first = first
        self.name = ""
        self.arguments: list[str] = []
        self.proof: Proof | None = None
        self.done = False

    def whole(self) -> bool:
        return not self.custom and bool(self.name) and is_json("".join(self.arguments))


class CallAssembly:
    """The calls of one answer."""

    def __init__(self) -> None:
        self._calls: list[_Call] = []
        self._by_index: dict[int, _Call] = {}
        self._by_id: dict[str, _Call] = {}
        self._live: _Call | None = None
        self._size = 0
        self._ids: set[str] = set()

    @property
    def begun(self) -> bool:
        return bool(self._calls)

    def fragment(self, fragment: Any, answer: JsonObject, *, legacy: bool = False) -> Iterator[Event]:
        """What a fragment tells.

        Args:
            answer: whose `id` and `created` stand for a call's missing id.
            legacy: the fragment is a `function_call`.

        Raises:
            WireError: 502; it is no fragment, or there is too much of them.
        """
        if not isinstance(fragment, dict):
            raise wrong("delta.tool_calls[]", "an object", PROVIDER)
        custom = "custom" in fragment and "function" not in fragment
        inner = fragment if legacy else fragment.get("custom" if custom else "function")
        if inner is None:
            inner = {}
        elif not isinstance(inner, dict):
            raise wrong("delta.tool_calls[].function", "an object", PROVIDER)
        name = inner.get("name") or ""
        text = inner.get("input" if custom else "arguments")
        if text is not None and not isinstance(text, str):
            text = json_text(text, "delta.tool_calls[].function.arguments", PROVIDER)
        if not isinstance(name, str):
            raise wrong("delta.tool_calls[].function.name", "a string", PROVIDER)
        call, new = self._find(fragment, name, text or "", custom)
        if new:
            yield from self._advance(answer)
        yield from self._grow(call, name, text or "", call_proof(fragment), answer)

    def finish(self, answer: JsonObject) -> Iterator[Event]:
        """The rest: the live call ends, the waiting ones are told."""
        for call in self._calls:
            if call.done:
                continue
            if not call.name:
                raise WireError("the provider's answer calls a tool without a name", status=PROVIDER)
            if call is not self._live:
                yield from self._begin(call, answer)
            yield from self._end(call)

    def _find(self, fragment: JsonObject, name: str, text: str, custom: bool) -> tuple[_Call, bool]:
        index, id = fragment.get("index"), fragment.get("id")
        id = id if isinstance(id, str) else ""
        if type(index) is int:
            found = self._by_index.get(index)
        elif id:
            found = self._by_id.get(id)
        else:
            found = self._calls[-1] if self._calls else None
        if found is not None and not (id and found.id and id != found.id):
            again = not id and name and found.name and text and found.whole()
            if not again:
                if id and not found.id and found is not self._live:
                    found.id = id
                    self._by_id[id] = found
                return found, False
        call = _Call(id, custom, fragment)
        self._calls.append(call)
        if type(index) is int:
            self._by_index[index] = call
        if id:
            self._by_id.setdefault(id, call)
        return call, True

    def _grow(self, call: _Call, name: str, text: str, proof: Proof | None, answer: JsonObject) -> Iterator[Event]:
        call.name = call.name or name
        if text:
            self._size += len(text)
            if self._size > BUFFER_LIMIT:
                raise WireError("the provider's tool calls are longer than can be kept", status=PROVIDER)
            if call.done:
                if text.isspace():
                    return
                raise WireError("the provider's tool call went on after its end", status=PROVIDER)
            call.arguments.append(text)
        if proof is not None:
            call.proof = proof
        if call is self._live:
            if text:
                yield Delta(text)
            if proof is not None:
                yield ProofDelta(proof)
        elif self._live is None and not call.done:
            yield from self._promote(answer)

    def _advance(self, answer: JsonObject) -> Iterator[Event]:
        """A new call has come: the live one may be whole."""
        while self._live is not None and self._live.whole():
            yield from self._end(self._live)
            self._live = None
            yield from self._promote(answer)

    def _promote(self, answer: JsonObject) -> Iterator[Event]:
        """Let the first call that is not done begin, if its name is known."""
        call = next((call for call in self._calls if not call.done), None)
        if call is not None and call.name:
            self._live = call
            yield from self._begin(call, answer)

    def _begin(self, call: _Call, answer: JsonObject) -> Iterator[Event]:
        position = self._calls.index(call)
        id = call.id or forgotten_id(answer, position, call.name)
        if id in self._ids:
            id = repeated_id(id, len(self._ids))
        self._ids.add(id)
        extras = call_extras(call.first, "custom" if call.custom else "function", PROVIDER)
        yield BlockStart(ToolCall(id, call.name, custom=call.custom, proof=call.proof, extras=extras))
        if arguments := "".join(call.arguments):
            yield Delta(arguments)

    def _end(self, call: _Call) -> Iterator[Event]:
        call.done = True
        call.arguments.clear()
        yield BlockStop()
