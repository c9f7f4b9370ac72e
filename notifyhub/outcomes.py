"""What a dispatch came to: the receipt, or the error that matters most."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from notifyhub.errors import NotifyHubError, Undeliverable
from notifyhub.receipts import Receipt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notifyhub.channels import Channel
    from notifyhub.events.base import Event
    from notifyhub.observability.reporter import EventReporter
    from notifyhub.receipts import Delivery

    Outcome = Delivery | NotifyHubError
    Outcomes = Mapping[Channel, Outcome]


def describe(channel: Channel, outcome: Outcome) -> Delivery:
    """The entry of the receipt for the outcome of a channel."""
    return outcome.as_delivery(channel) if isinstance(outcome, NotifyHubError) else outcome


def conclude(event: Event, outcomes: Outcomes, reporter: EventReporter) -> Receipt:
    """Returns the receipt over all channels; raises, with the receipt on it, the error that matters most.

    That is the first one that trying again may mend: a verdict on one channel must not keep the other from its retry.
    """
    receipt = Receipt.of(tuple(describe(channel, outcome) for channel, outcome in outcomes.items()))
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


def unexpected(error: Exception) -> NotifyHubError:
    """The error in place of one that no part should raise, such as a hook's KeyError.

    It tells the place. The error's own text stays out, as it may quote the event.
    """
    where = traceback.extract_tb(error.__traceback__)[-1]
    return NotifyHubError(f"{type(error).__name__} in {where.name}, {where.filename}:{where.lineno}")
