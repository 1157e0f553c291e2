"""Credentials that are on this machine already: found, judged, and brought in."""
