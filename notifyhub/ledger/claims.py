"""Taking a message from the ledger, and giving back how it ended, whatever state the ledger is in."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from notifyhub.errors import InProgress, NotifyHubError, Undeliverable
from notifyhub.events.base import digest
from notifyhub.ledger.base import Claim
from notifyhub.receipts import Receipt
from notifyhub.workers import Bulkhead, Saturated, TimedOut

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from notifyhub.channels import Channel
    from notifyhub.deadline import Deadline
    from notifyhub.ledger.base import Ledger
    from notifyhub.receipts import Delivery

    Failed = Callable[[str, str], None]

PATIENCE_S = 3.0
"""How long to wait for whoever holds a message; Lambda brings it again, and waiting costs money."""
POLL_S = 0.25
LEDGER_S = 3.0
"""Seconds that one operation of the ledger may take; a claim no more than a quarter of what is left."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """The ledger as the pipeline uses it: a ledger that is down stops no message.

    Attributes:
        lease_s: how long a claim holds, in seconds.
        work_s: seconds for the work on a claim: past its lease another owner may send the same message.
        reserve_s: seconds past the deadline in which the ledger may still be told how a message ended.
    """

    ledger: Ledger
    lease_s: float
    work_s: float
    clock: Callable[[], datetime]
    reserve_s: float = 0.5
    sleep: Callable[[float], None] = time.sleep
    bulkhead: Bulkhead = field(default_factory=Bulkhead)

    @contextlib.contextmanager
    def hold(
        self, key: str, channel: Channel, *, owner: str, deadline: Deadline, failed: Failed, again: bool = False
    ) -> Iterator[HeldClaim]:
        """Holds a message inside the with block; raises InProgress where another owner holds it and goes on doing so.

        The claim may be settled already: then it brings the receipt, and nothing is recorded. Else a verdict that the
        block raises settles it, and any other error gives the message back, with the instances that may have accepted
        it. So does an interruption, such as the signal that ends a process; one that comes while the ledger is told of
        a delivery has the ledger told once more. `again` claims what is settled once more, under another key. `failed`
        is called with the operation and the problem where the ledger does not work.
        """
        access = _Access(self, owner, deadline, failed)
        claim = access.take(key)
        if again and claim.receipt is not None:
            claim = access.take_again(key, claim)
        held = HeldClaim(access, claim)
        if held.receipt is not None:
            yield held
            return
        try:
            try:
                yield held
            except Undeliverable as verdict:
                held.settle(verdict.as_delivery(channel))
                raise
        except BaseException:
            held.end()
            raise


class HeldClaim:
    """One message's claim: what the ledger knows of the message, and how it is told the end.

    Attributes:
        claim: the ledger's answer, won or settled.
        deadline: the end of the work on the message: the dispatch's, and within the lease.
    """

    def __init__(self, access: _Access, claim: Claim) -> None:
        self.claim = claim
        self.deadline = access.deadline.within(access.claims.work_s)
        self._access = access
        self._open_calls: Counter[str] = Counter()
        self._delivery: Delivery | None = None
        self._told = False

    @property
    def receipt(self) -> Receipt | None:
        """The receipt of a message that is settled already; else None."""
        return self.claim.receipt

    def note_call(self, instance: str) -> None:
        """Notes, before the call, an instance that may have accepted the message; the next claim brings it."""
        self._open_calls[instance] += 1

    def note_refusal(self, instance: str) -> None:
        """Notes that the instance surely did not accept the message at its last call."""
        self._open_calls[instance] -= 1

    def settle(self, delivery: Delivery) -> Delivery:
        """Records the delivery, and returns it."""
        self._delivery = delivery
        if known := self._find():
            self._record(known, delivery, self._access.seconds_left())
        self._told = True
        return delivery

    def end(self) -> None:
        """Tells the ledger the end that it was not told yet: the delivery if there is one, else that there is none."""
        if self._told:
            return
        if self._delivery is not None:
            self.settle(self._delivery)
        else:
            self.release()

    def settle_late(self, delivery: Delivery) -> None:
        """Records an acceptance that came after its call was given up, unless another owner has the message by now."""
        again = self._access.ask(self.claim.key, LEDGER_S)
        if again is not None and again.state == "won":
            self._record(again, delivery, LEDGER_S)

    def release(self) -> None:
        """Gives the message back, with the instances that may have accepted it."""
        if known := self._find():
            unknown_at = tuple(instance for instance, calls in self._open_calls.items() if calls)
            ledger = self._access.claims.ledger
            self._access.attempt(
                "release", lambda: ledger.release(known, unknown_at=unknown_at), self._access.seconds_left()
            )

    def _find(self) -> Claim | None:
        """The claim as the ledger knows it, which may work again by now; None where it is another's, or settled.

        Where the ledger does not answer, the claim may be there all the same. What follows is then sent blindly: it has
        no effect unless the claim is still this owner's.
        """
        if self.claim.guarded:
            return self.claim
        known = self._access.ask(self.claim.key, self._access.seconds_left() / 2) or self.claim
        return known if known.state == "won" else None

    def _record(self, known: Claim, delivery: Delivery, seconds: float) -> None:
        receipt = Receipt.of((delivery,))
        self._access.attempt("settle", lambda: self._access.claims.ledger.settle(known, receipt), seconds)


@dataclass(frozen=True, slots=True)
class _Access:
    """The ledger for one message and one owner, each operation bounded by wall clock."""

    claims: Claims
    owner: str
    deadline: Deadline
    failed: Failed

    def take(self, key: str) -> Claim:
        """Claims the message; polls for a while where another owner holds it, then raises InProgress.

        Where the ledger is down the claim is won unguarded: a code twice is better than none. Not so once the ledger
        has said that the message is held: then somebody is sending it.
        """
        seconds = min(LEDGER_S, self.deadline.remaining() / 4)
        claim = self.ask(key, seconds) or self._make_unguarded(key)
        patience = self.deadline.within(PATIENCE_S)
        while claim.state == "held":
            if patience.remaining() < POLL_S:
                raise InProgress("another invocation is sending this message")
            self.claims.sleep(POLL_S)
            claim = self.ask(key, min(seconds, patience.remaining())) or claim
        return claim

    def take_again(self, key: str, settled: Claim) -> Claim:
        """Claims a settled message once more, under a key of this dispatch, which vendors see as new too."""
        # Its life counts from the first sight of the event all the same.
        return replace(self.take(digest(key, self.owner)), first_seen=settled.first_seen)

    def ask(self, key: str, seconds: float) -> Claim | None:
        """The ledger's answer to a claim; None where it does not work."""
        claims = self.claims
        return self.attempt("claim", lambda: claims.ledger.claim(key, owner=self.owner, lease=claims.lease_s), seconds)

    def seconds_left(self) -> float:
        """Seconds for telling the ledger the end: those that are left, and the reserve."""
        return min(LEDGER_S, self.deadline.extend(self.claims.reserve_s).remaining())

    def attempt(self, operation: str, call: Callable[[], T], seconds: float) -> T | None:
        """Calls the ledger; what goes wrong is reported, and the result is None."""
        try:
            return self.claims.bulkhead.call(call, seconds) if self.claims.ledger.may_block else call()
        except TimedOut:
            problem = f"no answer within {seconds:.1f} s"
        except Saturated as reason:
            problem = str(reason)
        except NotifyHubError as error:
            problem = str(error)
        except Exception as error:  # noqa: BLE001 - a ledger's defect must not stop a code
            problem = type(error).__name__  # its text stays out: it may quote anything
        self.failed(operation, problem)
        return None

    def _make_unguarded(self, key: str) -> Claim:
        return Claim(key=key, state="won", owner=self.owner, attempt=1, first_seen=self.claims.clock(), guarded=False)


def duplicate_of(receipt: Receipt, *, recipient: str | None = None) -> Delivery:
    """The delivery of a message that was settled before: a duplicate; a verdict is raised as it was.

    Else the verdict would be lost where another channel of the event is still to be tried again. `recipient` is the
    masked one, as ledgers need not keep it.
    """
    delivery = replace(receipt.as_duplicate(), recipient=receipt.deliveries[0].recipient or recipient)
    if receipt.status == "undeliverable":
        text = (delivery.error or "").removeprefix(f"{Undeliverable.__name__}: ")
        verdict = Undeliverable(delivery.reason or "", text, attempts=delivery.attempts)
        verdict.recipient = delivery.recipient
        raise verdict
    return delivery
