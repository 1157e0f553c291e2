"""How many tokens a request is, where its provider cannot be asked."""
