"""Settings: what can be set, and how the file, the environment and the flags become one value."""
