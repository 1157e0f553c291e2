"""What is known of the models: windows, limits, abilities; and how each client wants to be told."""
