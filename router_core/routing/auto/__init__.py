"""Which tier of model a prompt needs, and the cheapest capable model of that tier: the models `auto` and `auto-…`."""
