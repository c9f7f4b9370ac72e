"""The path of one message, from its recipient to its settlement.

A new step is one line in `Pipeline.run`, and a part with a contract of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from notifyhub.delivery.request import DeliveryRequest
from notifyhub.errors import Undeliverable
from notifyhub.ledger.claims import duplicate_of
from notifyhub.redaction.masking import mask

if TYPE_CHECKING:
    from notifyhub.channels import Channel
    from notifyhub.deadline import Deadline
    from notifyhub.decryption.encryption_sdk import Decryptor
    from notifyhub.delivery.expiry import Expiry
    from notifyhub.delivery.factory import AnyDelivery
    from notifyhub.events.base import Event
    from notifyhub.ledger.claims import Claims
    from notifyhub.observability.reporter import MessageReporter
    from notifyhub.receipts import Delivery
    from notifyhub.recipients.resolver import RecipientResolver
    from notifyhub.rendering.renderer import Renderer
    from notifyhub.routing.router import Router
    from notifyhub.settings.model import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One dispatch of one event.

    Attributes:
        owner: by which the ledger knows who works on the event's messages.
        correlation: the request's id, the same when the event comes again.
        deadline: the time for the message.
        again: whether to send what is settled once more.
    """

    owner: str
    correlation: str
    deadline: Deadline
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """Takes one channel's message of an event through all parts; safe to use from many threads."""

    settings: Settings
    recipients: RecipientResolver
    router: Router
    claims: Claims
    expiry: Expiry
    decryptor: Decryptor
    renderer: Renderer
    delivery: AnyDelivery

    def run(self, event: Event, channel: Channel, run: Run, reporter: MessageReporter) -> Delivery:
        """Returns the delivery; raises Undeliverable for a verdict, any other error for what may be tried again."""
        _require_code(event, channel)
        if not event.known:
            reporter.unknown_source()
        to = self.recipients.address(event, channel, run.deadline)
        reporter.recipient = mask(to)
        key = event.key(channel, run.correlation)
        plan = self.router.plan(event, channel, to=to, key=key)
        with self.claims.hold(
            key, channel, owner=run.owner, deadline=run.deadline, again=run.again, failed=reporter.ledger_failure
        ) as held:
            if held.receipt is not None:
                return duplicate_of(held.receipt, recipient=reporter.recipient)
            dead_after = self.expiry.find_end(event, channel, held.claim.first_seen)
            secret = self.decryptor.secret_of(event, held.deadline)
            message = self.renderer.render(event, channel, to, secret)
            on_unknown = self.settings.trigger(event.trigger).on_unknown
            request = DeliveryRequest.of(message, held, dead_after=dead_after, on_unknown=on_unknown)
            return held.settle(self.delivery.deliver(request, plan, reporter))


def _require_code(event: Event, channel: Channel) -> None:
    if event.needs_code and not event.ciphertext:
        raise Undeliverable("no_code", f"{event.trigger} {channel}: the event carries no code; nothing was sent")
