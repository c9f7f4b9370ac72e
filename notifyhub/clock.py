"""The time of day, by which everything goes that outlives an invocation."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The time in UTC. By the wall clock: a frozen container's monotonic clock stands still."""
    return datetime.now(UTC)
