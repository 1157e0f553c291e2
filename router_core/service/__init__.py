"""The router as a service of the system's own manager, started at login and again when it dies."""
