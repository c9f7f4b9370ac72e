"""One call of one provider, bounded by wall clock, and its outcome as a value."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from notifyhub.delivery.scrubbing import unquoting_error, unquoting_receipt
from notifyhub.errors import ConfigurationError, NotSent, OutcomeUnknown, ProviderError, ProviderUnusable
from notifyhub.observability.observer import UNTRACED
from notifyhub.provider.contract import ProviderReceipt
from notifyhub.receipts import Attempt
from notifyhub.workers import PROBE_S, WORKERS, Congested, Lane, Overrun

if TYPE_CHECKING:
    from collections.abc import Callable

    from notifyhub.messages import Message
    from notifyhub.observability.observer import Span, Tracer
    from notifyhub.provider.contract import Provider, SendContext
    from notifyhub.provider.registry import ConfiguredProviders

    Outcome = ProviderReceipt | ProviderError


GRACE_S = 0.1
"""Seconds, at the most, that a call ends by itself before it is given up."""


class Sender:
    """Calls providers; a call that takes too long is left to itself, and its result told when it comes."""

    def __init__(self, providers: ConfiguredProviders, tracer: Tracer = UNTRACED) -> None:
        self._providers = providers
        self._tracer = tracer
        self._lanes: defaultdict[str, Lane] = defaultdict(Lane)

    def send(
        self, name: str, message: Message, context: SendContext, *, late: Callable[[Outcome, Attempt], None]
    ) -> tuple[Outcome, Attempt]:
        """What became of one call within the context's deadline, for the courier and for those who watch."""
        with self._tracer.send(name, message, context.attempt) as span:
            call = _Call(name, self._providers, message, context)
            outcome = self._bounded(call, partial(_told_late, call, late, span))
            attempt = call.attempt(outcome)
            span.attempted(attempt)
            return outcome, attempt

    def _bounded(self, call: _Call, late: Callable[[Outcome | None], None]) -> Outcome:
        if call.keeps_deadline():
            return call.here()
        seconds = call.seconds_with_grace()
        try:
            outcome: Outcome = self._lanes[call.name].call(call, seconds, late=late)
        except Congested as reason:
            return _congested(call.name, str(reason))
        except Overrun:
            if call.stop():
                return NotSent(call.name, f"it could not be made ready within {seconds:.1f} s")
            return OutcomeUnknown(call.name, f"no answer within {seconds:.1f} s")
        return outcome


def _congested(name: str, reason: str) -> NotSent:
    """Asked again at once, it would be the same."""
    error = NotSent(name, reason)
    error.retry_after = PROBE_S
    return error


def _told_late(call: _Call, late: Callable[[Outcome, Attempt], None], span: Span, outcome: Outcome | None) -> None:
    if outcome is not None:
        attempt = call.attempt(outcome)
        span.late(attempt)
        late(outcome, attempt)


class _Call:
    """Gets the provider ready and calls it; errors are returned, as they are facts to be counted."""

    def __init__(self, name: str, providers: ConfiguredProviders, message: Message, context: SendContext) -> None:
        self.name = name
        self._providers = providers
        self._message = message
        self._context = context
        self._at = time.monotonic()
        self._lock = threading.Lock()
        self._stopped = False
        self._began = False
        self._refreshed = False

    def here(self) -> Outcome:
        """The call in the thread of whoever dispatches, which signals may interrupt."""
        try:
            return self._made()
        except Exception as error:  # noqa: BLE001 - a plugin's defect must not stop the next provider
            return self._defect(error)

    def __call__(self) -> Outcome:
        """The call in a thread of its own, where nothing ends anything: not even SystemExit is meant by it."""
        try:
            return self._made()
        except BaseException as error:  # noqa: BLE001 - see above
            return self._defect(error)

    def _defect(self, error: BaseException) -> ProviderError:
        """What a plugin raised by mistake.

        Its text stays out, and so do the frames that it passed: they quote and hold the message.
        """
        error.__traceback__ = None
        if self._began:
            return OutcomeUnknown(self.name, f"the plugin raised {type(error).__name__}")
        return ProviderUnusable(self.name, f"the plugin cannot be made: {type(error).__name__}")

    def _made(self) -> Outcome:
        outcome = self._sent()
        if not isinstance(outcome, ProviderUnusable) or not outcome.authentication:
            return outcome
        self._refreshed = self._has_other_credentials()
        return self._sent() if self._refreshed else outcome

    def _has_other_credentials(self) -> bool:
        refresh = partial(self._providers.refresh, self.name, self._provider)
        try:
            return WORKERS.call(refresh, self._context.deadline.remaining())
        except (Overrun, Congested):
            return False

    def _sent(self) -> Outcome:
        try:
            self._provider = self._providers.get(self.name)
        except ConfigurationError as error:
            return ProviderUnusable(self.name, str(error))
        if not self._may_send():
            return NotSent(self.name, "it was made ready too late")
        return _outcome(self.name, self._provider, self._message, self._context)

    def seconds_with_grace(self) -> float:
        """How long to wait for it. It gets a moment less, so that a provider that keeps to that says what it knows."""
        seconds = self._context.deadline.remaining()
        sooner = self._context.deadline.within(seconds - min(GRACE_S, seconds / 10))
        self._context = replace(self._context, deadline=sooner)
        return seconds

    def keeps_deadline(self) -> bool:
        """Whether it can be made in the caller's own thread."""
        try:
            return self._providers.keeping_deadlines(self.name)
        except Exception:  # noqa: BLE001 - a plugin that cannot tell its capabilities; its call says so
            return False

    def _may_send(self) -> bool:
        with self._lock:
            self._began = self._began or not self._stopped
            return not self._stopped

    def stop(self) -> bool:
        """Keeps it from sending from now on; whether it had not begun to, so that surely nothing was sent."""
        with self._lock:
            self._stopped = True
            return not self._began

    def attempt(self, outcome: Outcome) -> Attempt:
        """The outcome as the receipt shows it."""
        duration_ms = round((time.monotonic() - self._at) * 1000, 1)
        if isinstance(outcome, ProviderReceipt):
            detail = "its credentials were refused and fetched again" if self._refreshed else None
            return Attempt(provider=self.name, outcome="accepted", duration_ms=duration_ms, detail=detail)
        return Attempt(
            provider=self.name,
            outcome=type(outcome).__name__,
            duration_ms=duration_ms,
            status=outcome.status,
            code=outcome.code,
            request_id=outcome.request_id,
            detail=str(outcome),
        )


def _outcome(name: str, provider: Provider, message: Message, context: SendContext) -> Outcome:
    try:
        shown = message if provider.capabilities.needs_secret else message.without_secret()
        receipt: object = provider.send(shown, context)
    except ProviderError as error:
        return unquoting_error(error, message)
    except ConfigurationError as error:
        return unquoting_error(ProviderUnusable(name, str(error)), message)
    if isinstance(receipt, ProviderReceipt):
        return unquoting_receipt(receipt, message)
    return OutcomeUnknown(name, f"the plugin returned {type(receipt).__name__} and no receipt")
