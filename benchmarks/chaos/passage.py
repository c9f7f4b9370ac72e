"""The invocation that a thread of a worker is working on."""

from __future__ import annotations

from collections import Counter
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Passage:
    """Identifies an invocation; its faults are drawn from this, so that a seed repeats them.

    Attributes:
        number: the event's.
        turn: which invocation of the event it is.
    """

    number: int
    turn: str
    _calls: Counter[str] = field(default_factory=Counter)

    def nonce(self, what: str) -> tuple[int, str, str, int]:
        """Makes a value that is new for each call with the same name."""
        self._calls[what] += 1
        return (self.number, self.turn, what, self._calls[what])


PASSAGE: ContextVar[Passage] = ContextVar("PASSAGE")
"""Set by a worker's thread; calls that notifyhub makes in threads of its own see it too, as it hands contexts on."""
