"""Where requests go: the rules in their order, and what they would say of a prompt."""
