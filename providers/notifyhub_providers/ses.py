"""Amazon SES, API version 2, with the function's role.

Request, answers and codes: botocore 1.44.5 `sesv2` 2019-09-27, SendEmail; throttling:
https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html (read 2026-11).
Left out on purpose: templates kept at SES, attachments, lists, tenants, global endpoints.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from notifyhub.errors import NotSent, ProviderUnusable, RefusedHere
from notifyhub.messages import Mailbox
from notifyhub.provider import MailSender, ProviderReceipt, ProviderSettings
from notifyhub_providers._aws_codes import AwsProvider, ErrorClasses, judge_aws

if TYPE_CHECKING:
    from notifyhub.errors import ProviderError
    from notifyhub.messages import Message
    from notifyhub.provider import Reply, SendContext, Toolkit

# MessageRejected covers a sender that is not verified, a recipient that is not while the account is in the sandbox, and
# content: SES has no code for the recipient alone. To an address on its suppression list it accepts, and bounces later.
_ERROR_CLASSES: ErrorClasses = {
    "LimitExceededException": ProviderUnusable,
    "AccountSuspendedException": ProviderUnusable,
    "SendingPausedException": ProviderUnusable,
    "MailFromDomainNotVerifiedException": ProviderUnusable,
    "MessageRejected": RefusedHere,
    "BadRequestException": RefusedHere,
    "NotFoundException": RefusedHere,
}


class Ses(AwsProvider):
    """Sends mail through Amazon SES."""

    name = "ses"
    channels = ("email",)

    class Settings(ProviderSettings):
        """The region defaults to the function's; `from_arn` is for a sender that another account lends."""

        sender: MailSender
        region: str | None = None
        configuration_set: str | None = None
        from_arn: str | None = None

    settings: Settings

    def __init__(self, settings: Settings, toolkit: Toolkit) -> None:
        super().__init__(settings, toolkit)
        self._service = toolkit.aws("sesv2", settings.region)

    def send(self, message: Message, context: SendContext) -> ProviderReceipt:
        """Calls SendEmail; the SDK's own time-outs and `delivery` keep the deadline."""
        reply = self.require_accepted(self._service.call("send_email", self._request(message)))
        return ProviderReceipt(message_id=reply.field("MessageId"))

    def classify(self, reply: Reply) -> ProviderError | None:
        """By code; of the two reasons for throttling, the daily quota is not worth waiting for."""
        error = judge_aws(self, reply, _ERROR_CLASSES)
        if isinstance(error, NotSent) and "quota exceeded" in str(reply.field("Error", "Message")):
            return self.error(ProviderUnusable, reply)
        return error

    def _request(self, message: Message) -> dict[str, Any]:
        request = {
            "FromEmailAddress": str(Mailbox.parse(message.sender or self.settings.sender)),
            "Destination": {"ToAddresses": [message.to]},
            "Content": {"Simple": _content(message)},
        }
        options = {
            "ReplyToAddresses": [str(Mailbox.parse(message.reply_to))] if message.reply_to else None,
            "EmailTags": _tags(message.tags),
            "ConfigurationSetName": self.settings.configuration_set,
            "FromEmailAddressIdentityArn": self.settings.from_arn,
        }
        return request | {name: value for name, value in options.items() if value}


def _content(message: Message) -> dict[str, Any]:
    parts = {"Text": message.text, "Html": message.html}
    content: dict[str, Any] = {
        "Subject": _utf8(message.subject),
        "Body": {name: _utf8(text) for name, text in parts.items() if text},
    }
    if message.headers:
        content["Headers"] = [{"Name": name, "Value": value} for name, value in message.headers.items()]
    return content


def _utf8(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}


def _tags(tags: tuple[str, ...]) -> list[dict[str, str]]:
    """SES wants pairs of ASCII letters, digits, `_` and `-`, and each name once: `tag`, `tag2`, `tag3`."""
    values = [re.sub(r"[^A-Za-z0-9_-]", "_", tag)[:256] for tag in tags if tag]
    return [{"Name": f"tag{number}" if number > 1 else "tag", "Value": value} for number, value in enumerate(values, 1)]
