"""The terminal app: tokens and live requests, read from the databases, changed through the router's admin API."""
