"""Tries providers last for a while that proved unusable or failed repeatedly."""

from __future__ import annotations

import threading
from collections import defaultdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from notifyhub.clock import now
from notifyhub.delivery.backoff import clean_wait
from notifyhub.errors import NotSent, OutcomeUnknown, ProviderError, ProviderUnusable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from notifyhub.provider.contract import ProviderReceipt

REPEATEDLY = 3
"""Failures in a row after which a provider cools down."""


class Cooldown:
    """Moves providers to the end of every plan, and never out of one: the last resort may work again.

    It counts per process, by the wall clock: a frozen container's monotonic clock stands still.
    """

    def __init__(self, seconds: float, *, clock: Callable[[], datetime] = now) -> None:
        self._period = timedelta(seconds=seconds)
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: defaultdict[str, int] = defaultdict(int)
        self._until: dict[str, datetime] = {}

    def order(self, names: Iterable[str]) -> list[str]:
        """Orders providers: those that cool down go behind the others, each group as it was given."""
        if not self._until:
            return list(names)
        now = self._clock()
        return sorted(names, key=lambda name: self._until.get(name, now) > now)

    def note(self, name: str, outcome: ProviderReceipt | ProviderError) -> None:
        """Learns from the outcome of one call."""
        if isinstance(outcome, ProviderUnusable):
            self._cool(name, self._period)
        elif isinstance(outcome, NotSent | OutcomeUnknown):
            self._count_failure(name, outcome)
        elif name in self._failures or name in self._until:
            self._end(name)

    def _count_failure(self, name: str, outcome: ProviderError) -> None:
        with self._lock:
            self._failures[name] += 1
            repeatedly = self._failures[name] >= REPEATEDLY
        if repeatedly:
            self._cool(name, self._period)
        elif isinstance(outcome, NotSent) and (seconds := clean_wait(outcome.retry_after)):
            # Asked sooner it would only say so again.
            self._cool(name, min(self._period, timedelta(seconds=min(seconds, 86_400))))

    def _cool(self, name: str, period: timedelta) -> None:
        with self._lock:
            until = self._clock() + period
            self._until[name] = max(until, self._until.get(name, until))

    def _end(self, name: str) -> None:
        """Ends the cool-down; a refusal of one message does so as well, since the provider answers."""
        with self._lock:
            self._failures.pop(name, None)
            self._until.pop(name, None)
