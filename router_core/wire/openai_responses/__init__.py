"""OpenAI's Responses: the format of the platform's newer endpoint, of the ChatGPT backend, and of Codex CLI.

A conversation is a list of items (messages, reasoning, calls, outputs), not of turns; the order of items is the order
of blocks. Vendor pages: platform.openai.com/docs/api-reference/responses, read 2026-11-20.
"""
