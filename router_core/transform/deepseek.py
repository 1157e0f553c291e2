"""`deepseek`: DeepSeek's dialect of Chat (wire/openai_chat/dialect.py) for a host that we do not know as DeepSeek's:
its switch for thinking, reasoning that goes back with tool calls, no `seed`, no penalties, no schemas."""

from router_core.transform.transformer import Transformer

TRANSFORMER = Transformer("deepseek", dialect="deepseek")
