"""Trying the providers of a plan until one accepts the message."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from notifyhub.delivery.backoff import ENOUGH_S, pause
from notifyhub.errors import (
    DeliveryFailed,
    NotSent,
    OutcomeUnknown,
    RecipientRejected,
    Undeliverable,
    unknown_at,
)
from notifyhub.provider.contract import ProviderReceipt, SendContext
from notifyhub.receipts import Attempt, Delivery

if TYPE_CHECKING:
    from collections.abc import Callable

    from notifyhub.deadline import Deadline
    from notifyhub.delivery.attempts import Outcome, Sender
    from notifyhub.delivery.cooldown import Cooldown
    from notifyhub.delivery.request import Envelope
    from notifyhub.provider.registry import ConfiguredProviders
    from notifyhub.routing.router import Plan

ATTEMPTS = 3
"""Calls of one provider for one message, at most, before the next has its turn."""
ATTEMPTS_OF_THE_LAST = 6
"""Behind it there is only Lambda's retry, which comes after a minute."""


class Watch(Protocol):
    """Whoever is told of each call."""

    def attempt(self, attempt: Attempt) -> None:
        """A call ended, or its time did."""
        ...

    def late(self, attempt: Attempt) -> None:
        """A call that was given up ended after all."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Courier:
    """Sends one message by the first provider of a plan that accepts it."""

    providers: ConfiguredProviders
    sender: Sender
    cooldown: Cooldown
    sleep: Callable[[float], None] = time.sleep

    def deliver(self, envelope: Envelope, plan: Plan, *, watch: Watch) -> Delivery:
        """The accepted delivery; raises Undeliverable on a verdict, else DeliveryFailed.

        Every provider has an equal share of the time that is left when its turn comes, so that none can eat the next
        one's.
        """
        if envelope.on_unknown == "stop" and envelope.unknown_at:
            raise Undeliverable("outcome_unknown", "an earlier call may have sent it, and on_unknown is stop")
        names = self._in_order(plan, envelope)
        attempts: list[Attempt] = []
        for number, name in enumerate(names):
            if envelope.deadline.remaining() < ENOUGH_S:
                raise DeliveryFailed(attempts, message="the time is up")
            left = len(names) - number
            turn = _Turn(self, name, envelope, envelope.deadline.share(left), watch, attempts)
            outcome = turn.taken(ATTEMPTS if left > 1 else ATTEMPTS_OF_THE_LAST)
            if isinstance(outcome, ProviderReceipt):
                return _delivery(envelope, name, outcome, attempts)
            _stop_if_told(outcome, envelope, attempts)
        raise DeliveryFailed(attempts)

    def recognises(self, name: str, envelope: Envelope) -> bool:
        """Whether the vendor would know a repetition for one, so that asking it again is safe."""
        return envelope.recognised_within(self.providers.kind(name).capabilities.idempotency)

    def _in_order(self, plan: Plan, envelope: Envelope) -> list[str]:
        """Those that cool down last; before all, those that may have the message already and would know it again."""
        names = self.cooldown.last(plan.providers)
        if not envelope.unknown_at:
            return names
        return sorted(names, key=lambda name: not (name in envelope.unknown_at and self.recognises(name, envelope)))


@dataclass(slots=True)
class _Turn:
    """One provider's turn: it is asked again while that may help and its share of the time lasts."""

    courier: Courier
    name: str
    envelope: Envelope
    share: Deadline
    watch: Watch
    attempts: list[Attempt]

    def taken(self, calls: int) -> Outcome:
        """What is known after at most so many calls: once the outcome of one is unknown, no refusal changes that."""
        outcome, unknown = self._asked(1), None
        for number in range(2, calls + 1):
            unknown = outcome if isinstance(outcome, OutcomeUnknown) else unknown
            seconds = self._pause(outcome, number - 1)
            if seconds is None:
                break
            self.courier.sleep(seconds)
            outcome = self._asked(number)
        return outcome if isinstance(outcome, ProviderReceipt | RecipientRejected) else unknown or outcome

    def _asked(self, number: int) -> Outcome:
        context = SendContext(
            deadline=self.share.within(self.courier.providers.timeout_s(self.name)),
            idempotency_key=self.envelope.key,
            dead_after=self.envelope.dead_after,
            attempt=number,
        )
        try:
            outcome, attempt = self.courier.sender.send(self.name, self.envelope.message, context, late=self._came_late)
        except BaseException as interruption:
            # A signal, such as the one that ends a process: the call goes on, and nobody will say what became of it.
            interruption.unknown_at = (*unknown_at(self.attempts), self.name)  # type: ignore[attr-defined]
            raise
        self.attempts.append(attempt)
        self.watch.attempt(attempt)
        self.courier.cooldown.note(self.name, outcome)
        return outcome

    def _came_late(self, outcome: Outcome, attempt: Attempt) -> None:
        """In another thread, and perhaps long after everybody else has gone."""
        self.watch.late(attempt)
        if isinstance(outcome, ProviderReceipt):
            self.envelope.accepted_late(_delivery(self.envelope, self.name, outcome, [*self.attempts, attempt]))

    def _pause(self, outcome: Outcome, number: int) -> float | None:
        """Seconds until it is asked again; None where the next provider is the better choice."""
        left = min(self.share.remaining(), self.courier.providers.timeout_s(self.name))
        if isinstance(outcome, NotSent):
            return pause(outcome.retry_after, attempt=number, left=left)
        if isinstance(outcome, OutcomeUnknown) and self.courier.recognises(self.name, self.envelope):
            return pause(None, attempt=number, left=left)
        return None


def _stop_if_told(outcome: Outcome, envelope: Envelope, attempts: list[Attempt]) -> None:
    """Raises where the next provider must not be tried."""
    if isinstance(outcome, RecipientRejected):
        verdict = f"the recipient was rejected: {outcome}"
        raise Undeliverable("recipient_rejected", verdict, attempts=attempts) from outcome
    if not isinstance(outcome, OutcomeUnknown) or envelope.on_unknown == "failover":
        return
    if envelope.on_unknown == "stop":
        verdict = f"it may have been accepted, and on_unknown is stop: {outcome}"
        raise Undeliverable("outcome_unknown", verdict, attempts=attempts) from outcome
    raise DeliveryFailed(attempts, message="it may have been accepted, and on_unknown is retry_invocation")


def _delivery(envelope: Envelope, name: str, receipt: ProviderReceipt, attempts: list[Attempt]) -> Delivery:
    message = envelope.message
    return Delivery(
        channel=message.channel,
        status="accepted",
        provider=name,
        message_id=receipt.message_id,
        attempts=tuple(attempts),
        recipient=message.masked_recipient,
    )
