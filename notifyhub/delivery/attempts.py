"""One call of one provider, bounded by wall clock, with its outcome as a value."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from notifyhub.delivery.scrubbing import scrub_error, scrub_receipt
from notifyhub.errors import ConfigurationError, NotSent, OutcomeUnknown, ProviderError, ProviderUnusable
from notifyhub.provider.contract import ProviderReceipt
from notifyhub.receipts import Attempt
from notifyhub.workers import PROBE_S, WORKERS, Bulkhead, Saturated, TimedOut

if TYPE_CHECKING:
    from collections.abc import Callable

    from notifyhub.messages import Message
    from notifyhub.observability.reporter import MessageReporter
    from notifyhub.provider.contract import Provider, SendContext
    from notifyhub.provider.instances import ConfiguredProviders

    Outcome = ProviderReceipt | ProviderError
    AcceptLate = Callable[[ProviderReceipt, Attempt], object]


GRACE_S = 0.1
"""Seconds, at the most, that a call ends by itself before it is given up."""


class Attempts:
    """Calls providers; a call that takes too long is left to itself, and its outcome reported when it comes.

    Attributes:
        bulkheads: by instance, of those that are called in a thread of their own.
    """

    def __init__(self, providers: ConfiguredProviders) -> None:
        self._providers = providers
        self.bulkheads: defaultdict[str, Bulkhead] = defaultdict(Bulkhead)

    def send(
        self, name: str, message: Message, context: SendContext, *, reporter: MessageReporter, accept_late: AcceptLate
    ) -> tuple[Outcome, Attempt]:
        """Calls a provider within the context's deadline, reports the attempt and returns its outcome.

        `accept_late` is called in another thread where a call that was given up turns out to have been accepted.
        """
        with reporter.call(name, context.attempt) as report:

            def end_late(call: _Attempt, outcome: Outcome | None) -> None:
                if outcome is not None:
                    attempt = call.describe(outcome)
                    report.late(attempt)
                    if isinstance(outcome, ProviderReceipt):
                        accept_late(outcome, attempt)

            call, outcome = self._run(name, message, context, end_late)
            attempt = call.describe(outcome)
            report.end(attempt)
        return outcome, attempt

    def _run(
        self, name: str, message: Message, context: SendContext, late: Callable[[_Attempt, Outcome | None], None]
    ) -> tuple[_Attempt, Outcome]:
        if self._keeps_deadline(name):
            # In the caller's thread, which signals may interrupt: these are not for the call to swallow.
            call = _Attempt(name, self._providers, message, context)
            return call, call.run(Exception)
        seconds = context.deadline.remaining()
        call = _Attempt(name, self._providers, message, _leave_grace(context, seconds))
        return call, self._run_in_thread(call, seconds, partial(late, call))

    def _run_in_thread(self, call: _Attempt, seconds: float, late: Callable[[Outcome | None], None]) -> Outcome:
        # In a thread of its own nothing is there to be interrupted: not even SystemExit may end it.
        work = partial(call.run, BaseException)
        try:
            outcome: Outcome = self.bulkheads[call.name].call(work, seconds, late=late)
        except Saturated as reason:
            return _refuse_while_hanging(call.name, str(reason))
        except TimedOut:
            if call.gate.close():
                return NotSent(call.name, f"it could not be made ready within {seconds:.1f} s")
            return OutcomeUnknown(call.name, f"no answer within {seconds:.1f} s")
        return outcome

    def _keeps_deadline(self, name: str) -> bool:
        try:
            return self._providers.keeps_deadline(name)
        except Exception:  # noqa: BLE001 - a plugin that cannot tell its capabilities; its call says so
            return False


def _leave_grace(context: SendContext, seconds: float) -> SendContext:
    """Gives the provider a moment less, so that one that keeps to its deadline says what it knows."""
    return replace(context, deadline=context.deadline.within(seconds - min(GRACE_S, seconds / 10)))


def _refuse_while_hanging(name: str, reason: str) -> NotSent:
    error = NotSent(name, reason)
    error.retry_after = PROBE_S  # asked again sooner, it would be the same
    return error


class _Gate:
    """Decides once whether a call may still send: the thread that sends asks it, the one that gave up closes it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._closed = False
        self._passed = False

    @property
    def passed(self) -> bool:
        """Whether the call may have sent something."""
        return self._passed

    def enter(self) -> bool:
        """Whether the call may send; from then on it may have sent."""
        with self._lock:
            self._passed = self._passed or not self._closed
            return not self._closed

    def close(self) -> bool:
        """Keeps the call from sending; returns whether it had not begun, so that surely nothing was sent."""
        with self._lock:
            self._closed = True
            return not self._passed


