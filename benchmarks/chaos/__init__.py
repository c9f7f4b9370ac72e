"""Counts lost and doubled messages while vendors, workers and the ledger fail at once: `python -m benchmarks.chaos`."""
