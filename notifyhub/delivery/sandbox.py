"""Outside production: redirects messages, holds them back, or sends none at all."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from notifyhub.receipts import Delivery

if TYPE_CHECKING:
    from notifyhub.channels import Channel
    from notifyhub.delivery.failover import Failover
    from notifyhub.delivery.request import DeliveryRequest
    from notifyhub.messages import Message
    from notifyhub.observability.reporter import MessageReporter
    from notifyhub.routing.router import Plan
    from notifyhub.settings.policy import Sandbox


@dataclass(frozen=True, slots=True)
class SandboxedFailover:
    """Stands before the real failover, so that no message has another way out."""

    failover: Failover
    sandbox: Sandbox

    def deliver(self, request: DeliveryRequest, plan: Plan, reporter: MessageReporter) -> Delivery:
        """As the real one; a message that is held back is a delivery with the status dry_run."""
        message = request.message
        to = redirect(self.sandbox, message.channel, message.to)
        if to is None:
            return _hold_back(message, "not_allowed")
        redirected = replace(message, to=to)
        if self.sandbox.dry_run:
            return _hold_back(redirected, "dry_run")
        return self.failover.deliver(replace(request, message=redirected), plan, reporter)


def redirect(sandbox: Sandbox, channel: Channel, to: str) -> str | None:
    """The address that a message goes to in place of its recipient's, which may be the same; None for nowhere."""
    if not sandbox.restricts or any(_matches(to, pattern) for pattern in sandbox.allow or ()):
        return to
    return sandbox.redirect_email if channel == "email" else sandbox.redirect_sms


def _matches(address: str, pattern: str) -> bool:
    """By `*` alone: what else shells know as patterns may be part of an address."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), address, re.IGNORECASE) is not None


def _hold_back(message: Message, reason: str) -> Delivery:
    return Delivery(channel=message.channel, status="dry_run", recipient=message.masked_recipient, reason=reason)
