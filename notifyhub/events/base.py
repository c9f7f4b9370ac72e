"""The base classes of all events."""

from __future__ import annotations

import abc
import hashlib
import json
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import timedelta

    from notifyhub.channels import Channel


class SafeModel(BaseModel):
    """A frozen model of the wire: unknown keys are ignored, and its repr shows only the fields that it names."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
        defer_build=True,  # a model is built when its first event comes: most functions see few of them
    )
    shown: ClassVar[tuple[str, ...]] = ()

    def __repr_args__(self) -> Iterator[tuple[str, Any]]:
        """Shows the fields that hold neither personal data nor secrets."""
        return ((name, getattr(self, name)) for name in self.shown)


class Recipient(SafeModel):
    """The addresses of one person; a phone number is in E.164 form, such as +15005550006."""

    model_config = ConfigDict(defer_build=False)

    email: str | None = None
    phone_number: str | None = None
    locale: str | None = None

    def address(self, channel: Channel) -> str | None:
        """Returns the address for the channel, if there is one."""
        return self.email if channel == "email" else self.phone_number


class Event(SafeModel, abc.ABC):
    """Something that a user gets a message about."""

    @property
    @abc.abstractmethod
    def trigger(self) -> str:
        """The trigger's short name, which is also the template folder: `SignUp`, `OrderShipped`."""

    @property
    @abc.abstractmethod
    def all_channels(self) -> tuple[Channel, ...]:
        """The channels that the event goes out on."""

    @property
    def known(self) -> bool:
        """Whether this release knows the event's trigger; unknown ones are delivered all the same."""
        return True

    @property
    def template_folders(self) -> tuple[str, ...]:
        """The folders in which templates are looked for, in order."""
        return (self.trigger,)

    @property
    def lifetime(self) -> timedelta | None:
        """How long the code or password lives by default; None where nothing expires."""
        return None

    @property
    def longest_life(self) -> timedelta | None:
        """How long the secret may live at most; None where nothing expires."""
        return None

    @property
    def ciphertext(self) -> str | None:
        """The encrypted secret as Cognito sends it, base64; None where the event carries none."""
        return None

    @property
    def needs_code(self) -> bool:
        """Whether a message of this event is useless without a code."""
        return False

    @property
    def preferred_locales(self) -> tuple[str, ...]:
        """The locales that the event itself asks for, best first."""
        return ()

    @property
    def subject_id(self) -> str | None:
        """Cognito's `sub`, by which logs may name a user."""
        return None

    @property
    def user_pool(self) -> str | None:
        """The id of the user pool that the event comes from."""
        return None

    @property
    def app_client(self) -> str | None:
        """The id of the app client that caused the event."""
        return None

    @property
    def attributes(self) -> Mapping[str, str]:
        """The values that routes may ask for by name; never a Secret."""
        return {}

    @abc.abstractmethod
    def template_values(self) -> Mapping[str, Any]:
        """Returns what templates may show besides the secret: texts, dicts and Secrets, without absent values."""

    @abc.abstractmethod
    def key(self, channel: Channel, correlation: str) -> str:
        """Returns the idempotency key of one channel's message; `correlation` is the request's id."""


def digest(*parts: str) -> str:
    """Returns the SHA-256 of the parts, hexadecimal; a part cannot run into the next."""
    # As JSON: it keeps the parts apart, and it writes halves of surrogate pairs, which UTF-8 cannot.
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
