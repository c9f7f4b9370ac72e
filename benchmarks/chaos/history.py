"""The record of a run: how its events, invocations and workers ended, as the simulated Lambda saw it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from notifyhub.errors import OutcomeUnknown


@dataclass(slots=True)
class History:
    """Counts what happened in a run; counters by event hold the possible causes of its duplicates.

    Attributes:
        handed_out: when each event was given to a worker first, on the system-wide monotonic clock.
        unknown: by event, attempts whose outcome is unknown.
        killed: by event, invocations whose worker was killed.
        ledger: by event, operations of the ledger that failed.
        attempts: by provider and outcome.
        injected: failures that were made in the workers.
        ends: how invocations ended: an error's name, or nothing.
        kills: for each, how many messages were being sent and how many invocations ran.
        parked: events whose three tries failed.
        given_up: events that failed once more when they were sent in again.
        longest_s: seconds of the invocation that took longest.
        seconds: how long the run took.
    """

    handed_out: dict[int, float] = field(default_factory=dict)
    unknown: Counter[int] = field(default_factory=Counter)
    killed: Counter[int] = field(default_factory=Counter)
    ledger: Counter[int] = field(default_factory=Counter)
    attempts: Counter[tuple[str, str]] = field(default_factory=Counter)
    injected: Counter[tuple[str, str]] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    kills: list[tuple[int, int]] = field(default_factory=list)
    parked: set[int] = field(default_factory=set)
    given_up: set[int] = field(default_factory=set)
    longest_s: float = 0.0
    seconds: float = 0.0

    def attempt(self, number: int, provider: str, outcome: str) -> None:
        """Counts a call of a provider for an event."""
        self.attempts[provider, outcome] += 1
        if outcome == OutcomeUnknown.__name__:
            self.unknown[number] += 1
