"""What LLM tokens cost, and what a request has cost."""
