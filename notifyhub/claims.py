"""Taking a message from the ledger, and giving back what became of it, whatever state the ledger is in."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from notifyhub.bounded import WORKERS, Overrun
from notifyhub.errors import InProgress, NotifyHubError
from notifyhub.ledger.base import Claim

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from notifyhub.deadline import Deadline
    from notifyhub.ledger.base import Ledger
    from notifyhub.receipts import Receipt

PATIENCE_S = 3.0
"""How long to wait for whoever holds a message; Lambda brings it again, and waiting costs money."""
POLL_S = 0.25
LEDGER_S = 3.0
"""Seconds that one operation of a ledger on the network may take; a claim no more than a quarter of what is left."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """The ledger as the dispatcher uses it: a ledger that is down stops no message.

    Attributes:
        failed: told the operation and the error when the ledger does not work.
    """

    ledger: Ledger
    lease_s: float
    clock: Callable[[], datetime]
    failed: Callable[[str, str], None]
    sleep: Callable[[float], None] = time.sleep

    def telling(self, failed: Callable[[str, str], None]) -> Claims:
        """The same, for one message: whoever is told of failures knows which."""
        return replace(self, failed=failed)

    def take(self, key: str, *, owner: str, deadline: Deadline) -> Claim:
        """A claim that is won or settled; raises InProgress where another owner holds the message and goes on doing so.

        Where the ledger is down the claim is won unguarded: a code twice is better than none.
        """
        patience = deadline.within(PATIENCE_S)
        seconds = min(LEDGER_S, deadline.remaining() / 4)
        while (claim := self._claimed(key, owner, seconds)).state == "held":
            if patience.remaining() < POLL_S:
                raise InProgress("another invocation is sending this message")
            self.sleep(POLL_S)
        return claim

    def settle(self, claim: Claim, receipt: Receipt) -> None:
        """Records what became of the message."""
        if not claim.guarded:
            claim = self._claimed(claim.key, claim.owner, LEDGER_S)  # it may work again by now
        if claim.state == "won" and claim.guarded:
            self._tried("settle", lambda: self.ledger.settle(claim, receipt), LEDGER_S)

    def release(self, claim: Claim, *, unknown_at: Sequence[str] = ()) -> None:
        """Gives the message back."""
        if claim.guarded:
            self._tried("release", lambda: self.ledger.release(claim, unknown_at=unknown_at), LEDGER_S)

    def _claimed(self, key: str, owner: str, seconds: float) -> Claim:
        claim = self._tried("claim", lambda: self.ledger.claim(key, owner=owner, lease=self.lease_s), seconds)
        if claim is not None:
            return claim
        return Claim(key=key, state="won", owner=owner, attempt=1, first_seen=self.clock(), guarded=False)

    def _tried(self, operation: str, call: Callable[[], T], seconds: float) -> T | None:
        try:
            return WORKERS.call(call, seconds) if self.ledger.remote else call()
        except Overrun:
            problem = f"no answer within {seconds:.1f} s"
        except NotifyHubError as error:
            problem = str(error)
        except Exception as error:  # noqa: BLE001 - a ledger's defect must not stop a code
            problem = type(error).__name__  # its text stays out: it may quote anything
        self.failed(operation, problem)
        return None
