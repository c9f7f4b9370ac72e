"""SendGrid's Mail Send API, version 3.

Request and answers: twilio/sendgrid-oai `tsg_mail_v3.json`; errors and rate limits:
https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api and
https://support.sendgrid.com/hc/en-us/articles/18322114821403 (read 2026-11).
Left out on purpose: templates kept at SendGrid, batches, scheduled sends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from notifyhub.errors import OutcomeUnknown, ProviderUnusable
from notifyhub.messages import Mailbox
from notifyhub.provider import BaseUrl, Capabilities, HttpSettings, MailSender, Provider, ProviderReceipt, seconds_until

if TYPE_CHECKING:
    from notifyhub.errors import ProviderError
    from notifyhub.messages import Message
    from notifyhub.provider import Reply, SendContext


ACCEPTED = 202
_NOT_OF_THE_MESSAGE = frozenset({404, 405, 451})
"""No such resource or method, or another region's data: base_url is wrong, so every message would get it."""


class SendGrid(Provider):
    """Sends mail through SendGrid."""

    name = "sendgrid"
    channels = ("email",)
    capabilities = Capabilities(keeps_deadline=True)

    class Settings(HttpSettings):
        """`base_url` is https://api.eu.sendgrid.com for accounts in the EU; keys work in their own region only."""

        api_key: SecretStr
        sender: MailSender
        base_url: BaseUrl = "https://api.sendgrid.com"

    settings: Settings

    def send(self, message: Message, context: SendContext) -> ProviderReceipt:
        """Posts the message; SendGrid answers 202 with the id in a header."""
        reply = self.require_accepted(
            self.toolkit.http.post(
                f"{self.settings.base_url}/v3/mail/send",
                deadline=context.deadline,
                headers={"Authorization": f"Bearer {self.settings.api_key.get_secret_value()}"},
                json=self._payload(message),
            )
        )
        return ProviderReceipt(message_id=reply.headers.get("x-message-id"))

    def classify(self, reply: Reply) -> ProviderError | None:
        """Accepted is 202 with an id. There are no error codes; the name of the field at fault is the best there is.

        A 200 is what the sandbox says of a message that it only validated, and any other 2xx, like a 202 without an id,
        is not SendGrid's own: a gateway may have answered in its place.
        """
        if reply.successful:
            accepted = reply.status == ACCEPTED and reply.headers.get("x-message-id")
            return None if accepted else self.error(OutcomeUnknown, reply, message="this is not how SendGrid accepts")
        field = reply.field("errors", 0, "field")
        if reply.status in _NOT_OF_THE_MESSAGE:
            return self.error(ProviderUnusable, reply, code=field)
        return self.by_status(reply, code=field)

    def wait(self, reply: Reply) -> float | None:
        """X-RateLimit-Reset is the Unix time, in seconds, at which the limit is lifted."""
        told = super().wait(reply)
        return seconds_until(reply.headers.get("x-ratelimit-reset")) if told is None else told

    def refuses_credentials(self, reply: Reply) -> bool:
        """401 is also what an account gets whose credits are used up, and only the text tells."""
        return super().refuses_credentials(reply) and "credits" not in str(reply.field("errors", 0, "message"))

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
