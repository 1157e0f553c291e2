"""What the classifier looks at: one prompt, whoever made it."""

from msgspec import Struct


class Prompt(Struct, frozen=True):
    """One turn that wants an answer. Only `user_text` is needed.

    Args:
        user_text: what the user sent last. In a turn that only brings tool results: the last words before those, so
            that the work keeps its tier also where nothing is remembered of the session.
        system_text: instructions of the program. They count for the size of the request only, never as words: every
            agent's system prompt is full of "think" and "step by step".
        tool_count: tools that the model may call.
        tool_result_count: results of tools in this turn.
        image_count: images anywhere in the request, since the model must be able to see them all.
        media: what else the model must take of it: `pdf`, `audio`, `video`.
        depth: messages so far, this one included.
        input_tokens: of the whole request; 0: estimated from the two texts.
        max_output_tokens: what the caller allows; None: not said.
        wants_json: the answer must keep to a JSON form.
    """

    user_text: str
    system_text: str = ""
    tool_count: int = 0
    tool_result_count: int = 0
    image_count: int = 0
    depth: int = 1
    input_tokens: int = 0
    max_output_tokens: int | None = None
    wants_json: bool = False
    media: frozenset[str] = frozenset()

    @property
    def continues(self) -> bool:
        """The model goes on with what it was doing: this turn brings it the results of its tools."""
        return self.tool_result_count > 0
