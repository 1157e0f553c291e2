"""Numbers of the running router, for Prometheus."""
