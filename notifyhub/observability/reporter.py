"""Tells of each outcome: one log line with structured fields, the observers, and the spans of a trace.

One reporter is bound inside the other: a dispatcher's, the one of an event, of a message, and of a provider's call. So
whoever has something to tell says it once, and it carries all that is known by then.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import time
from typing import TYPE_CHECKING, Any, Self

from notifyhub.errors import InProgress
from notifyhub.observability.tracing import UNTRACED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from notifyhub.channels import Channel
    from notifyhub.errors import EventError, NotifyHubError
    from notifyhub.events.base import Event
    from notifyhub.observability.observer import Observer
    from notifyhub.observability.tracing import Span, Tracer
    from notifyhub.receipts import Attempt, Delivery, Receipt

logger = logging.getLogger("notifyhub")


class Reporter:
    """Reports for one dispatcher, to its observers and its tracer."""

    def __init__(self, observers: Sequence[Observer] = (), tracer: Tracer = UNTRACED) -> None:
        self.tracer = tracer
        self._observers = tuple(observers)

    def open(self, correlation: str | None) -> EventReporter:
        """Opens the report on one event that is still to be read."""
        return EventReporter(self, correlation)

    def bind(self, event: Event, channel: Channel, correlation: str) -> MessageReporter:
        """Opens the report on one channel's message of an event."""
        return MessageReporter(self, event, channel, correlation)

    def ledger_failure(self, operation: str, problem: str, about: dict[str, Any] | None = None) -> None:
        """Reports that the ledger did not work; `about` tells of which message."""
        log(
            logging.ERROR,
            "ledger: %s failed, a message may go out twice: %s",
            operation,
            problem,
            extra={**(about or {}), "outcome": "ledger_failure", "operation": operation, "error": problem},
        )
        self.tell(lambda observer: observer.on_ledger_failure(operation, problem))

    def tell(self, call: Callable[[Observer], None]) -> None:
        """Calls each observer; an error of one is logged and keeps no other from being called."""
        for observer in self._observers:
            try:
                call(observer)
            except Exception as error:  # noqa: BLE001 - an observer must not lose a code
                log(logging.ERROR, "observer %s raised %s", type(observer).__name__, type(error).__name__)


class EventReporter:
    """Reports on one event, inside a with block that is also the span of its dispatch."""

    def __init__(self, reporter: Reporter, correlation: str | None) -> None:
        self._reporter = reporter
        self._correlation = correlation
        self._span = reporter.tracer.dispatch()

    def __enter__(self) -> Self:
        self._span.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._span.__exit__(kind, error, traceback)

    def unreadable(self, error: EventError) -> None:
        """Reports an event that cannot be read, and so has neither trigger nor channel."""
        fields = {
            "outcome": "unreadable",
            "path": error.path,
            "error": str(error),
            "error_type": type(error).__name__,
            "correlation": self._correlation,
        }
        log(logging.ERROR, "event cannot be read: %s", error, extra=_present(fields))
        self._reporter.tell(lambda observer: observer.on_unreadable(error))

    def event(self, event: Event, correlation: str) -> None:
        """Reports the event, to the trace alone: each of its outcomes has a line of its own."""
        self._span.note_event(event, correlation)

    def receipt(self, event: Event, receipt: Receipt) -> None:
        """Reports that all channels are delivered, duplicate or held back."""
        self._span.note_receipt(receipt)
        self._reporter.tell(lambda observer: observer.on_receipt(event, receipt))

    def failure(self, event: Event, error: NotifyHubError) -> None:
        """Reports that some channel was not delivered; the error carries the receipt."""
        self._reporter.tell(lambda observer: observer.on_failure(event, error))


