"""How much of a token's quota is used, when it is asked about, and when it will be used up."""
