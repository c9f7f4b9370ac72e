"""The sources of Cognito's custom sender triggers.

Source: Amazon Cognito developer guide, "Custom email sender Lambda trigger" and "Custom SMS sender Lambda trigger";
lifetimes from the guide's page on quotas and from the pool settings' defaults.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from datetime import timedelta

from notifyhub.channels import CHANNELS, Channel

TAKE_OVER = "AccountTakeOverNotification"
TEMPORARY_PASSWORD = "AdminCreateUser"  # noqa: S105 - the name of a trigger

_LONGEST_SOURCE = 100
_SOURCE = re.compile(r"Custom(?P<channel>Email|SMS|Sms)Sender_(?P<name>[A-Za-z0-9]{1,64})")


@dataclass(frozen=True, slots=True)
class Trigger:
    """One kind of message that Cognito hands over.

    Attributes:
        lifetime: Cognito's default for its secret.
        longest: the most that a pool can be set to; beyond it the secret is surely dead.
    """

    name: str
    lifetime: timedelta | None
    longest: timedelta | None
    channels: tuple[Channel, ...] = CHANNELS


TRIGGERS = {
    trigger.name: trigger
    for trigger in (
        Trigger("SignUp", timedelta(hours=24), timedelta(hours=24)),
        Trigger("ResendCode", timedelta(hours=24), timedelta(hours=24)),
        Trigger("ForgotPassword", timedelta(hours=1), timedelta(hours=1)),
        Trigger("UpdateUserAttribute", timedelta(hours=24), timedelta(hours=24)),
        Trigger("VerifyUserAttribute", timedelta(hours=24), timedelta(hours=24)),
        Trigger(TEMPORARY_PASSWORD, timedelta(days=7), timedelta(days=365)),
        Trigger("Authentication", timedelta(minutes=3), timedelta(minutes=15)),
        Trigger(TAKE_OVER, None, None, ("email",)),
    )
}


def source_names() -> list[str]:
    """Returns all fifteen sources as AWS spells them."""
    prefixes: dict[Channel, str] = {"email": "CustomEmailSender", "sms": "CustomSMSSender"}
    triggers = TRIGGERS.values()
    return [f"{prefixes[channel]}_{t.name}" for channel in CHANNELS for t in triggers if channel in t.channels]


def split_source(source: str) -> tuple[Channel, str] | None:
    """Splits a source into channel and trigger's name; returns None if it is no custom sender's.

    AWS's own tables spell the SMS prefix in two ways.
    """
    return _split(source) if len(source) <= _LONGEST_SOURCE else None  # what is longer has no place in a cache


@functools.lru_cache(maxsize=64)
def _split(source: str) -> tuple[Channel, str] | None:
    match = _SOURCE.fullmatch(source)
    return ("email" if match["channel"] == "Email" else "sms", match["name"]) if match else None
