"""Twilio's Programmable Messaging, API version 2010-04-01.

Request and answers: twilio/twilio-oai `twilio_api_v2010.json` (d50069b4); codes:
https://www.twilio.com/docs/api/errors (read 2026-11).
ContentRetention and AddressRetention would keep codes and numbers out of Twilio's logs, but an account without the paid
message redaction gets errors 30029 and 30030 for them, so they are sent only where the settings ask for it.
A messaging service accepts messages to numbers that opted out, and fails them later (twilio/twilio-python#478).
Left out on purpose: media, schedules, templates kept at Twilio, MaxPrice (without effect since 2024-06).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, SecretStr, model_validator

from notifyhub.errors import NotSent, OutcomeUnknown, ProviderUnusable, RecipientRejected, RefusedHere
from notifyhub.provider import BaseUrl, CallbackUrl, Capabilities, HttpSettings, Provider, ProviderReceipt

if TYPE_CHECKING:
    from typing import Self

    from notifyhub.errors import ProviderError
    from notifyhub.messages import Message
    from notifyhub.provider import Reply, SendContext

VALIDITY_S = (1, 36_000)
"""The bounds of ValidityPeriod in Twilio's description; older editions of it ended at 14400."""

_AUTHENTICATE = 20003

# What the status does not say, or not reliably. A sender that does not fit (21606, 21612, 21659, 21703) is a plain 400
# and so refused here, since the same sender may do for another country.
_ERROR_CLASSES: dict[int, type[ProviderError]] = {
    # "An API request that receives an error 429 response is never processed"; maintenance, for which no status is told.
    **dict.fromkeys((20429, 21730), NotSent),
    # No access, account or service not found, not active, suspended, over its daily limit, its queue full.
    **dict.fromkeys((10001, _AUTHENTICATE, 20005, 20403, 20404, 21611, 21701, 21705), ProviderUnusable),
    **dict.fromkeys((30001, 30002, 63038, 90010), ProviderUnusable),
    # No permission for the country, a number not verified during the trial, 10DLC not registered.
    **dict.fromkeys((21408, 21608, 30034), RefusedHere),
    # Not a number, opted out, no mobile number, a landline.
    **dict.fromkeys((21211, 21217, 21610, 21614, 21635), RecipientRejected),
}


class Twilio(Provider):
    """Sends text messages through Twilio."""

    name = "twilio"
    channels = ("sms",)
    capabilities = Capabilities(expiry=True, keeps_deadline=True)

    class Settings(HttpSettings):
        """Either `auth_token` or an API key, and either `sender` (number, alphanumeric id) or a messaging service."""

        account_sid: Annotated[str, Field(pattern="^AC[0-9a-fA-F]{32}$")]
        auth_token: SecretStr | None = None
        api_key_sid: Annotated[str, Field(pattern="^SK[0-9a-fA-F]{32}$")] | None = None
        api_key_secret: SecretStr | None = None
        sender: str | None = None
        messaging_service_sid: Annotated[str, Field(pattern="^MG[0-9a-fA-F]{32}$")] | None = None
        content_retention: Literal["retain", "discard"] | None = None
        address_retention: Literal["retain", "obfuscate"] | None = None
        risk_check: Literal["enable", "disable"] | None = None
        smart_encoded: bool | None = None
        status_callback: CallbackUrl | None = None
        base_url: BaseUrl = "https://api.twilio.com"

        @model_validator(mode="after")
        def _one_of_each(self) -> Self:
            if bool(self.api_key_sid) is not bool(self.api_key_secret):
                raise ValueError("api_key_sid and api_key_secret belong together")
            if bool(self.auth_token) is bool(self.api_key_sid):
                raise ValueError("give either auth_token, or api_key_sid and api_key_secret")
            if bool(self.sender) is bool(self.messaging_service_sid):
                raise ValueError("give either sender or messaging_service_sid")
            return self

    settings: Settings

    def send(self, message: Message, context: SendContext) -> ProviderReceipt:
        """Posts the message; Twilio answers 201 with its state so far."""
        reply = self.require_accepted(
            self.toolkit.http.post(
                f"{self.settings.base_url}/2010-04-01/Accounts/{self.settings.account_sid}/Messages.json",
                deadline=context.deadline,
                auth=self._credentials(),
                form=self._form(message, context),
            )
        )
        return ProviderReceipt(message_id=reply.field("sid"))

    def classify(self, reply: Reply) -> ProviderError | None:
        """A 201 can hold a refusal, and 400 is most codes' status; what the table does not know, the status decides."""
        if not reply.successful:
            return self._judge_code(reply, reply.field("code")) or self.by_status(reply, code=reply.field("code"))
        code = reply.field("error_code")
        if code or reply.field("status") in {"failed", "undelivered", "canceled"}:
            return self._judge_code(reply, code) or self.error(RefusedHere, reply, code=code)
        return None if reply.field("sid") else self.error(OutcomeUnknown, reply, message="the answer names no message")

    def refuses_credentials(self, reply: Reply) -> bool:
        """By status, or by code where Twilio says so under another status."""
        return super().refuses_credentials(reply) or reply.field("code") == _AUTHENTICATE

    def _judge_code(self, reply: Reply, code: object) -> ProviderError | None:
        error_class = _ERROR_CLASSES.get(code) if isinstance(code, int) else None
        return self.error(error_class, reply, code=code) if error_class else None

    def _credentials(self) -> tuple[str, str]:
        settings = self.settings
        if settings.api_key_sid and settings.api_key_secret:
            return settings.api_key_sid, settings.api_key_secret.get_secret_value()
        return settings.account_sid, settings.auth_token.get_secret_value() if settings.auth_token else ""

    def _form(self, message: Message, context: SendContext) -> dict[str, str]:
        settings = self.settings
        sender = message.sender or settings.sender or settings.messaging_service_sid or ""
        fields = {
            "To": message.to,
            "Body": message.text,
            _sender_field(sender): sender,
            "ValidityPeriod": context.seconds_left(shortest=VALIDITY_S[0], longest=VALIDITY_S[1]),
            "ContentRetention": settings.content_retention,
            "AddressRetention": settings.address_retention,
            "RiskCheck": settings.risk_check,
            "SmartEncoded": None if settings.smart_encoded is None else str(settings.smart_encoded).lower(),
            "StatusCallback": settings.status_callback,
        }
        return {name: str(value) for name, value in fields.items() if value}


def _sender_field(sender: str) -> str:
    """A brand may name a messaging service as its sender, too."""
    return "MessagingServiceSid" if sender.startswith("MG") and len(sender) == len("MG") + 32 else "From"
