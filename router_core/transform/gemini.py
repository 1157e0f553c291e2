"""`gemini`: the dialect of Google's OpenAI-compatible Chat endpoint (wire/openai_chat/dialect.py) for a host that we
do not know as Google's: thought signatures on tool calls, no `seed`. Kind `gemini` speaks Gemini's own format."""

from router_core.transform.transformer import Transformer

TRANSFORMER = Transformer("gemini", dialect="gemini")