class _Attempt:
    """Gets the provider ready and calls it; errors are returned, as they are facts to be counted."""

    def __init__(self, name: str, providers: ConfiguredProviders, message: Message, context: SendContext) -> None:
        self.name = name
        self.gate = _Gate()
        self._providers = providers
        self._message = message
        self._context = context
        self._began = time.monotonic()
        self._refreshed = False

    def run(self, defects: type[BaseException]) -> Outcome:
        """Makes the call; what a plugin raises by mistake is an outcome too, if it is one of the `defects`."""
        try:
            return self._send_with_fresh_credentials()
        except defects as error:
            return self._judge_defect(error)

    def describe(self, outcome: Outcome) -> Attempt:
        """The attempt as the receipt shows it."""
        duration_ms = round((time.monotonic() - self._began) * 1000, 1)
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

    def _send_with_fresh_credentials(self) -> Outcome:
        """Sends; once more where the vendor refused credentials that have been rotated meanwhile."""
        provider = self._get_provider()
        if isinstance(provider, ProviderUnusable):
            return provider
        outcome = self._send(provider)
        if not isinstance(outcome, ProviderUnusable) or not outcome.authentication:
            return outcome
        self._refreshed = self._refresh_credentials(provider)
        if not self._refreshed:
            return outcome
        renewed = self._get_provider()
        return renewed if isinstance(renewed, ProviderUnusable) else self._send(renewed)

    def _get_provider(self) -> Provider | ProviderUnusable:
        try:
            return self._providers.get(self.name)
        except ConfigurationError as error:
            return ProviderUnusable(self.name, str(error))

    def _send(self, provider: Provider) -> Outcome:
        if not self.gate.enter():
            return NotSent(self.name, "it was made ready too late")
        return _call_provider(self.name, provider, self._message, self._context)

    def _refresh_credentials(self, failed: Provider) -> bool:
        refresh = partial(self._providers.refresh, self.name, failed)
        try:
            return WORKERS.call(refresh, self._context.deadline.remaining())
        except (TimedOut, Saturated):
            return False

    def _judge_defect(self, error: BaseException) -> ProviderError:
        """The outcome of a defect. Its text stays out, and so do its frames: they quote and hold the message."""
        error.__traceback__ = None
        if self.gate.passed:
            return OutcomeUnknown(self.name, f"the plugin raised {type(error).__name__}")
        return ProviderUnusable(self.name, f"the plugin cannot be made: {type(error).__name__}")


def _call_provider(name: str, provider: Provider, message: Message, context: SendContext) -> Outcome:
    try:
        shown = message if provider.capabilities.needs_secret else message.without_secret()
        receipt: object = provider.send(shown, context)
    except ProviderError as error:
        return scrub_error(error, message, provider=provider.name)
    except ConfigurationError as error:
        return scrub_error(ProviderUnusable(name, str(error)), message, provider=name)
    if isinstance(receipt, ProviderReceipt):
        return scrub_receipt(receipt, message)
    return OutcomeUnknown(name, f"the plugin returned {type(receipt).__name__} and no receipt")
