"""Any prompt to any target, one beside another."""
