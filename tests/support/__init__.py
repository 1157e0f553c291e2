"""What many tests need: a running router, tokens in its home, clients."""
