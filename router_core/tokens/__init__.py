"""What a token is, how it is doing, and which one pays for the next request."""
