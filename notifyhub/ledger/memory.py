"""A ledger in this process's memory: it recognises messages of this container only, and ends with it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from notifyhub.clock import now
from notifyhub.ledger.base import Claim, Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from notifyhub.receipts import Receipt

CAPACITY = 10_000
"""Entries that are kept; the oldest go first."""


@dataclass(slots=True)
class _Entry:
    owner: str | None
    lease_ends: datetime
    first_seen: datetime
    attempt: int = 0
    unknown_at: tuple[str, ...] = ()
    receipt: Receipt | None = None


class MemoryLedger(Ledger):
    """Keeps claims and receipts in memory, by wall clock: a frozen container's monotonic clock stands still."""

    may_block = False

    def __init__(self, *, clock: Callable[[], datetime] = now, capacity: int = CAPACITY) -> None:
        self._clock = clock
        self._capacity = capacity
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, _Entry] = OrderedDict()

    def claim(self, key: str, *, owner: str, lease: float) -> Claim:
        """See the base class."""
        with self._lock:
            now = self._clock()
            entry = self._entries.get(key) or _Entry(owner=None, lease_ends=now, first_seen=now)
            if entry.receipt is not None:
                return _claim(key, "settled", entry)
            if entry.owner not in {None, owner} and now < entry.lease_ends:
                return _claim(key, "held", entry)
            entry.owner, entry.lease_ends = owner, now + timedelta(seconds=lease)
            entry.attempt += 1
            self._store(key, entry)
            return _claim(key, "won", entry)

    def settle(self, claim: Claim, receipt: Receipt) -> None:
        """See the base class."""
        with self._lock:
            if entry := self._find_owned(claim):
                entry.owner, entry.receipt = None, receipt
                self._store(claim.key, entry)

    def release(self, claim: Claim, *, unknown_at: Sequence[str] = ()) -> None:
        """See the base class."""
        with self._lock:
            if entry := self._find_owned(claim):
                entry.owner, entry.unknown_at = None, tuple(dict.fromkeys((*entry.unknown_at, *unknown_at)))
                self._store(claim.key, entry)

    def _find_owned(self, claim: Claim) -> _Entry | None:
        entry = self._entries.get(claim.key)
        return entry if entry and entry.owner == claim.owner and entry.receipt is None else None

    def _store(self, key: str, entry: _Entry) -> None:
        self._entries[key] = entry
        self._entries.move_to_end(key)
        while len(self._entries) > self._capacity:
            self._entries.popitem(last=False)


def _claim(key: str, state: Literal["won", "held", "settled"], entry: _Entry) -> Claim:
    return Claim(
        key=key,
        state=state,
        owner=entry.owner or "",
        attempt=entry.attempt,
        first_seen=entry.first_seen,
        unknown_at=entry.unknown_at,
        receipt=entry.receipt,
    )
