"""Trying the providers of a plan until one accepts the message."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notifyhub.deadline import Deadline
from notifyhub.echo import unquoting_error, unquoting_receipt
from notifyhub.errors import (
    ConfigurationError,
    DeliveryFailed,
    OutcomeUnknown,
    ProviderError,
    ProviderUnusable,
    RecipientRejected,
    Undeliverable,
)
from notifyhub.provider import ProviderReceipt, SendContext
from notifyhub.receipts import Attempt, Delivery

if TYPE_CHECKING:
    from collections.abc import Callable

    from notifyhub.messages import Message
    from notifyhub.provider import Provider
    from notifyhub.registry import ConfiguredProviders
    from notifyhub.routing import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Courier:
    """Sends one message by the first provider of a plan that accepts it."""

    providers: ConfiguredProviders
    attempt_timeout_s: float

    def deliver(
        self, message: Message, plan: Plan, *, key: str, deadline: Deadline, observe: Callable[[Attempt], None]
    ) -> Delivery:
        """The accepted delivery; raises Undeliverable on a verdict on the recipient, else DeliveryFailed.

        After an unknown outcome the next provider is tried: for a code, twice is harmless and never is not.
        """
        attempts: list[Attempt] = []
        for number, name in enumerate(plan.providers):
            if deadline.passed:
                raise DeliveryFailed(attempts, message="the time is up")
            budget = min(self.attempt_timeout_s, deadline.remaining() / (len(plan.providers) - number))
            context = SendContext(deadline=Deadline.after(budget), idempotency_key=key)
            began = time.monotonic()
            outcome = self._send(name, message, context)
            attempts.append(_attempt(name, outcome, time.monotonic() - began))
            observe(attempts[-1])
            if isinstance(outcome, ProviderReceipt):
                return _delivery(message, name, outcome, attempts)
            if isinstance(outcome, RecipientRejected):
                verdict = f"the recipient was rejected: {outcome}"
                raise Undeliverable("recipient_rejected", verdict, attempts=attempts) from outcome
        raise DeliveryFailed(attempts)

    def _send(self, name: str, message: Message, context: SendContext) -> ProviderReceipt | ProviderError:
        """The outcome of one call; an error is returned, as it is a fact to be counted."""
        try:
            provider = self.providers.get(name)
        except ConfigurationError as error:
            return ProviderUnusable(name, str(error))
        except Exception as error:  # noqa: BLE001 - a plugin's defect must not stop the next provider
            return ProviderUnusable(name, f"the plugin cannot be made: {type(error).__name__}")
        return _sent(name, provider, message, context)


def _sent(name: str, provider: Provider, message: Message, context: SendContext) -> ProviderReceipt | ProviderError:
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


def _attempt(name: str, outcome: ProviderReceipt | ProviderError, seconds: float) -> Attempt:
    duration_ms = round(seconds * 1000, 1)
    if isinstance(outcome, ProviderReceipt):
        return Attempt(provider=name, outcome="accepted", duration_ms=duration_ms)
    return Attempt(
        provider=name,
        outcome=type(outcome).__name__,
        duration_ms=duration_ms,
        status=outcome.status,
        code=outcome.code,
        request_id=outcome.request_id,
        detail=str(outcome),
    )


def _delivery(message: Message, name: str, receipt: ProviderReceipt, attempts: list[Attempt]) -> Delivery:
    return Delivery(
        channel=message.channel,
        status="accepted",
        provider=name,
        message_id=receipt.message_id,
        attempts=tuple(attempts),
        recipient=message.masked_recipient,
    )
