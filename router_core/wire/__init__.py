"""The wire formats: event streams, usage, and errors in each client's own words."""
