"""OpenAI's Responses: the format of the platform's newer endpoint, of the ChatGPT backend, and of Codex CLI.

A conversation is a list of items (messages, reasoning, calls, outputs), not of turns; the order of items is the order
of blocks. Vendor pages: platform.openai.com/docs/api-reference/responses, read 2026-11-20.
"""

from router_core.wire.codec import Codec
from router_core.wire.openai_responses.decode_request import decode_request
from router_core.wire.openai_responses.encode_request import encode_request
from router_core.wire.openai_responses.errors import decode_error, encode_error
from router_core.wire.openai_responses.response import decode_response, encode_response
from router_core.wire.openai_responses.stream_decoder import ResponsesDecoder
from router_core.wire.openai_responses.stream_encoder import KEEP_ALIVE, ResponsesEncoder

CODEC = Codec(
    name="openai-responses",
    decode_request=decode_request,
    encode_request=encode_request,
    decode_response=decode_response,
    encode_response=encode_response,
    decode_error=decode_error,
    encode_error=encode_error,
    stream_decoder=ResponsesDecoder,
    stream_encoder=ResponsesEncoder,
    keep_alive=KEEP_ALIVE,
)
