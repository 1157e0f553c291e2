"""Parts of scripts/evaluate-auto."""
