"""Finds the address that a message goes to."""

from __future__ import annotations

import abc
import re
from typing import TYPE_CHECKING, Any

from notifyhub.channels import PHONE_NUMBER, RECIPIENT
from notifyhub.errors import EventError, ProviderError, RecipientLookupError, Undeliverable
from notifyhub.events.cognito import CodeEvent, TakeOverEvent
from notifyhub.events.notification import NotificationEvent
from notifyhub.redaction.tracebacks import rebuilt
from notifyhub.workers import WORKERS, Saturated, TimedOut

if TYPE_CHECKING:
    from notifyhub.channels import Channel
    from notifyhub.clients.aws import AwsClients
    from notifyhub.deadline import Deadline
    from notifyhub.events.base import Event

LOOKUP_TIMEOUT_S = 3.0
LOOKUP_ATTEMPTS = 2

_ATTRIBUTES: dict[Channel, str] = {"email": "email", "sms": "phone_number"}
# No more than this is checked: the vendor knows better.
_USABLE: dict[Channel, re.Pattern[str]] = {"email": re.compile(RECIPIENT), "sms": re.compile(PHONE_NUMBER)}


class RecipientResolver(abc.ABC):
    """Finds the address for an event; replace it where addresses are kept elsewhere."""

    @abc.abstractmethod
    def resolve(self, event: Event, channel: Channel, deadline: Deadline) -> str | None:
        """Returns the mail address or phone number, None if there is no such address.

        Raises RecipientLookupError where it cannot be told just now, so that the event is tried again.
        """

    def address(self, event: Event, channel: Channel, deadline: Deadline) -> str:
        """Returns the address to send to; raises Undeliverable if there is no usable one."""
        address = self.resolve(event, channel, deadline)
        if address is None or not _USABLE[channel].fullmatch(address):
            what = "there is no" if not address else "this is no usable"
            form = "mail address" if channel == "email" else "phone number in E.164 form, such as +15005550006"
            raise Undeliverable("no_usable_address", f"{event.trigger} {channel}: {what} {form}")
        return address


class EventRecipients(RecipientResolver):
    """Takes the address from the event, and for take-over events from the user pool; this is the default."""

    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients

    def resolve(self, event: Event, channel: Channel, deadline: Deadline) -> str | None:
        """Returns the channel's attribute, and never anything of clientMetadata, which the caller controls."""
        if isinstance(event, NotificationEvent):
            return event.recipient.address(channel)
        if isinstance(event, CodeEvent):
            return event.request.user_attributes.get(_ATTRIBUTES[channel])
        if isinstance(event, TakeOverEvent):
            return self._look_up(event, _ATTRIBUTES[channel], deadline)
        raise EventError(f"{type(event).__name__} needs a resolver of its own: [hooks] resolver")

    def _look_up(self, event: TakeOverEvent, attribute: str, deadline: Deadline) -> str | None:
        """Returns the user's own attribute if it is verified: a warning must not go to an attacker's address."""
        if deadline.passed:
            raise RecipientLookupError("no time was left to look the user up; raise the function's time-out")
        user = self._fetch_in_time(event, deadline)
        attributes = {entry["Name"]: entry.get("Value") for entry in user.get("UserAttributes", [])}
        return attributes.get(attribute) if attributes.get(f"{attribute}_verified") == "true" else None

    def _fetch_in_time(self, event: TakeOverEvent, deadline: Deadline) -> dict[str, Any]:
        late = "AdminGetUser did not answer in time; raise the function's time-out"
        return rebuilt(
            lambda: WORKERS.call(lambda: self._fetch_user(event), deadline.remaining()),
            by=lambda _: RecipientLookupError(late),
            of=(TimedOut, Saturated),
        )

    def _fetch_user(self, event: TakeOverEvent) -> dict[str, Any]:
        from notifyhub.clients.aws import AwsService

        region = event.user_pool.partition("_")[0]
        client = self._clients.get("cognito-idp", region, attempts=LOOKUP_ATTEMPTS, timeout_s=LOOKUP_TIMEOUT_S)
        request = {"UserPoolId": event.user_pool, "Username": event.user_name}
        try:
            reply = AwsService("cognito-idp", client).call("admin_get_user", request)
        except ProviderError as error:
            raise RecipientLookupError(f"AdminGetUser did not answer: {error}") from error
        if reply.code == "UserNotFoundException":
            raise Undeliverable("no_usable_address", "the user does not exist any more")
        if reply.code:
            raise RecipientLookupError(
                f"AdminGetUser was refused ({reply.code}): {_remedy(reply.code)}", code=reply.code
            )
        user: dict[str, Any] = reply.json()
        return user


def _remedy(code: str) -> str:
    remedies = {
        "AccessDeniedException": "grant the function's role cognito-idp:AdminGetUser on the pool",
        "NotAuthorizedException": "grant the function's role cognito-idp:AdminGetUser on the pool",
        "TooManyRequestsException": "Cognito is throttling; the invocation is retried",
        "ResourceNotFoundException": "there is no such pool in this account and region",
    }
    return remedies.get(code, "see the error code in the Cognito API reference, AdminGetUser")
