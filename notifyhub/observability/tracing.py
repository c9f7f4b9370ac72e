"""The spans of a dispatch: what a tracer opens, and the ones that are none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

    from notifyhub.channels import Channel
    from notifyhub.errors import NotifyHubError
    from notifyhub.events.base import Event
    from notifyhub.receipts import Attempt, Delivery, Receipt


class Span:
    """A part of a trace, open inside its with block. This one is none: it forgets all that it is told."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

    def note_event(self, event: Event, correlation: str) -> None:
        """Notes the event that the span is about, once it is parsed."""

    def note_receipt(self, receipt: Receipt) -> None:
        """Notes the receipt of the event."""

    def note_delivery(self, delivery: Delivery, error: NotifyHubError | None) -> None:
        """Notes the outcome of one channel; `error` is what kept it from going out."""

    def note_attempt(self, attempt: Attempt) -> None:
        """Notes the outcome of a provider's call."""

    def note_late(self, attempt: Attempt) -> None:
        """Notes how a call ended that had been given up; in another thread, when the span has ended."""


class Tracer:
    """Opens spans that nest. This one opens none, and costs next to nothing."""

    def dispatch(self) -> Span:
        """Opens the span of one event, before the event is read."""
        return _NO_SPAN

    def deliver(self, event: Event, channel: Channel, correlation: str) -> Span:
        """Opens the span of one channel of an event."""
        return _NO_SPAN

    def send(self, event: Event, channel: Channel, provider: str, attempt: int) -> Span:
        """Opens the span of one call of a provider, its `attempt`-th for this message."""
        return _NO_SPAN


_NO_SPAN = Span()
UNTRACED = Tracer()
