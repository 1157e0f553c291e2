"""What the owner is told of: what is worth it, whether it was said already, and how it is said."""
