"""What is written down of a request, and what must never be."""
