"""The time that is left to finish the work."""

from __future__ import annotations

import math
import time
from typing import Protocol


class LambdaContext(Protocol):
    """The part of the Lambda context object that notifyhub uses."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the runtime ends the invocation."""
        ...


class Deadline:
    """A point in time on the monotonic clock; it lives for one invocation, so a frozen container cannot skew it."""

    __slots__ = ("_at",)

    def __init__(self, at: float) -> None:
        self._at = at

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """The deadline that many seconds from now."""
        return cls(time.monotonic() + seconds)

    @classmethod
    def never(cls) -> Deadline:
        """No deadline at all, for code outside a function with a time-out."""
        return cls(math.inf)

    @classmethod
    def of_lambda(cls, context: LambdaContext, *, reserve_s: float) -> Deadline:
        """The end of the invocation, less a reserve in seconds for settling and for the reply."""
        return cls.after(context.get_remaining_time_in_millis() / 1000 - reserve_s)

    def remaining(self) -> float:
        """Seconds that are left, never below zero."""
        return max(0.0, self._at - time.monotonic())

    def within(self, seconds: float) -> Deadline:
        """This deadline, or the one that many seconds from now, whichever comes first."""
        return Deadline(min(self._at, time.monotonic() + seconds))

    def extend(self, seconds: float) -> Deadline:
        """A deadline this many seconds later."""
        return Deadline(self._at + seconds)

    def share(self, parts: int) -> Deadline:
        """The end of the first of `parts` equal parts of the time that is left."""
        return Deadline.after(self.remaining() / parts)

    @property
    def passed(self) -> bool:
        """Whether no time is left."""
        return self.remaining() == 0.0

    def __repr__(self) -> str:
        return f"Deadline(in {self.remaining():.3f} s)"
