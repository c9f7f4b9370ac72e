"""OpenTelemetry spans, through the API alone: which SDK takes them, and where to, is the application's choice."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Self

from opentelemetry import context, trace
from opentelemetry.trace import SpanKind, Status, StatusCode

from notifyhub.errors import NotifyHubError
from notifyhub.observability.tracing import Span, Tracer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextvars import Token
    from types import TracebackType

    from notifyhub.channels import Channel
    from notifyhub.events.base import Event
    from notifyhub.receipts import Attempt, Delivery, Receipt

    Facts = Mapping[str, str | int | None]


class OtelTracer(Tracer):
    """Opens spans with whatever tracer provider the process has.

    Attributes are named `notifyhub.*`, and by OpenTelemetry's conventions `error.type` and `messaging.message.id`. No
    span holds a recipient, a user's id, a code or a text of an error.
    """

    def __init__(self) -> None:
        self._tracer = trace.get_tracer("notifyhub")

    def dispatch(self) -> OtelSpan:
        """Opens `notifyhub.dispatch`."""
        return OtelSpan(self._tracer, "dispatch", {})

    def deliver(self, event: Event, channel: Channel, correlation: str) -> OtelSpan:
        """Opens `notifyhub.deliver`."""
        facts = {"trigger": event.trigger, "channel": channel, "correlation": correlation}
        return OtelSpan(self._tracer, "deliver", facts)

    def send(self, event: Event, channel: Channel, provider: str, attempt: int) -> OtelSpan:
        """Opens `notifyhub.send`, the client's side of a call; spans of an instrumented library are below it."""
        facts: Facts = {"trigger": event.trigger, "channel": channel, "provider": provider, "attempt": attempt}
        return OtelSpan(self._tracer, "send", facts, kind=SpanKind.CLIENT)


class OtelSpan(Span):
    """A span from entering to leaving it, the parent of what is opened meanwhile.

    A processor or sampler of the application's may raise: no span is worth a code.
    """

    def __init__(self, tracer: trace.Tracer, name: str, facts: Facts, *, kind: SpanKind = SpanKind.INTERNAL) -> None:
        self._tracer = tracer
        self._name = f"notifyhub.{name}"
        self._facts = facts
        self._kind = kind
        self._span: trace.Span = trace.INVALID_SPAN
        self._token: Token[context.Context] | None = None

    def __enter__(self) -> Self:
        with contextlib.suppress(Exception):
            self._span = self._tracer.start_span(self._name, kind=self._kind, attributes=_add_prefix(self._facts))
            self._token = context.attach(trace.set_span_in_context(self._span))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is not None:
            receipt = error.receipt if isinstance(error, NotifyHubError) else None
            self._note({"outcome": receipt.status if receipt else None}, error=kind.__name__)
        if self._token is not None:
            context.detach(self._token)
        with contextlib.suppress(Exception):
            self._span.end()

    def note_event(self, event: Event, correlation: str) -> None:
        """Notes the event's trigger and the correlation."""
        self._note({"trigger": event.trigger, "correlation": correlation})

    def note_receipt(self, receipt: Receipt) -> None:
        """Notes the receipt's status."""
        self._note({"outcome": receipt.status})

    def note_delivery(self, delivery: Delivery, error: NotifyHubError | None) -> None:
        """Notes the outcome of one channel, with the vendor's message id."""
        facts = {
            "outcome": delivery.status,
            "reason": delivery.reason,
            "provider": delivery.provider,
            "attempts": len(delivery.attempts),
        }
        self._note(facts, error=type(error).__name__ if error else None, message_id=delivery.message_id)

    def note_attempt(self, attempt: Attempt) -> None:
        """Notes the outcome of a provider's call."""
        self._note(_facts_of(attempt), error=None if attempt.outcome == "accepted" else attempt.outcome)

    def note_late(self, attempt: Attempt) -> None:
        """Adds a span of its own, `notifyhub.late`, for a call that was given up: this one has ended by then."""
        with contextlib.suppress(Exception):
            facts = {**self._facts, **_facts_of(attempt)}
            here = trace.set_span_in_context(self._span)
            self._tracer.start_span("notifyhub.late", context=here, attributes=_add_prefix(facts)).end()

    def _note(self, facts: Facts, *, error: str | None = None, message_id: str | None = None) -> None:
        """Errors by their type alone: texts and stacks are in the log, and backends of traces are read by many."""
        with contextlib.suppress(Exception):
            self._span.set_attributes(_add_prefix(facts))
            if message_id:
                self._span.set_attribute("messaging.message.id", message_id)
            if error:
                self._span.set_attribute("error.type", error)
                self._span.set_status(Status(StatusCode.ERROR, error))


def _facts_of(attempt: Attempt) -> Facts:
    return {
        "outcome": attempt.outcome,
        "status_code": attempt.status,
        "error_code": attempt.code,
        "request_id": attempt.request_id,
    }


def _add_prefix(facts: Facts) -> dict[str, str | int]:
    return {f"notifyhub.{name}": value for name, value in facts.items() if value is not None}
