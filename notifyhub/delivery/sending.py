"""One call of one provider, bounded by wall clock, and its outcome as a value."""

from __future__ import annotations

import threading
import time
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Literal

from notifyhub.bounded import WORKERS, Overrun
from notifyhub.echo import unquoting_error, unquoting_receipt
from notifyhub.errors import ConfigurationError, NotSent, OutcomeUnknown, ProviderError, ProviderUnusable
from notifyhub.observing import UNTRACED
from notifyhub.provider import ProviderReceipt
from notifyhub.receipts import Attempt

if TYPE_CHECKING:
    from collections.abc import Callable

    from notifyhub.messages import Message
    from notifyhub.observing import Span, Tracer
    from notifyhub.provider import Provider, SendContext
    from notifyhub.registry import ConfiguredProviders

    Outcome = ProviderReceipt | ProviderError

MAX_HANGING = 8
"""Calls of one provider that may hang at once. Each holds a thread, and one of the connections that all share."""


class Sender:
    """Calls providers; a call that takes too long is left to itself, and its result told when it comes."""

    def __init__(self, providers: ConfiguredProviders, tracer: Tracer = UNTRACED) -> None:
        self._providers = providers
        self._tracer = tracer
        self._lock = threading.Lock()
        self._hanging: Counter[str] = Counter()

    def send(
        self, name: str, message: Message, context: SendContext, *, late: Callable[[Attempt], None]
    ) -> tuple[Outcome, Attempt]:
        """What became of one call within the context's deadline, for the courier and for those who watch."""
        with self._tracer.send(name, message, context.attempt) as span:
            call = _Call(name, self._providers, message, context)
            outcome, attempt = call.ended(self._bounded(call, context.deadline.remaining(), late, span))
            span.attempted(attempt)
            return outcome, attempt

    def _bounded(self, call: _Call, seconds: float, late: Callable[[Attempt], None], span: Span) -> Outcome:
        if self._hanging[call.name] >= MAX_HANGING:
            return NotSent(call.name, f"{MAX_HANGING} earlier calls of it still hang")
        try:
            outcome: Outcome = WORKERS.call(call, seconds, late=partial(self._came_late, call, late, span))
        except Overrun:
            return self._given_up(call, seconds)
        return outcome

    def _given_up(self, call: _Call, seconds: float) -> ProviderError:
        with self._lock:
            self._hanging[call.name] += 1
        if call.stopped():
            return NotSent(call.name, f"it could not be made ready within {seconds:.1f} s")
        return OutcomeUnknown(call.name, f"no answer within {seconds:.1f} s")

    def _came_late(self, call: _Call, late: Callable[[Attempt], None], span: Span, outcome: Outcome) -> None:
        with self._lock:
            self._hanging[call.name] -= 1
        _, attempt = call.ended(outcome)
        span.late(attempt)
        late(attempt)


class _Call:
    """Gets the provider ready and calls it; errors are returned, as they are facts to be counted."""

    def __init__(self, name: str, providers: ConfiguredProviders, message: Message, context: SendContext) -> None:
        self.name = name
        self._lock = threading.Lock()
        self._stage: Literal["getting ready", "stopped", "sending"] = "getting ready"
        self._refreshed = False
        self._providers = providers
        self._message = message
        self._context = context
        self._at = time.monotonic()

    def __call__(self) -> Outcome:
        try:
            provider = self._providers.get(self.name)
        except ConfigurationError as error:
            return ProviderUnusable(self.name, str(error))
        except Exception as error:  # noqa: BLE001 - a plugin's defect must not stop the next provider
            return ProviderUnusable(self.name, f"the plugin cannot be made: {type(error).__name__}")
        return self._sent(provider)

    def _sent(self, provider: Provider) -> Outcome:
        """The outcome; where the credentials were refused, with those that took their place, if there are any."""
        if not self._may_begin():
            return NotSent(self.name, "it was made ready too late")
        outcome = _outcome(self.name, provider, self._message, self._context)
        if not isinstance(outcome, ProviderUnusable) or not outcome.authentication or self._refreshed:
            return outcome
        self._refreshed = True
        return self() if self._providers.refresh(self.name, provider) else outcome

    def _may_begin(self) -> bool:
        with self._lock:
            if self._stage == "getting ready":
                self._stage = "sending"
            return self._stage == "sending"

    def stopped(self) -> bool:
        """Whether it could be kept from sending, because it had not begun to; surely nothing is sent then."""
        with self._lock:
            if self._stage == "getting ready":
                self._stage = "stopped"
            return self._stage == "stopped"

    def ended(self, outcome: Outcome) -> tuple[Outcome, Attempt]:
        """The outcome, and as the receipt shows it."""
        duration_ms = round((time.monotonic() - self._at) * 1000, 1)
        if isinstance(outcome, ProviderReceipt):
            detail = "its credentials were refused and fetched again" if self._refreshed else None
            return outcome, Attempt(provider=self.name, outcome="accepted", duration_ms=duration_ms, detail=detail)
        return outcome, Attempt(
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
    except Exception as error:  # noqa: BLE001 - a plugin's defect must not stop the next provider
        # Its text stays out: it may quote the message.
        return OutcomeUnknown(name, f"the plugin raised {type(error).__name__}")
    if isinstance(receipt, ProviderReceipt):
        return unquoting_receipt(receipt, message)
    return OutcomeUnknown(name, f"the plugin returned {type(receipt).__name__} and no receipt")
