"""Presets: the part of a configuration that can be handed on. They hold no secret, run nothing, and are shown first."""
