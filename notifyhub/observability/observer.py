"""What others get to know: one log line per outcome, the application's own observers, and spans."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from notifyhub.errors import InProgress

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from notifyhub.channels import Channel
    from notifyhub.errors import EventError, NotifyHubError
    from notifyhub.events.base import Event
    from notifyhub.messages import Message
    from notifyhub.receipts import Attempt, Delivery, Receipt

logger = logging.getLogger("notifyhub")


class Observer:
    """Base for observers: override what you want to see. What an observer raises is logged and harms nothing."""

    def on_attempt(self, event: Event, channel: Channel, attempt: Attempt) -> None:
        """A provider was called, and accepted or not."""

    def on_late(self, event: Event, channel: Channel, attempt: Attempt) -> None:
        """A call that had been given up, and was told as OutcomeUnknown then, ended after all; in another thread."""

    def on_ledger_failure(self, operation: str, problem: str) -> None:
        """The ledger did not do its `claim`, `settle` or `release`; the message went on without it."""

    def on_delivery(
        self, event: Event, delivery: Delivery, *, error: NotifyHubError | None, duration_ms: float
    ) -> None:
        """What became of one channel, and after how many milliseconds; `error` is what kept it from going out."""

    def on_unreadable(self, error: EventError) -> None:
        """An event could not be read, so that nothing else is told of it."""

    def on_receipt(self, event: Event, receipt: Receipt) -> None:
        """The event is dealt with."""

    def on_failure(self, event: Event, error: NotifyHubError) -> None:
        """The event was not delivered on all of its channels; `error.receipt` says on which."""


class Span:
    """A part of a trace while it lasts. This one is none: it forgets what it is told."""

    def parsed(self, event: Event, correlation: str) -> None:
        """The event that it is about, once that is known."""

    def concluded(self, receipt: Receipt) -> None:
        """What became of the event."""

    def delivered(self, delivery: Delivery, error: NotifyHubError | None) -> None:
        """What became of one channel; `error` is what kept it from going out."""

    def attempted(self, attempt: Attempt) -> None:
        """What became of a provider's call."""

    def late(self, attempt: Attempt) -> None:
        """What became of it after it had been given up; told when the span has ended, in another thread."""


class Tracer:
    """Opens spans that nest. This one opens none, and costs next to nothing."""

    def dispatch(self) -> contextlib.AbstractContextManager[Span]:
        """For one event, from before it is read."""
        return _NO_SPAN

    def deliver(self, event: Event, channel: Channel, correlation: str) -> contextlib.AbstractContextManager[Span]:
        """For one channel of an event."""
        return _NO_SPAN

    def send(self, provider: str, message: Message, attempt: int) -> contextlib.AbstractContextManager[Span]:
        """For one call of a provider, its `attempt`-th for this message."""
        return _NO_SPAN


_NO_SPAN = contextlib.nullcontext(Span())
UNTRACED = Tracer()


@dataclass(slots=True)
class MessageWatch:
    """Reports on one message while it is on its way; `recipient` is masked."""

    reporter: Reporter
    event: Event
    channel: Channel
    correlation: str
    recipient: str | None = None
    calls: int = 0

    def attempt(self, attempt: Attempt) -> None:
        """A call ended, or its time did."""
        self.calls += 1
        self.reporter.attempt(self, attempt)

    def late(self, attempt: Attempt) -> None:
        """A call that was given up ended after all."""
        self.reporter.late(self, attempt)

    def ledger_failure(self, operation: str, problem: str) -> None:
        """The ledger did not work for this message."""
        self.reporter.ledger_failure(operation, problem, self.about({}))

    def about(self, fields: dict[str, Any]) -> dict[str, Any]:
        """The structured fields of a line about this message."""
        return _extra(self.event, self.channel, self.correlation, {"recipient": self.recipient, **fields})


