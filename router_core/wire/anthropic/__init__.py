"""Anthropic's Messages API."""

from router_core.wire.anthropic.decode_request import decode_request
from router_core.wire.anthropic.encode_request import count_body, encode_request
from router_core.wire.anthropic.errors import decode_error, encode_error
from router_core.wire.anthropic.response import decode_response, encode_response
from router_core.wire.anthropic.stream_decoder import AnthropicDecoder
from router_core.wire.anthropic.stream_encoder import AnthropicEncoder
from router_core.wire.codec import Codec

__all__ = ["CODEC", "count_body"]

CODEC = Codec(
    name="anthropic",
    decode_request=decode_request,
    encode_request=encode_request,
    decode_response=decode_response,
    encode_response=encode_response,
    decode_error=decode_error,
    encode_error=encode_error,
    stream_decoder=AnthropicDecoder,
    stream_encoder=AnthropicEncoder,
)
