"""Google's Gemini API: `generateContent`, `streamGenerateContent`, `countTokens`."""

from router_core.wire.codec import Codec
from router_core.wire.gemini.decode_request import decode_count, decode_request
from router_core.wire.gemini.encode_request import count_body, encode_request
from router_core.wire.gemini.errors import decode_error, encode_error
from router_core.wire.gemini.response import decode_response, encode_response
from router_core.wire.gemini.stream import ArrayStreamEncoder, GeminiStreamDecoder, GeminiStreamEncoder

__all__ = ["CODEC", "count_body", "decode_count", "stream_encoder_array"]

stream_encoder_array = ArrayStreamEncoder
"""For clients that asked for the stream without `alt=sse`."""

CODEC = Codec(
    name="gemini",
    decode_request=decode_request,
    encode_request=encode_request,
    decode_response=decode_response,
    encode_response=encode_response,
    decode_error=decode_error,
    encode_error=encode_error,
    stream_decoder=GeminiStreamDecoder,
    stream_encoder=GeminiStreamEncoder,
)
