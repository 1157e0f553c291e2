"""The Tokens page and its dialogues."""
