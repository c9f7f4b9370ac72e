"""How long to wait before a provider is asked again."""

from __future__ import annotations

import random

BASE_S = 0.25
LONGEST_S = 4.0
ENOUGH_S = 0.25
"""Seconds without which another call is not worth making."""


def pause(asked_for: float | None, *, attempt: int, left: float) -> float | None:
    """Seconds to wait after that attempt; None where what is left would not do for the wait and a call behind it.

    The vendor's own wait counts. Without one it is full jitter, which keeps many containers from coming back at once
    (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/, read 2026-11).
    """
    seconds = _jitter(attempt) if asked_for is None else asked_for
    return seconds if seconds + ENOUGH_S <= left else None


def _jitter(attempt: int) -> float:
    return random.uniform(0, min(LONGEST_S, BASE_S * 2.0 ** (attempt - 1)))  # noqa: S311 - it hides nothing
