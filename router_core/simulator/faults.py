"""Which scripted fault a request meets, if any."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from router_core.simulator.call import Call
from router_core.simulator.script import WEBSOCKET_FAULTS, Fault

GENERATING_METHODS = (":generateContent", ":streamGenerateContent", ":rawPredict", ":streamRawPredict")
"""How Gemini's paths end, in which the model stands."""

COUNTING = "/count-tokens:"
"""Claude on Vertex: ends like a path that generates, and does not."""

GENERATING_PATHS = (
    "/v1/messages", "/v1/chat/completions", "/v1/responses", "/backend-api/codex/responses",
    "/copilot-api/chat/completions", "/copilot-api/responses", "/copilot-api/v1/messages",
    "/ollama/v1/chat/completions",
)  # fmt: skip


@dataclass(slots=True)
class _Row:
    fault: Fault
    seen: int = 0
    fired: int = 0


class FaultBook:
    """The fault rows of a run, with their counters."""

    def __init__(self, faults: list[Fault]) -> None:
        self._rows = [_Row(fault) for fault in faults]

    def next_for(self, call: Call) -> Fault | None:
        """The first row that is due for this request.

        Every row counts each request that matches it, also when an earlier row fires, so `after` means the same
        wherever the row stands.
        """
        due: Fault | None = None
        for row in self._rows:
            if not matches(row.fault, call):
                continue
            row.seen += 1
            if due is None and row.seen > row.fault.after and (row.fault.times == 0 or row.fired < row.fault.times):
                row.fired += 1
                due = row.fault
        return due


def generates(path: str) -> bool:
    """A path that generates text."""
    return path in GENERATING_PATHS or (path.endswith(GENERATING_METHODS) and COUNTING not in path)


def matches(fault: Fault, call: Call) -> bool:
    """Whether a row speaks of this request."""
    if fault.fault in WEBSOCKET_FAULTS and not call.websocket:
        return False
    if fault.path:
        if not fnmatchcase(call.path, fault.path):
            return False
    elif call.method != "POST" or not generates(call.path):
        return False
    if fault.token not in ("*", call.credential):
        return False
    return fault.model == "*" or fnmatchcase(call.model, fault.model)
