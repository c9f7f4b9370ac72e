"""AWS End User Messaging SMS (once Pinpoint SMS), API version 2, with the function's role.

Request, answers, codes and reasons: botocore 1.44.5 `pinpoint-sms-voice-v2` 2022-03-31, SendTextMessage;
https://docs.aws.amazon.com/sms-voice/latest/userguide/protect-configuration.html (read 2026-11).
Left out on purpose: dry runs, message feedback, templates of AWS, and the entity and template ids of India's registry.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from notifyhub.errors import ProviderUnusable, RecipientRejected, RefusedHere
from notifyhub.provider import Capabilities, ProviderReceipt, ProviderSettings
from notifyhub_providers._aws_codes import AwsProvider, ErrorClasses, judge_aws

if TYPE_CHECKING:
    from notifyhub.errors import ProviderError
    from notifyhub.messages import Message
    from notifyhub.provider import Reply, SendContext, Toolkit

TTL_S = (5, 259_200)
"""The bounds of TimeToLive in the model; without one, AWS tries for 72 hours."""
CONTEXT_ENTRIES = 5

# An identity, pool or configuration that is not found is named by the settings, so it fails every message alike.
# ValidationException and ConflictException never condemn the recipient by themselves: both came for numbers that other
# routes reached (department-of-veterans-affairs/notification-api#2628, #2633, 2025-11); only opting out does.
# InternalServerException (500) says that the request failed, not that nothing was sent: the outcome stays unknown.
_ERROR_CLASSES: ErrorClasses = {
    "ServiceQuotaExceededException": ProviderUnusable,
    "ResourceNotFoundException": ProviderUnusable,
    "ValidationException": RefusedHere,
    "ConflictException": RefusedHere,
}
_OPTED_OUT = "DESTINATION_PHONE_NUMBER_OPTED_OUT"


class AwsSms(AwsProvider):
    """Sends text messages through AWS End User Messaging."""

    name = "aws_sms"
    channels = ("sms",)
    capabilities = Capabilities(expiry=True)

    class Settings(ProviderSettings):
        """`sender`: a phone number, sender id, pool or RCS agent, by id or ARN; without one, AWS picks for the country.

        `max_price` is in US dollars per message. `protect_configuration` is the id of AWS's guard against pumping.
        """

        region: str | None = None
        sender: str | None = None
        configuration_set: str | None = None
        protect_configuration: str | None = None
        max_price: Annotated[Decimal, Field(gt=0, lt=100, decimal_places=5)] | None = None

    settings: Settings

    def __init__(self, settings: Settings, toolkit: Toolkit) -> None:
        super().__init__(settings, toolkit)
        self._service = toolkit.aws("pinpoint-sms-voice-v2", settings.region)

    def send(self, message: Message, context: SendContext) -> ProviderReceipt:
        """Calls SendTextMessage; the SDK's own time-outs and `delivery` keep the deadline."""
        request = self._request(message, context)
        reply = self.require_accepted(self._service.call("send_text_message", request))
        return ProviderReceipt(message_id=reply.field("MessageId"))

    def classify(self, reply: Reply) -> ProviderError | None:
        """By code; the reason, where there is one, becomes part of the error's code."""
        reason = reply.field("Reason")
        error = judge_aws(self, reply, _ERROR_CLASSES)
        if error is None or not reason:
            return error
        return self.error(
            RecipientRejected if reason == _OPTED_OUT else type(error), reply, code=f"{reply.code}:{reason}"
        )

    def _request(self, message: Message, context: SendContext) -> dict[str, Any]:
        price = self.settings.max_price
        options = {
            "OriginationIdentity": message.sender or self.settings.sender,
            "ConfigurationSetName": self.settings.configuration_set,
            "ProtectConfigurationId": self.settings.protect_configuration,
            "MaxPrice": f"{price:.5f}" if price else None,  # the model's pattern wants a point
            "TimeToLive": context.seconds_left(shortest=TTL_S[0], longest=TTL_S[1]),
            "Context": _labels(message.tags),
        }
        request = {"DestinationPhoneNumber": message.to, "MessageBody": message.text, "MessageType": "TRANSACTIONAL"}
        return request | {name: value for name, value in options.items() if value}


def _labels(tags: tuple[str, ...]) -> dict[str, str]:
    """Pairs for the event destination: `tag`, `tag2` … `tag5`."""
    values = [tag.strip()[:800] for tag in tags if tag.strip()][:CONTEXT_ENTRIES]
    return {f"tag{number}" if number > 1 else "tag": value for number, value in enumerate(values, 1)}
