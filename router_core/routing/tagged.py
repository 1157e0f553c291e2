"""The tags of conversations that are continued by a response's id: what comes later holds only what is new.

In memory and bounded. The tag itself is never stored with the conversation: it must not leave with it.
"""

from collections import OrderedDict

MOST_RESPONSES = 5000


class TaggedResponses:
    """Response id → the target that the tag before it named."""

    def __init__(self, most: int = MOST_RESPONSES) -> None:
        self._most = most
        self._targets: OrderedDict[str, str] = OrderedDict()

    def note(self, response_id: str, target: str) -> None:
        """A request with a tag, or one that continues such a one, was answered by this response."""
        if not response_id or not target:
            return
        self._targets[response_id] = target
        self._targets.move_to_end(response_id)
        while len(self._targets) > self._most:
            self._targets.popitem(last=False)

    def before(self, response_id: object) -> str:
        """The tag's target; "" when the conversation up to that response has none."""
        return self._targets.get(response_id, "") if isinstance(response_id, str) else ""

    def __bool__(self) -> bool:
        return bool(self._targets)
