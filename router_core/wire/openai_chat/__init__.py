"""OpenAI's Chat Completions, and the many services that speak it."""

from router_core.wire.codec import Codec
from router_core.wire.openai_chat.decode_request import decode_request
from router_core.wire.openai_chat.encode_request import encode_request
from router_core.wire.openai_chat.errors import decode_error, encode_error
from router_core.wire.openai_chat.reading import NAME
from router_core.wire.openai_chat.response import decode_response, encode_response
from router_core.wire.openai_chat.stream_decoder import ChatStreamDecoder
from router_core.wire.openai_chat.stream_encoder import ChatStreamEncoder

CODEC = Codec(
    name=NAME,
    decode_request=decode_request,
    encode_request=encode_request,
    decode_response=decode_response,
    encode_response=encode_response,
    decode_error=decode_error,
    encode_error=encode_error,
    stream_decoder=ChatStreamDecoder,
    stream_encoder=ChatStreamEncoder,
)