class Reporter:
    """Logs each outcome with structured fields, and tells the observers."""

    def __init__(self, observers: Sequence[Observer] = ()) -> None:
        self._observers = tuple(observers)

    def watch(self, event: Event, channel: Channel, correlation: str, *, recipient: str | None = None) -> MessageWatch:
        """For whoever delivers the message; the recipient is masked."""
        return MessageWatch(self, event, channel, correlation, recipient)

    def attempt(self, watch: MessageWatch, attempt: Attempt) -> None:
        """One call of a provider. An acceptance is not logged here: its delivery is."""
        if attempt.outcome != "accepted":
            fields = {
                "provider": attempt.provider,
                "outcome": attempt.outcome,
                "duration_ms": attempt.duration_ms,
                "attempt": watch.calls,
                "status": attempt.status,
                "code": attempt.code,
                "request_id": attempt.request_id,
            }
            told = (watch.event.trigger, watch.channel, attempt)
            _say(logging.WARNING, "%s %s not accepted: %s", *told, extra=watch.about(fields))
        self._tell(lambda observer: observer.on_attempt(watch.event, watch.channel, attempt))

    def late(self, watch: MessageWatch, attempt: Attempt) -> None:
        """A call that had been given up, and what came of it after all."""
        fields = {
            "provider": attempt.provider,
            "outcome": f"late_{attempt.outcome}",
            "duration_ms": attempt.duration_ms,
            "status": attempt.status,
            "code": attempt.code,
            "request_id": attempt.request_id,
        }
        told = (watch.event.trigger, watch.channel, attempt)
        _say(logging.WARNING, "%s %s late, after it had been given up: %s", *told, extra=watch.about(fields))
        self._tell(lambda observer: observer.on_late(watch.event, watch.channel, attempt))

    def ledger_failure(self, operation: str, problem: str, about: dict[str, Any] | None = None) -> None:
        """A ledger that is down stops no code, but a code may go out twice; `about` tells of which message."""
        _say(
            logging.ERROR,
            "ledger: %s failed, a message may go out twice: %s",
            operation,
            problem,
            extra={**(about or {}), "outcome": "ledger_failure", "operation": operation, "error": problem},
        )
        self._tell(lambda observer: observer.on_ledger_failure(operation, problem))

    def delivery(
        self,
        event: Event,
        delivery: Delivery,
        *,
        correlation: str,
        duration_ms: float,
        error: NotifyHubError | None = None,
    ) -> None:
        """What became of one channel."""
        fields = {
            "provider": delivery.provider,
            "outcome": delivery.status,
            "reason": delivery.reason,
            "duration_ms": round(duration_ms, 1),
            "attempt": len(delivery.attempts),
            "recipient": delivery.recipient,
            "message_id": delivery.message_id,
            "error": delivery.error,
            "error_type": type(error).__name__ if error else None,
        }
        told = (event.trigger, delivery.channel, delivery.status, _in_short(delivery))
        extra = _extra(event, delivery.channel, correlation, fields)
        _say(_level(delivery, error), "%s %s %s %s", *told, extra=extra)
        self._tell(lambda observer: observer.on_delivery(event, delivery, error=error, duration_ms=duration_ms))

    def unknown_source(self, event: Event, channel: Channel, *, correlation: str) -> None:
        """A trigger that this release does not know yet."""
        _say(
            logging.WARNING,
            "%s is no trigger that this release knows; the template folder %r or `default` serves it",
            event.trigger,
            event.trigger,
            extra=_extra(event, channel, correlation, {"outcome": "unknown_source"}),
        )

    def unreadable(self, error: EventError, *, correlation: str | None) -> None:
        """An event that cannot be read, and so has neither trigger nor channel."""
        fields = {
            "outcome": "unreadable",
            "path": error.path,
            "error": str(error),
            "error_type": type(error).__name__,
            "correlation": correlation,
        }
        _say(logging.ERROR, "event cannot be read: %s", error, extra={k: v for k, v in fields.items() if v is not None})
        self._tell(lambda observer: observer.on_unreadable(error))

    def receipt(self, event: Event, receipt: Receipt) -> None:
        """The event is dealt with."""
        self._tell(lambda observer: observer.on_receipt(event, receipt))

    def failure(self, event: Event, error: NotifyHubError) -> None:
        """The event is not."""
        self._tell(lambda observer: observer.on_failure(event, error))

    def _tell(self, call: Callable[[Observer], None]) -> None:
        for observer in self._observers:
            try:
                call(observer)
            except Exception as error:  # noqa: BLE001 - an observer must not lose a code
                _say(logging.ERROR, "observer %s raised %s", type(observer).__name__, type(error).__name__)


def _say(level: int, text: str, *values: object, extra: dict[str, Any] | None = None) -> None:
    """One line; what an application's filter raises must not lose a code."""
    with contextlib.suppress(Exception):
        logger.log(level, text, *values, extra=extra, stacklevel=2)


def _level(delivery: Delivery, error: NotifyHubError | None) -> int:
    if isinstance(error, InProgress):
        return logging.WARNING  # somebody is at it; what becomes of that is a line of its own
    return logging.ERROR if delivery.status in {"undeliverable", "failed"} else logging.INFO


def _in_short(delivery: Delivery) -> str:
    if delivery.error:
        return delivery.error
    return f"by {delivery.provider}" if delivery.provider else f"({delivery.reason or 'sent by nobody'})"


def _extra(event: Event, channel: Channel, correlation: str, fields: dict[str, Any]) -> dict[str, Any]:
    common = {"trigger": event.trigger, "channel": channel, "sub": event.subject_id, "correlation": correlation}
    return {**common, **{name: value for name, value in fields.items() if value is not None}}
