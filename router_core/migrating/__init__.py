"""Configurations of other routers → ours: what becomes what, what cannot, and why."""
