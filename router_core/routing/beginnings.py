"""What conversations said at their beginning, for requests that continue one by a response's id and hold only what is
new: the tag and the working directory, which are said once.

In memory and bounded. A tag is never stored with the conversation: it must not leave with it.
"""

from collections import OrderedDict
from dataclasses import dataclass

MOST_RESPONSES = 5000


@dataclass(frozen=True, slots=True)
class Beginning:
    """Of one conversation."""

    tag: str = ""
    """The target that it names."""
    project: str = ""
    """The working directory that the client names."""


NOTHING = Beginning()


class Beginnings:
    """Response id → how the conversation up to it began."""

    def __init__(self, most: int = MOST_RESPONSES) -> None:
        self._most = most
        self._found: OrderedDict[str, Beginning] = OrderedDict()

    def note(self, response_id: str, beginning: Beginning) -> None:
        """A request of that conversation was answered by this response."""
        if not response_id or beginning == NOTHING:
            return
        self._found[response_id] = beginning
        self._found.move_to_end(response_id)
        while len(self._found) > self._most:
            self._found.popitem(last=False)

    def before(self, response_id: object) -> Beginning:
        """Of the conversation up to that response, as far as it is known."""
        return self._found.get(response_id, NOTHING) if isinstance(response_id, str) else NOTHING
