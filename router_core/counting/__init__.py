"""How many input tokens a request has, without asking anybody."""
