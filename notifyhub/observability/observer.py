"""The base class of an application's own observers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from notifyhub.channels import Channel
    from notifyhub.errors import EventError, NotifyHubError
    from notifyhub.events.base import Event
    from notifyhub.receipts import Attempt, Delivery, Receipt


class Observer:
    """Base for observers: override what you want to see. What an observer raises is logged and harms nothing."""

    def on_attempt(self, event: Event, channel: Channel, attempt: Attempt) -> None:
        """Called when a provider was asked, whether it accepted or not."""

    def on_late(self, event: Event, channel: Channel, attempt: Attempt) -> None:
        """Called when a call ends that had been given up and reported as OutcomeUnknown; in another thread."""

    def on_ledger_failure(self, operation: str, problem: str) -> None:
        """Called when the ledger's `claim`, `settle` or `release` failed; the message went on without it."""

    def on_delivery(
        self, event: Event, delivery: Delivery, *, error: NotifyHubError | None, duration_ms: float
    ) -> None:
        """Called once per channel with its outcome, and the milliseconds it took; `error` kept it from going out."""

    def on_unreadable(self, error: EventError) -> None:
        """Called for an event that cannot be read; no other method is called for it."""

    def on_receipt(self, event: Event, receipt: Receipt) -> None:
        """Called when all channels of an event are delivered, duplicate or held back."""

    def on_failure(self, event: Event, error: NotifyHubError) -> None:
        """Called when some channel of an event was not delivered; `error.receipt` says which."""
