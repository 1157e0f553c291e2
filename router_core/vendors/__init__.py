"""The logins that the vendors' own command line programs keep on this machine: read, and written back where shared."""
