"""The decisions and formats of mitmrouter as plain Python: no mitmproxy, no textual."""
