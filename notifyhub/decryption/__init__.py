"""From an event's ciphertext to its secret."""
