"""The decisions and formats of mitmrouter as plain Python: no mitmproxy, no textual."""

__version__ = "0.1.0"
