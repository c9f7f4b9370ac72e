"""Picks the providers that a message may take, and explains the choice."""
