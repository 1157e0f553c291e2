"""Values as they stand in a query: text that must be a number or a time."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

LATEST_MS = 253_402_300_799_999
"""The end of the year 9999."""
LONGEST_TEXT = 500
_WHOLE = re.compile(r"-?[0-9]{1,18}", re.ASCII)


def _digits(value: Any) -> Any:
    """Not `1_000`, ` 1` or `1.0`, which pydantic would take for numbers, too."""
    if isinstance(value, str):
        if not _WHOLE.fullmatch(value):
            raise PydanticCustomError("whole_number", "should be a whole number")
        return int(value)
    return value


DIGITS = BeforeValidator(_digits)
"""To be put behind the bounds, so that the document tells them."""
Time = Annotated[int, Field(ge=0, le=LATEST_MS), DIGITS]
"""Epoch milliseconds."""
Text = Annotated[str, Field(max_length=LONGEST_TEXT)]
