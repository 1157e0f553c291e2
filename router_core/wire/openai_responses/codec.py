"""The codec of OpenAI's Responses.

Not in the package's `__init__`, as those of the other formats: the router needs some of the package (what a stream's
items are, what Codex's backend takes) from its start on, and the codec only when it translates.
"""

from router_core.wire.codec import Codec
from router_core.wire.openai_responses.decode_request import decode_request
from router_core.wire.openai_responses.encode_request import encode_request
from router_core.wire.openai_responses.errors import decode_error, encode_error
from router_core.wire.openai_responses.response import decode_response, encode_response
from router_core.wire.openai_responses.stream_decoder import ResponsesDecoder
from router_core.wire.openai_responses.stream_encoder import ResponsesEncoder

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
)
