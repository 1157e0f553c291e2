"""The mitmrouter command."""
