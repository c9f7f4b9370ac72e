"""Trying the providers of a plan until one accepts the message."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notifyhub.delivery.backoff import ENOUGH_S, delay
from notifyhub.errors import DeliveryFailed, NotSent, OutcomeUnknown, RecipientRejected, Undeliverable
from notifyhub.provider.contract import ProviderReceipt, SendContext
from notifyhub.receipts import Attempt, Delivery

if TYPE_CHECKING:
    from collections.abc import Callable

    from notifyhub.deadline import Deadline
    from notifyhub.delivery.attempts import Attempts, Outcome
    from notifyhub.delivery.cooldown import Cooldown
    from notifyhub.delivery.request import DeliveryRequest
    from notifyhub.observability.reporter import MessageReporter
    from notifyhub.provider.instances import ConfiguredProviders
    from notifyhub.routing.router import Plan

CALLS = 3
"""Calls of one provider for one message, at most, before the next has its turn."""
CALLS_OF_THE_LAST = 6
"""Behind it there is only Lambda's retry, which comes after a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failover:
    """Sends one message by the first provider of a plan that accepts it."""

    providers: ConfiguredProviders
    attempts: Attempts
    cooldown: Cooldown
    sleep: Callable[[float], None] = time.sleep

    def deliver(self, request: DeliveryRequest, plan: Plan, reporter: MessageReporter) -> Delivery:
        """Returns the accepted delivery; raises Undeliverable on a verdict, else DeliveryFailed.

        Every provider has an equal share of the time that is left when its turn comes, so that none can eat the next
        one's.
        """
        if request.on_unknown == "stop" and request.unknown_at:
            raise Undeliverable("outcome_unknown", "an earlier call may have sent it, and on_unknown is stop")
        names = self._order(plan, request)
        attempts: list[Attempt] = []
        for number, name in enumerate(names):
            if request.deadline.remaining() < ENOUGH_S:
                raise DeliveryFailed(attempts, message="the time is up")
            left = len(names) - number
            turn = _ProviderTurn(self, name, request, request.deadline.share(left), reporter, attempts)
            outcome = turn.run(CALLS if left > 1 else CALLS_OF_THE_LAST)
            if isinstance(outcome, ProviderReceipt):
                return _accept(request, name, outcome, attempts)
            _stop_if_told(outcome, request, attempts)
        raise DeliveryFailed(attempts)

    def recognises(self, name: str, request: DeliveryRequest) -> bool:
        """Whether the vendor would know a repetition for one, so that asking it again is safe."""
        return request.is_recognised_within(self.providers.provider_class(name).capabilities.idempotency)

    def _order(self, plan: Plan, request: DeliveryRequest) -> list[str]:
        """Providers that cool down go last; first go those that may have the message and would know it again."""
        names = self.cooldown.order(plan.providers)
        if not request.unknown_at:
            return names
        return sorted(names, key=lambda name: not (name in request.unknown_at and self.recognises(name, request)))


@dataclass(slots=True)
class _ProviderTurn:
    """One provider's turn: it is asked again while that may help and its share of the time lasts."""

    failover: Failover
    name: str
    request: DeliveryRequest
    share: Deadline
    reporter: MessageReporter
    attempts: list[Attempt]

    def run(self, calls: int) -> Outcome:
        """Calls the provider at most `calls` times; once an outcome is unknown, no later refusal changes that."""
        outcome, unknown = self._attempt(1), None
        for number in range(2, calls + 1):
            unknown = outcome if isinstance(outcome, OutcomeUnknown) else unknown
            seconds = self._delay(outcome, number - 1)
            if seconds is None:
                break
            self.failover.sleep(seconds)
            outcome = self._attempt(number)
        return outcome if isinstance(outcome, ProviderReceipt | RecipientRejected) else unknown or outcome

    def _attempt(self, number: int) -> Outcome:
        context = SendContext(
            deadline=self.share.within(self.failover.providers.timeout_s(self.name)),
            idempotency_key=self.request.key,
            dead_after=self.request.dead_after,
            attempt=number,
        )
        # Until it is known that the call was refused, also where a signal ends the process meanwhile: the call goes on.
        self.request.note_call(self.name)
        outcome, attempt = self.failover.attempts.send(
            self.name, self.request.message, context, reporter=self.reporter, accept_late=self._accept_late
        )
        self.attempts.append(attempt)
        if not isinstance(outcome, ProviderReceipt | OutcomeUnknown):
            self.request.note_refusal(self.name)
        self.failover.cooldown.note(self.name, outcome)
        return outcome

    def _accept_late(self, receipt: ProviderReceipt, attempt: Attempt) -> None:
        """Hands on an acceptance that came after the call was given up; in another thread, perhaps long after."""
        self.request.accept_late(_accept(self.request, self.name, receipt, [*self.attempts, attempt]))

    def _delay(self, outcome: Outcome, number: int) -> float | None:
        """Seconds until the provider is asked again; None where the next one is the better choice."""
        left = min(self.share.remaining(), self.failover.providers.timeout_s(self.name))
        if isinstance(outcome, NotSent):
            return delay(outcome.retry_after, attempt=number, left=left)
        if isinstance(outcome, OutcomeUnknown) and self.failover.recognises(self.name, self.request):
            return delay(None, attempt=number, left=left)
        return None


def _stop_if_told(outcome: Outcome, request: DeliveryRequest, attempts: list[Attempt]) -> None:
    """Raises where the next provider must not be tried."""
    if isinstance(outcome, RecipientRejected):
        verdict = f"the recipient was rejected: {outcome}"
        raise Undeliverable("recipient_rejected", verdict, attempts=attempts) from outcome
    if not isinstance(outcome, OutcomeUnknown) or request.on_unknown == "failover":
        return
    if request.on_unknown == "stop":
        verdict = f"it may have been accepted, and on_unknown is stop: {outcome}"
        raise Undeliverable("outcome_unknown", verdict, attempts=attempts) from outcome
    raise DeliveryFailed(attempts, message="it may have been accepted, and on_unknown is retry_invocation")


def _accept(request: DeliveryRequest, name: str, receipt: ProviderReceipt, attempts: list[Attempt]) -> Delivery:
    message = request.message
    return Delivery(
        channel=message.channel,
        status="accepted",
        provider=name,
        message_id=receipt.message_id,
        attempts=tuple(attempts),
        recipient=message.masked_recipient,
    )
