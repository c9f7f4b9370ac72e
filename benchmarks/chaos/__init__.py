"""What becomes of messages when everything fails at once: `python -m benchmarks.chaos`."""
