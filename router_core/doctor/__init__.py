"""What may be wrong between a client and its answer: one check per file, each with its cause and remedy."""
