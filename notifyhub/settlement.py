"""What the outcomes of a dispatch mean: for the ledger, for the receipt, and for whoever called."""

from __future__ import annotations

import contextlib
import traceback
from dataclasses import replace
from typing import TYPE_CHECKING

from notifyhub.errors import DeliveryFailed, NotifyHubError, Undeliverable
from notifyhub.receipts import Delivery, Receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from notifyhub.channels import Channel
    from notifyhub.events.base import Event
    from notifyhub.ledger.base import Claim
    from notifyhub.ledger.claims import Claims
    from notifyhub.observability.observer import Reporter

    Outcomes = dict[Channel, Delivery | NotifyHubError]


@contextlib.contextmanager
def settling(
    claims: Claims, claim: Claim, channel: Channel, *, recipient: str | None = None
) -> Iterator[Callable[[Delivery], Delivery]]:
    """Settles the claim with the delivery that the block hands over, or by a verdict; releases it on other errors.

    `recipient` is the masked one, for what the errors tell.
    """

    def settle(delivery: Delivery) -> Delivery:
        claims.settle(claim, Receipt.of((delivery,)))
        return delivery

    try:
        yield settle
    except Undeliverable as verdict:
        verdict.recipient = recipient
        settle(delivery_of(channel, verdict))
        raise
    except BaseException as error:
        if isinstance(error, NotifyHubError):
            error.recipient = recipient
        claims.release(claim, unknown_at=getattr(error, "unknown_at", ()))
        raise


@contextlib.contextmanager
def concerning(recipient: str) -> Iterator[None]:
    """Errors of the block tell, masked, whom they concern."""
    try:
        yield
    except NotifyHubError as error:
        error.recipient = error.recipient or recipient
        raise


def settled(receipt: Receipt, *, recipient: str | None = None) -> Delivery:
    """What a settled claim comes to when its event comes again: a duplicate; a verdict is raised as it was.

    Else the verdict would be lost where it fell while another channel of the event was still to be tried again.
    `recipient` is the masked one, as ledgers need not keep it.
    """
    delivery = replace(receipt.as_duplicate(), recipient=receipt.deliveries[0].recipient or recipient)
    if receipt.status == "undeliverable":
        text = (delivery.error or "").removeprefix(f"{Undeliverable.__name__}: ")
        verdict = Undeliverable(delivery.reason or "", text, attempts=delivery.attempts)
        verdict.recipient = delivery.recipient
        raise verdict
    return delivery


def delivery_of(channel: Channel, outcome: Delivery | NotifyHubError) -> Delivery:
    """The entry of the receipt for what became of a channel."""
    if isinstance(outcome, Delivery):
        return outcome
    return Delivery(
        channel=channel,
        status="undeliverable" if isinstance(outcome, Undeliverable) else "failed",
        attempts=outcome.attempts if isinstance(outcome, DeliveryFailed | Undeliverable) else (),
        recipient=outcome.recipient,
        reason=outcome.reason if isinstance(outcome, Undeliverable) else None,
        error=f"{type(outcome).__name__}: {outcome}",
    )


def unforeseen(error: Exception) -> NotifyHubError:
    """What no part should raise, such as a hook's KeyError, by its place; its text may quote the event."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    return NotifyHubError(f"{type(error).__name__} in {where.name}, {where.filename}:{where.lineno}")


def concluded(event: Event, outcomes: Outcomes, reporter: Reporter) -> Receipt:
    """The receipt over all channels; raises, with the receipt on it, the error that matters most.

    That is the first one that trying again may mend: a verdict on one channel must not keep the other from its retry.
    """
    receipt = Receipt.of(tuple(delivery_of(channel, outcome) for channel, outcome in outcomes.items()))
    errors = [outcome for outcome in outcomes.values() if isinstance(outcome, NotifyHubError)]
    if not errors:
        reporter.receipt(event, receipt)
        return receipt
    worst = next((error for error in errors if not isinstance(error, Undeliverable)), errors[0])
    worst.receipt = receipt
    reporter.failure(event, worst)
    try:
        raise worst
    finally:
        del worst, errors, outcomes  # the error's traceback leads here: together they would keep one another alive
