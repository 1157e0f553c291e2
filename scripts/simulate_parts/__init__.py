"""Parts of scripts/simulate-week."""
