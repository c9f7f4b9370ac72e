"""What others get to know: one log line per outcome, and the application's own observers."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from notifyhub.errors import EventError, NotifyHubError
    from notifyhub.events.base import Event
    from notifyhub.messages import Channel
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

    def on_receipt(self, event: Event, receipt: Receipt) -> None:
        """The event is dealt with."""

    def on_failure(self, event: Event, error: NotifyHubError) -> None:
        """The event was not delivered on all of its channels; `error.receipt` says on which."""


@dataclass(frozen=True, slots=True)
class MessageWatch:
    """Reports the calls of providers for one message."""

    reporter: Reporter
    event: Event
    channel: Channel
    correlation: str

    def attempt(self, attempt: Attempt) -> None:
        """A call ended, or its time did."""
        self.reporter.attempt(self.event, self.channel, attempt, correlation=self.correlation)

    def late(self, attempt: Attempt) -> None:
        """A call that was given up ended after all."""
        self.reporter.late(self.event, self.channel, attempt, correlation=self.correlation)


class Reporter:
    """Logs each outcome with structured fields, and tells the observers."""

    def __init__(self, observers: Sequence[Observer] = ()) -> None:
        self._observers = tuple(observers)

    def watch(self, event: Event, channel: Channel, correlation: str) -> MessageWatch:
        """For whoever delivers the message."""
        return MessageWatch(self, event, channel, correlation)

    def attempt(self, event: Event, channel: Channel, attempt: Attempt, *, correlation: str) -> None:
        """One call of a provider. An acceptance is not logged here: its delivery is."""
        if attempt.outcome != "accepted":
            fields = {
                "provider": attempt.provider,
                "outcome": attempt.outcome,
                "duration_ms": attempt.duration_ms,
                "status": attempt.status,
                "code": attempt.code,
                "request_id": attempt.request_id,
            }
            logger.warning(
                "%s %s not accepted: %s",
                event.trigger,
                channel,
                attempt,
                extra=_extra(event, channel, correlation, fields),
            )
        self._tell(lambda observer: observer.on_attempt(event, channel, attempt))

    def late(self, event: Event, channel: Channel, attempt: Attempt, *, correlation: str) -> None:
        """A call that had been given up, and what came of it after all."""
        fields = {
            "provider": attempt.provider,
            "outcome": f"late_{attempt.outcome}",
            "duration_ms": attempt.duration_ms,
        }
        logger.warning(
            "%s %s late, after it had been given up: %s",
            event.trigger,
            channel,
            attempt,
            extra=_extra(event, channel, correlation, fields),
        )
        self._tell(lambda observer: observer.on_late(event, channel, attempt))

    def ledger_failure(self, operation: str, problem: str) -> None:
        """A ledger that is down stops no code, but a code may go out twice."""
        logger.error(
            "ledger: %s failed, a message may go out twice: %s",
            operation,
            problem,
            extra={"outcome": "ledger_failure", "operation": operation, "error": problem},
        )
        self._tell(lambda observer: observer.on_ledger_failure(operation, problem))

    def delivery(self, event: Event, delivery: Delivery, *, correlation: str, duration_ms: float) -> None:
        """What became of one channel."""
        fields = {
            "provider": delivery.provider,
            "outcome": delivery.status,
            "duration_ms": round(duration_ms, 1),
            "attempt": len(delivery.attempts),
            "recipient": delivery.recipient,
            "message_id": delivery.message_id,
            "error": delivery.error,
        }
        level = {"undeliverable": logging.ERROR, "failed": logging.ERROR}.get(delivery.status, logging.INFO)
        what = delivery.error or f"by {delivery.provider}"
        logger.log(
            level,
            "%s %s %s %s",
            event.trigger,
            delivery.channel,
            delivery.status,
            what,
            extra=_extra(event, delivery.channel, correlation, fields),
        )

    def unknown_source(self, event: Event, channel: Channel, *, correlation: str) -> None:
        """A trigger that this release does not know yet."""
        logger.warning(
            "%s is no trigger that this release knows; the template folder %r or `default` serves it",
            event.trigger,
            event.trigger,
            extra=_extra(event, channel, correlation, {"outcome": "unknown_source"}),
        )

    def unreadable(self, error: EventError, *, correlation: str | None) -> None:
        """An event that cannot be read, and so has neither trigger nor channel."""
        fields = {"outcome": "unreadable", "path": error.path, "correlation": correlation}
        logger.error("event cannot be read: %s", error, extra={k: v for k, v in fields.items() if v is not None})

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
                logger.error("observer %s raised %s", type(observer).__name__, type(error).__name__)  # noqa: TRY400


def _extra(event: Event, channel: Channel, correlation: str, fields: dict[str, Any]) -> dict[str, Any]:
    common = {"trigger": event.trigger, "channel": channel, "sub": event.subject_id, "correlation": correlation}
    return {**common, **{name: value for name, value in fields.items() if value is not None}}
