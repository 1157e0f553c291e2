"""Finished requests as OpenTelemetry's traces and metrics, by its conventions for generative AI."""
