"""Outside production: a courier that redirects messages, holds them back, or sends none at all."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from notifyhub.receipts import Delivery

if TYPE_CHECKING:
    from notifyhub.channels import Channel
    from notifyhub.delivery.failover import Courier, Watch
    from notifyhub.delivery.request import Envelope
    from notifyhub.messages import Message
    from notifyhub.routing.router import Plan
    from notifyhub.settings.policy import Sandbox


@dataclass(frozen=True, slots=True)
class SandboxedCourier:
    """Stands before the real courier, so that no message has another way out."""

    courier: Courier
    sandbox: Sandbox

    def deliver(self, envelope: Envelope, plan: Plan, *, watch: Watch) -> Delivery:
        """As the real one; a message that is held back is a delivery with the status dry_run."""
        message = self._redirected(envelope.message)
        if message is None:
            return _held_back(envelope.message, "not_allowed")
        if self.sandbox.dry_run:
            return _held_back(message, "dry_run")
        return self.courier.deliver(replace(envelope, message=message), plan, watch=watch)

    def _redirected(self, message: Message) -> Message | None:
        """The message to whom it may go to, None where that is nobody."""
        to = destination(self.sandbox, message.channel, message.to)
        return replace(message, to=to) if to else None


def destination(sandbox: Sandbox, channel: Channel, to: str) -> str | None:
    """Where a message goes in place of its recipient: there, elsewhere, or nowhere, which is None."""
    if not sandbox.restricts or any(_matches(to, pattern) for pattern in sandbox.allow or ()):
        return to
    return sandbox.redirect_email if channel == "email" else sandbox.redirect_sms


def _matches(address: str, pattern: str) -> bool:
    """By `*` alone: what else shells know as patterns may be part of an address."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), address, re.IGNORECASE) is not None


def _held_back(message: Message, reason: str) -> Delivery:
    return Delivery(channel=message.channel, status="dry_run", recipient=message.masked_recipient, reason=reason)
