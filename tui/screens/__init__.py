"""Whole screens: the main one, one request in detail, help."""
