"""Leading an installed client to the router by its own settings, and taking that back."""
