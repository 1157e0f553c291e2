"""What happens in the router, told to whoever listens."""
