"""What a conversation leaves behind: who minted its proofs, what its responses held, and how a broken one is mended."""
