"""SendGrid's Mail Send API, version 3.

Request and answers: twilio/sendgrid-oai `tsg_mail_v3.json`; errors and rate limits:
https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api (read 2026-11).
Left out on purpose: templates kept at SendGrid, batches, scheduled sends.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from notifyhub.errors import OutcomeUnknown
from notifyhub.messages import Mailbox
from notifyhub.provider import HttpSettings, Provider, ProviderReceipt
from notifyhub.section import BaseUrl, MailSender

if TYPE_CHECKING:
    from notifyhub.errors import ProviderError
    from notifyhub.messages import Message
    from notifyhub.provider import SendContext
    from notifyhub.reply import Reply

ACCEPTED = 202


class SendGrid(Provider):
    """Sends mail through SendGrid."""

    name = "sendgrid"
    channels = ("email",)

    class Settings(HttpSettings):
        """`base_url` is https://api.eu.sendgrid.com for accounts in the EU; keys work in their own region only."""

        api_key: SecretStr
        sender: MailSender
        base_url: BaseUrl = "https://api.sendgrid.com"

    settings: Settings

    def send(self, message: Message, context: SendContext) -> ProviderReceipt:
        """Posts the message; SendGrid answers 202 with the id in a header."""
        reply = self.accepted(
            self.toolkit.http.post(
                f"{self.settings.base_url}/v3/mail/send",
                deadline=context.deadline,
                headers={"Authorization": f"Bearer {self.settings.api_key.get_secret_value()}"},
                json=self._payload(message),
            )
        )
        return ProviderReceipt(message_id=reply.headers.get("x-message-id"))

    def classify(self, reply: Reply) -> ProviderError | None:
        """SendGrid has no error codes; the name of the field at fault is the best there is.

        Its acceptance is a 202 that names the message; a 200 with somebody else's page, such as a proxy's, is none.
        """
        if not reply.successful:
            return self.by_status(reply, code=reply.field("errors", 0, "field"))
        if reply.status == ACCEPTED or "x-message-id" in reply.headers:
            return None
        return self.error(OutcomeUnknown, reply, message="the answer names no message")

    def wait(self, reply: Reply) -> float | None:
        """X-RateLimit-Reset is the Unix time, in seconds, at which the limit is lifted."""
        reset = reply.headers.get("x-ratelimit-reset", "")
        return max(0.0, float(reset) - time.time()) if reset.isdecimal() else reply.retry_after

    def _payload(self, message: Message) -> dict[str, Any]:
        sender = Mailbox.parse(message.sender or self.settings.sender)
        payload: dict[str, Any] = {
            "personalizations": [{"to": [{"email": message.to}]}],
            "from": _contact(sender),
            "subject": message.subject,
            "content": _content(message),
            # A code must arrive as written: no tracking pixel, no rewritten link.
            "tracking_settings": {"click_tracking": {"enable": False}, "open_tracking": {"enable": False}},
        }
        if message.reply_to:
            payload["reply_to"] = _contact(Mailbox.parse(message.reply_to))
        if message.headers:
            payload["headers"] = dict(message.headers)
        if message.tags:
            payload["categories"] = list(message.tags)
        return payload


def _contact(mailbox: Mailbox) -> dict[str, str]:
    return {"email": mailbox.address, "name": mailbox.name} if mailbox.name else {"email": mailbox.address}


def _content(message: Message) -> list[dict[str, str]]:
    """SendGrid wants the plain text first, and no empty part."""
    parts = [("text/plain", message.text), ("text/html", message.html)]
    return [{"type": kind, "value": value} for kind, value in parts if value]
