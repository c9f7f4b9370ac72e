"""The outcome of a dispatch, to be kept and shown: it holds no content and no full recipient."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from notifyhub.channels import Channel

Status = Literal["accepted", "duplicate", "dry_run", "undeliverable", "failed"]
"""The first three are returned; the others appear in the receipt of a raised error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One call of one provider.

    Attributes:
        provider: the instance's name in the configuration.
        outcome: `accepted`, or the class name of the error.
        duration_ms: wall-clock milliseconds.
        status: the reply's HTTP or SMTP status.
        code: the vendor's error code.
        request_id: what the vendor's support asks for.
        detail: the error in words; never the vendor's own, which may quote the message.
    """

    provider: str
    outcome: str
    duration_ms: float
    status: int | None = None
    code: str | None = None
    request_id: str | None = None
    detail: str | None = None

    def __str__(self) -> str:
        return f"{self.provider} {self.outcome} ({self.detail})" if self.detail else f"{self.provider} {self.outcome}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The outcome of one channel of an event."""

    channel: Channel
    status: Status
    provider: str | None = None
    message_id: str | None = None
    attempts: tuple[Attempt, ...] = ()
    recipient: str | None = None
    """Masked."""
    error: str | None = None
    reason: str | None = None
    """Of an undeliverable message: `Undeliverable.reason`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The outcome of an event: the worst status of its deliveries, and each of them."""

    status: Status
    deliveries: tuple[Delivery, ...]

    @classmethod
    def of(cls, deliveries: tuple[Delivery, ...]) -> Receipt:
        """Makes the receipt over all channels of one event."""
        worst = max(deliveries, key=lambda delivery: _SEVERITY.index(delivery.status))
        return cls(status=worst.status, deliveries=deliveries)

    def as_duplicate(self) -> Delivery:
        """Returns the delivery of a settled claim as a duplicate, for an event that came again."""
        return replace(self.deliveries[0], status="duplicate")


_SEVERITY: tuple[Status, ...] = ("duplicate", "dry_run", "accepted", "undeliverable", "failed")
