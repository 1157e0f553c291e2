"""Logins: how a credential is got from a provider's authorization server, and how it is kept alive."""
