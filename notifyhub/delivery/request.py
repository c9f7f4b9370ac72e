"""What is to be delivered, and all that delivery has to know about it beside the plan."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from notifyhub.deadline import Deadline
    from notifyhub.ledger.claims import HeldClaim
    from notifyhub.messages import Message
    from notifyhub.receipts import Delivery
    from notifyhub.settings.policy import OnUnknown


def _ignore(value: object) -> None:
    """Does nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRequest:
    """One message to deliver.

    Attributes:
        key: the idempotency key, the same for every attempt.
        deadline: the time for all providers together.
        first_seen: when the event came first.
        dead_after: when the message is of no use any more; None where it never expires.
        unknown_at: instances that may have accepted it in an earlier invocation.
        on_unknown: what follows when a provider may have accepted it or not.
        note_call: called with an instance before each call of it, from when on it may have accepted the message.
        note_refusal: called with the instance when that call has surely not been accepted.
        accept_late: called in another thread when a call that was given up turns out to have been accepted.
    """

    message: Message
    key: str
    deadline: Deadline
    first_seen: datetime
    dead_after: datetime | None = None
    unknown_at: tuple[str, ...] = ()
    on_unknown: OnUnknown = "failover"
    note_call: Callable[[str], object] = field(default=_ignore)
    note_refusal: Callable[[str], object] = field(default=_ignore)
    accept_late: Callable[[Delivery], object] = field(default=_ignore)

    @classmethod
    def of(
        cls, message: Message, held: HeldClaim, *, dead_after: datetime | None, on_unknown: OnUnknown
    ) -> DeliveryRequest:
        """The request for a message whose claim is held."""
        return cls(
            message=message,
            key=held.claim.key,
            deadline=held.deadline,
            first_seen=held.claim.first_seen,
            dead_after=dead_after,
            unknown_at=held.claim.unknown_at,
            on_unknown=on_unknown,
            note_call=held.note_call,
            note_refusal=held.note_refusal,
            accept_late=held.settle_late,
        )

    def is_recognised_within(self, memory: timedelta | None) -> bool:
        """Whether a vendor that remembers keys that long recognises the first use of this one."""
        return memory is not None and datetime.now(UTC) - self.first_seen < memory
