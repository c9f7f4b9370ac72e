"""How long to wait before a provider is asked again."""

from __future__ import annotations

import math
import random

BASE_S = 0.25
LONGEST_S = 4.0
ENOUGH_S = 0.25
"""Seconds without which another call is not worth making."""


def delay(asked_for: float | None, *, attempt: int, left: float) -> float | None:
    """The seconds to wait after an attempt; None where `left` is too short for the wait and another call.

    The vendor's own wait is the least; full jitter is added to it, which keeps many containers from coming back at once
    (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/, read 2026-11), and keeps a vendor that
    asks for no wait, or for one that has passed by its clock, from using up all attempts within a moment.
    """
    seconds = clean_wait(asked_for) + _jitter(attempt)
    return seconds if seconds + ENOUGH_S <= left else None


def clean_wait(asked_for: object) -> float:
    """The wait that a provider asks for, in seconds; zero where a plugin gives something that is no such number."""
    if not isinstance(asked_for, int | float) or isinstance(asked_for, bool):
        return 0.0
    return max(0.0, float(asked_for)) if math.isfinite(asked_for) else 0.0


def _jitter(attempt: int) -> float:
    return random.uniform(0, min(LONGEST_S, BASE_S * 2.0 ** (attempt - 1)))  # noqa: S311 - it hides nothing
