"""Taking a message from the ledger, and giving back what became of it, whatever state the ledger is in."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from notifyhub.deadline import Deadline
from notifyhub.errors import InProgress, NotifyHubError
from notifyhub.ledger.base import Claim
from notifyhub.receipts import Receipt
from notifyhub.workers import Congested, Lane, Overrun

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from notifyhub.ledger.base import Ledger
    from notifyhub.receipts import Delivery

PATIENCE_S = 3.0
"""How long to wait for whoever holds a message; Lambda brings it again, and waiting costs money."""
POLL_S = 0.25
LEDGER_S = 3.0
"""Seconds that one operation of the ledger may take; a claim no more than a quarter of what is left."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """The ledger as the dispatcher uses it: a ledger that is down stops no message.

    Attributes:
        reserve_s: seconds past the deadline in which it may still be told what became of a message.
        failed: told the operation and the problem when the ledger does not work.
        deadline: of the work on the message.
    """

    ledger: Ledger
    lease_s: float
    clock: Callable[[], datetime]
    failed: Callable[[str, str], None]
    reserve_s: float = 0.5
    sleep: Callable[[float], None] = time.sleep
    deadline: Deadline = field(default_factory=Deadline.never)
    lane: Lane = field(default_factory=Lane)

    def of_message(self, deadline: Deadline, *, failed: Callable[[str, str], None]) -> Claims:
        """The same for one message: with its deadline, and whoever is told of failures knows which it is."""
        return replace(self, deadline=deadline, failed=failed)

    def take(self, key: str, *, owner: str) -> Claim:
        """A claim that is won or settled; raises InProgress where another owner holds the message and goes on doing so.

        Where the ledger is down the claim is won unguarded: a code twice is better than none. Not so once it has said
        that the message is held: somebody is sending it.
        """
        seconds = min(LEDGER_S, self.deadline.remaining() / 4)
        claim = self._claimed(key, owner, seconds) or self._unguarded(key, owner)
        patience = self.deadline.within(PATIENCE_S)
        while claim.state == "held":
            if patience.remaining() < POLL_S:
                raise InProgress("another invocation is sending this message")
            self.sleep(POLL_S)
            claim = self._claimed(key, owner, min(seconds, patience.remaining())) or claim
        return claim

    def settle(self, claim: Claim, receipt: Receipt) -> None:
        """Records what became of the message."""
        if held := self._guarded(claim):
            self._tried("settle", lambda: self.ledger.settle(held, receipt), self._left())

    def settle_late(self, claim: Claim, delivery: Delivery) -> None:
        """Records an acceptance that nobody waited for any more, unless somebody else has the message by now."""
        again = self._claimed(claim.key, claim.owner, LEDGER_S)
        if again is not None and again.state == "won":
            self._tried("settle", lambda: self.ledger.settle(again, Receipt.of((delivery,))), LEDGER_S)

    def release(self, claim: Claim, *, unknown_at: Sequence[str] = ()) -> None:
        """Gives the message back."""
        if held := self._guarded(claim):
            self._tried("release", lambda: self.ledger.release(held, unknown_at=unknown_at), self._left())

    def _guarded(self, claim: Claim) -> Claim | None:
        """The claim as the ledger knows it; it may work again by now. None where it does not, or is settled."""
        known = claim if claim.guarded else self._claimed(claim.key, claim.owner, self._left())
        return known if known is not None and known.state == "won" else None

    def _unguarded(self, key: str, owner: str) -> Claim:
        return Claim(key=key, state="won", owner=owner, attempt=1, first_seen=self.clock(), guarded=False)

    def _claimed(self, key: str, owner: str, seconds: float) -> Claim | None:
        return self._tried("claim", lambda: self.ledger.claim(key, owner=owner, lease=self.lease_s), seconds)

    def _left(self) -> float:
        """Seconds for telling the ledger what became of the message: those that are left, and the reserve."""
        return min(LEDGER_S, self.deadline.extended(self.reserve_s).remaining())

    def _tried(self, operation: str, call: Callable[[], T], seconds: float) -> T | None:
        try:
            return self.lane.call(call, seconds) if self.ledger.may_block else call()
        except Overrun:
            problem = f"no answer within {seconds:.1f} s"
        except Congested as reason:
            problem = str(reason)
        except NotifyHubError as error:
            problem = str(error)
        except Exception as error:  # noqa: BLE001 - a ledger's defect must not stop a code
            problem = type(error).__name__  # its text stays out: it may quote anything
        self.failed(operation, problem)
        return None
