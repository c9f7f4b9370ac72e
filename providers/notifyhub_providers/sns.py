"""Text messages through Amazon SNS, with the function's role.

Request and codes: botocore 1.44.5 `sns` 2010-03-31, Publish; attributes:
https://docs.aws.amazon.com/sns/latest/dg/sms_publish-to-phone.html (read 2026-11).
SNS accepts messages to numbers that opted out, and drops them. New accounts do better with `aws_sms`, which refuses
them, names its reasons and knows expiry.
Left out on purpose: topics, and the entity and template ids of India's registry, which belong to one text each.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from notifyhub.errors import NotSent, ProviderUnusable, RecipientRejected, RefusedHere
from notifyhub.provider import ProviderReceipt, ProviderSettings
from notifyhub_providers._aws_codes import AwsProvider, ErrorClasses, judge_aws

if TYPE_CHECKING:
    from notifyhub.errors import ProviderError
    from notifyhub.messages import Message
    from notifyhub.provider import Reply, SendContext, Toolkit

# InvalidParameter is also what a malformed number gets, but only its text says so. The model declares OptedOut for the
# service and not for Publish; it can mean nothing else, should it come.
_ERROR_CLASSES: ErrorClasses = {
    "InvalidParameter": RefusedHere,
    "ParameterValueInvalid": RefusedHere,
    "ValidationException": RefusedHere,
    "OptedOut": RecipientRejected,
    # Of topics' keys; a number has none, but the model declares these for Publish as a whole.
    **dict.fromkeys(("KMSDisabled", "KMSInvalidState", "KMSNotFound", "KMSAccessDenied"), ProviderUnusable),
    "KMSThrottling": NotSent,
}


class Sns(AwsProvider):
    """Sends text messages through Amazon SNS."""

    name = "sns"
    channels = ("sms",)

    class Settings(ProviderSettings):
        """`sender`: a sender id (up to 11 letters, digits and hyphens) or a number of the account in E.164 form.

        `max_price` is in US dollars per message. The region defaults to the function's.
        """

        region: str | None = None
        sender: Annotated[str, Field(pattern=r"^(\+?[0-9]{3,15}|[A-Za-z0-9-]{1,11})$")] | None = None
        max_price: Annotated[Decimal, Field(gt=0, lt=100, decimal_places=5)] | None = None

    settings: Settings

    def __init__(self, settings: Settings, toolkit: Toolkit) -> None:
        super().__init__(settings, toolkit)
        self._service = toolkit.aws("sns", settings.region)

    def send(self, message: Message, context: SendContext) -> ProviderReceipt:
        """Calls Publish to a phone number; the SDK's own time-outs and `delivery` keep the deadline."""
        request = {"PhoneNumber": message.to, "Message": message.text, "MessageAttributes": self._attributes(message)}
        reply = self.require_accepted(self._service.call("publish", request))
        return ProviderReceipt(message_id=reply.field("MessageId"))

    def classify(self, reply: Reply) -> ProviderError | None:
        """By code, which is without the suffix `Exception` in this service."""
        return judge_aws(self, reply, _ERROR_CLASSES)

    def _attributes(self, message: Message) -> dict[str, dict[str, str]]:
        attributes = {"AWS.SNS.SMS.SMSType": _attribute("Transactional")}
        if sender := message.sender or self.settings.sender:
            attributes[_sender_attribute(sender)] = _attribute(sender)
        if self.settings.max_price:
            attributes["AWS.SNS.SMS.MaxPrice"] = _attribute(f"{self.settings.max_price:f}", kind="Number")
        return attributes


def _sender_attribute(sender: str) -> str:
    """A sender id holds a letter; digits alone are a number or a short code."""
    return "AWS.MM.SMS.OriginationNumber" if sender.lstrip("+").isdecimal() else "AWS.SNS.SMS.SenderID"


def _attribute(value: str, *, kind: str = "String") -> dict[str, str]:
    return {"DataType": kind, "StringValue": value}
