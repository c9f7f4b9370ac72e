"""Ledgers that fail or forget, for the chaotic run."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from benchmarks.chaos.conditions import drawn
from benchmarks.chaos.passage import PASSAGE
from notifyhub.ledger.base import Claim, Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.chaos.conditions import Conditions
    from notifyhub.receipts import Receipt

T = TypeVar("T")


class LedgerDown(Exception):
    """The ledger did not answer; what it was asked to do may be done nevertheless."""


class FailingLedger(Ledger):
    """Fails now and then, half of the time after the operation took effect: then its reply alone is lost."""

    def __init__(self, ledger: Ledger, conditions: Conditions, failed: Callable[[str, str], None]) -> None:
        self._ledger = ledger
        self._conditions = conditions
        self._failed = failed

    def claim(self, key: str, *, owner: str, lease: float) -> Claim:
        """See the base class."""
        return self._done("claim", lambda: self._ledger.claim(key, owner=owner, lease=lease))

    def settle(self, claim: Claim, receipt: Receipt) -> None:
        """See the base class."""
        self._done("settle", lambda: self._ledger.settle(claim, receipt))

    def release(self, claim: Claim, *, unknown_at: Sequence[str] = ()) -> None:
        """See the base class."""
        self._done("release", lambda: self._ledger.release(claim, unknown_at=unknown_at))

    def _done(self, operation: str, call: Callable[[], T]) -> T:
        nonce = (self._conditions.seed, PASSAGE.get().nonce(operation))
        fails = drawn("ledger", nonce) < self._conditions.ledger
        if fails and drawn("before", nonce) < 0.5:
            self._fail(operation)
        result = call()
        if fails:
            self._fail(operation)
        return result

    def _fail(self, operation: str) -> None:
        self._failed("ledger", operation)
        raise LedgerDown


class ForgetfulLedger(Ledger):
    """Remembers nothing, so that every claim is won; shows that the check notices."""

    def claim(self, key: str, *, owner: str, lease: float) -> Claim:
        """See the base class."""
        return Claim(key=key, state="won", owner=owner, attempt=1, first_seen=datetime.now(UTC))

    def settle(self, claim: Claim, receipt: Receipt) -> None:
        """See the base class."""

    def release(self, claim: Claim, *, unknown_at: Sequence[str] = ()) -> None:
        """See the base class."""
