"""The laws that every codec obeys, over made-up conversations and damaged bytes."""