class MessageReporter:
    """Reports on one message, inside a with block that is also the span of its delivery.

    Attributes:
        recipient: masked; None until it is known.
    """

    def __init__(self, reporter: Reporter, event: Event, channel: Channel, correlation: str) -> None:
        self.recipient: str | None = None
        self.event = event
        self.channel: Channel = channel
        self._reporter = reporter
        self._correlation = correlation
        self._span = reporter.tracer.deliver(event, channel, correlation)
        self._began = time.monotonic()
        self._calls = 0

    def __enter__(self) -> Self:
        self._span.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._span.__exit__(kind, error, traceback)

    def unknown_source(self) -> None:
        """Reports a trigger that this release does not know yet."""
        trigger = self.event.trigger
        text = "%s is no trigger that this release knows; the template folder %r or `default` serves it"
        log(logging.WARNING, text, trigger, trigger, extra=self._about(outcome="unknown_source"))

    def ledger_failure(self, operation: str, problem: str) -> None:
        """Reports that the ledger did not work for this message."""
        self._reporter.ledger_failure(operation, problem, self._about(recipient=self.recipient))

    def call(self, provider: str, attempt: int) -> CallReporter:
        """Opens the report on one call of a provider, its `attempt`-th for this message."""
        return CallReporter(self, self._reporter.tracer.send(self.event, self.channel, provider, attempt))

    def attempt(self, attempt: Attempt) -> None:
        """Reports how a call ended. An acceptance is not logged here: its delivery is."""
        self._calls += 1
        if attempt.outcome != "accepted":
            fields = {**_facts_of(attempt), "outcome": attempt.outcome, "attempt": self._calls}
            self._log_attempt("%s %s not accepted: %s", attempt, fields)
        self._reporter.tell(lambda observer: observer.on_attempt(self.event, self.channel, attempt))

    def late(self, attempt: Attempt) -> None:
        """Reports how a call ended after it had been given up."""
        fields = {**_facts_of(attempt), "outcome": f"late_{attempt.outcome}"}
        self._log_attempt("%s %s late, after it had been given up: %s", attempt, fields)
        self._reporter.tell(lambda observer: observer.on_late(self.event, self.channel, attempt))

    def delivery(self, delivery: Delivery, error: NotifyHubError | None) -> None:
        """Reports the outcome of the message; `error` is what kept it from going out."""
        self._span.note_delivery(delivery, error)
        duration_ms = (time.monotonic() - self._began) * 1000
        extra = self._about(
            provider=delivery.provider,
            outcome=delivery.status,
            reason=delivery.reason,
            duration_ms=round(duration_ms, 1),
            attempt=len(delivery.attempts),
            recipient=delivery.recipient,
            message_id=delivery.message_id,
            error=delivery.error,
            error_type=type(error).__name__ if error else None,
        )
        words = (self.event.trigger, delivery.channel, delivery.status, _summarize(delivery))
        log(_choose_level(delivery, error), "%s %s %s %s", *words, extra=extra)
        self._reporter.tell(
            lambda observer: observer.on_delivery(self.event, delivery, error=error, duration_ms=duration_ms)
        )

    def _log_attempt(self, text: str, attempt: Attempt, fields: dict[str, Any]) -> None:
        extra = self._about(recipient=self.recipient, **fields)
        log(logging.WARNING, text, self.event.trigger, self.channel, attempt, extra=extra)

    def _about(self, **fields: Any) -> dict[str, Any]:
        """The structured fields of a line about this message."""
        event = self.event
        common = {"trigger": event.trigger, "channel": self.channel, "sub": event.subject_id}
        return {**common, "correlation": self._correlation, **_present(fields)}


class CallReporter:
    """Reports on one call of a provider, inside a with block that is also its span."""

    def __init__(self, message: MessageReporter, span: Span) -> None:
        self._message = message
        self._span = span

    def __enter__(self) -> Self:
        self._span.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._span.__exit__(kind, error, traceback)

    def end(self, attempt: Attempt) -> None:
        """Reports how the call ended, or that its time did."""
        self._span.note_attempt(attempt)
        self._message.attempt(attempt)

    def late(self, attempt: Attempt) -> None:
        """Reports how the call ended after it had been given up; in another thread."""
        self._span.note_late(attempt)
        self._message.late(attempt)


def log(level: int, text: str, *values: object, extra: dict[str, Any] | None = None) -> None:
    """Writes one line, whatever the application made of logging; an error that cannot be logged goes to standard error.

    What a filter or a handler raises must not lose a code. To see fewer lines, set the logger's level: `disabled` is
    undone, since `logging.config` sets it on every logger that it was not told of.
    """
    logger.disabled = False
    try:
        logger.log(level, text, *values, extra=extra, stacklevel=2)
    except Exception as error:  # noqa: BLE001 - of filters, handlers and factories, which raise what they like
        kept = _drop_taken(extra or {}) if isinstance(error, KeyError) else extra
    else:
        return
    with contextlib.suppress(Exception):
        if kept != extra:  # before any handler had it: logging refuses fields that its records have already
            logger.log(level, text, *values, extra=kept, stacklevel=2)
            return
    if level >= logging.ERROR:
        with contextlib.suppress(Exception):
            sys.stderr.write(f"{logging.getLevelName(level)} {logger.name}: {text % values}\n")


def _drop_taken(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields that the application's LogRecords do not have already, by a factory of its own."""
    try:
        taken = vars(logger.makeRecord(logger.name, logging.INFO, "", 0, "", (), None))
    except Exception:  # noqa: BLE001 - the factory itself fails
        return fields
    return {name: value for name, value in fields.items() if name not in taken}


def _choose_level(delivery: Delivery, error: NotifyHubError | None) -> int:
    if isinstance(error, InProgress):
        return logging.WARNING  # another invocation sends it, and logs how that ends
    return logging.ERROR if delivery.status in {"undeliverable", "failed"} else logging.INFO


def _summarize(delivery: Delivery) -> str:
    if delivery.error:
        return delivery.error
    return f"by {delivery.provider}" if delivery.provider else f"({delivery.reason or 'sent by nobody'})"


def _facts_of(attempt: Attempt) -> dict[str, Any]:
    return {
        "provider": attempt.provider,
        "duration_ms": attempt.duration_ms,
        "status": attempt.status,
        "code": attempt.code,
        "request_id": attempt.request_id,
    }


def _present(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
