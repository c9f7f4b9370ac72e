"""What a courier has to know beside the message and its plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from notifyhub.deadline import Deadline
    from notifyhub.messages import Message
    from notifyhub.receipts import Delivery
    from notifyhub.settings.policy import OnUnknown


def _ignored(delivery: Delivery) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A message on its way.

    Attributes:
        key: the idempotency key, the same for every attempt.
        deadline: the time for all providers together.
        first_seen: when the event came first.
        dead_after: when the message is of no use any more; None where it never expires.
        unknown_at: instances that may have accepted it in an earlier invocation.
        on_unknown: what follows when a provider may have accepted it or not.
        accepted_late: told when a call that was given up turns out to have been accepted; in another thread.
    """

    message: Message
    key: str
    deadline: Deadline
    first_seen: datetime
    dead_after: datetime | None = None
    unknown_at: tuple[str, ...] = ()
    on_unknown: OnUnknown = "failover"
    accepted_late: Callable[[Delivery], object] = _ignored

    def recognised_within(self, memory: timedelta | None) -> bool:
        """Whether a vendor that remembers keys that long recognises the first use of this one."""
        return memory is not None and datetime.now(UTC) - self.first_seen < memory
