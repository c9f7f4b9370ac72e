"""Events of Amazon Cognito's custom email and SMS senders; one model per shape.

Source: Amazon Cognito developer guide, and captured events, which hold `null` where the guide shows a value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field

from notifyhub.events.base import Event, SafeModel, digest
from notifyhub.events.triggers import TRIGGERS, split_source
from notifyhub.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from notifyhub.channels import Channel


def _read_texts(value: Any) -> Any:
    """Reads a map of texts, in which null stands for an empty map and for an absent entry."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        return value
    return {str(name): _write(entry) for name, entry in value.items() if entry is not None}


def _write(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read_texts_if_any(value: Any) -> Any:
    return _read_texts(value if isinstance(value, dict) else None)


def _read_text_if_any(value: Any) -> Any:
    return value if isinstance(value, str) else None


def _read_table_if_any(value: Any) -> Any:
    return value if isinstance(value, dict) else None


Texts = Annotated[dict[str, str], BeforeValidator(_read_texts)]
# What no message is made of is read as absent where it has another form: a code must not be lost over it.
OptionalTexts = Annotated[dict[str, str], BeforeValidator(_read_texts_if_any)]
OptionalText = Annotated[str | None, BeforeValidator(_read_text_if_any)]


class CallerContext(SafeModel):
    """The client that called Cognito; admin creation sends the client id `CLIENT_ID_NOT_APPLICABLE`."""

    shown = ("client_id",)

    client_id: OptionalText = None
    aws_sdk_version: OptionalText = None


class CodeRequest(SafeModel):
    """The part of an event that holds the code and the user."""

    code: str | None = None
    client_metadata: OptionalTexts = Field(default_factory=dict)
    user_attributes: Texts = Field(default_factory=dict)


class CognitoEvent(Event):
    """The base of the events of all sources."""

    shown = ("trigger_source", "user_pool_id", "subject_id")

    trigger_source: str
    user_pool_id: str
    user_name: Annotated[str, Field(min_length=1)]
    region: OptionalText = None
    version: OptionalText = None
    caller_context: Annotated[CallerContext | None, BeforeValidator(_read_table_if_any)] = None

    @property
    def trigger(self) -> str:
        """The trigger's name, which is the source without its prefix."""
        return self._parts[1]

    @property
    def channel(self) -> Channel:
        """The channel that the source belongs to."""
        return self._parts[0]

    @property
    def all_channels(self) -> tuple[Channel, ...]:
        """The one channel that a Cognito event goes out on."""
        return (self.channel,)

    @property
    def user_pool(self) -> str:
        """The pool's id."""
        return self.user_pool_id

    @property
    def app_client(self) -> str | None:
        """The app client's id, if the event names one."""
        return self.caller_context.client_id if self.caller_context else None

    @property
    def known(self) -> bool:
        """Whether this release knows the source on this channel."""
        trigger = TRIGGERS.get(self.trigger)
        return trigger is not None and self.channel in trigger.channels

    @property
    def lifetime(self) -> timedelta | None:
        """Cognito's default lifetime of the secret."""
        return TRIGGERS[self.trigger].lifetime if self.known else None

    @property
    def longest_life(self) -> timedelta | None:
        """The longest lifetime of the secret that a pool can be set to."""
        return TRIGGERS[self.trigger].longest if self.known else None

    @property
    def _parts(self) -> tuple[Channel, str]:
        parts = split_source(self.trigger_source)
        if parts is None:
            raise ValueError("not the source of a custom sender")
        return parts


class CodeEvent(CognitoEvent):
    """A code or a temporary password for a user; also the generic event of a source that is not known yet."""

    request: CodeRequest

    @property
    def template_folders(self) -> tuple[str, ...]:
        """The trigger's folder, and behind it `default` for a trigger that this release does not know."""
        return (self.trigger,) if self.known else (self.trigger, "default")

    @property
    def ciphertext(self) -> str | None:
        """The encrypted code, `request.code`."""
        return self.request.code or None

    @property
    def needs_code(self) -> bool:
        """Always true: all these messages bring a code."""
        return True

    @property
    def preferred_locales(self) -> tuple[str, ...]:
        """The locale that the caller asks for, then the one of the user's profile."""
        sources = (self.request.client_metadata, self.request.user_attributes)
        return tuple(source["locale"] for source in sources if source.get("locale"))

    @property
    def subject_id(self) -> str | None:
        """The user's `sub`."""
        return self.request.user_attributes.get("sub")

    @property
    def attributes(self) -> Mapping[str, str]:
        """The user's attributes."""
        return self.request.user_attributes

    def template_values(self) -> Mapping[str, Any]:
        """Returns the user, the user name and the caller's metadata."""
        return {
            "user": self.request.user_attributes,
            "user_name": self.user_name,
            "client_metadata": self.request.client_metadata,
        }

    def key(self, channel: Channel, correlation: str) -> str:
        """Returns a key made of the ciphertext, which is unique per message, or of the request where there is none."""
        return digest(self.user_pool, self.trigger_source, self.ciphertext or correlation, channel)


class TakeOverAttributes(SafeModel):
    """The sign-in as threat protection saw it; the event has it where others have the user's profile."""

    model_config = ConfigDict(alias_generator=str.upper, extra="ignore")
    shown = ("event_id", "account_take_over_action")

    event_id: str | None = None
    user_name: str | None = None
    ip_address: str | None = None
    login_time: str | None = None
    city: str | None = None
    country: str | None = None
    device_name: str | None = None
    account_take_over_action: str | None = None
    feedback_token: Secret | None = None
    one_click_link_valid: Secret | None = None
    one_click_link_invalid: Secret | None = None


class TakeOverRequest(SafeModel):
    """The part of a take-over event that holds the sign-in."""

    user_attributes: TakeOverAttributes


class TakeOverEvent(CognitoEvent):
    """A warning about a suspicious sign-in. It carries no address: the resolver has to ask Cognito."""

    request: TakeOverRequest

    def template_values(self) -> Mapping[str, Any]:
        """Returns the sign-in as `login`; its two links, which anyone can click, are secrets."""
        seen = self.request.user_attributes
        login = {
            "time": seen.login_time,
            "ip_address": seen.ip_address,
            "city": seen.city,
            "country": seen.country,
            "device_name": seen.device_name,
            "action": seen.account_take_over_action,
            "link_valid": seen.one_click_link_valid,
            "link_invalid": seen.one_click_link_invalid,
        }
        present = {name: value for name, value in login.items() if value is not None}
        return {"user_name": self.user_name, "login": present}

    def key(self, channel: Channel, correlation: str) -> str:
        """Returns a key made of Cognito's own id of the sign-in."""
        event_id = self.request.user_attributes.event_id
        return digest(self.user_pool, self.trigger_source, event_id or correlation, channel)
