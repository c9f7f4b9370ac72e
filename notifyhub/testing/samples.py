"""Events made up for looking at messages: nothing is encrypted for real, nothing is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifyhub.errors import EventError
from notifyhub.events.parsing import parse_event
from notifyhub.events.triggers import TEMPORARY_PASSWORD, TRIGGERS, source_names, split_source
from notifyhub.secret import Secret
from notifyhub.testing.forge import EMAIL, PHONE, forge_event, make_local_key

if TYPE_CHECKING:
    from notifyhub.channels import Channel
    from notifyhub.events.base import Event

CODE = "839201"
PASSWORD = "Xy7<Qm&2pL"  # noqa: S105 - shown on purpose
PREFIXES: dict[Channel, str] = {"email": "CustomEmailSender_", "sms": "CustomSMSSender_"}
ADDRESSES: dict[Channel, str] = {"email": EMAIL, "sms": PHONE}


def find_source(trigger: str, channel: Channel | None) -> str:
    """Finds the full source for `SignUp` and a channel, or as given; raises EventError where there is none."""
    if split_source(trigger):
        return trigger
    trigger = {name.lower(): name for name in TRIGGERS}.get(trigger.lower(), trigger)
    source = f"{PREFIXES[channel or 'email']}{trigger}"
    if source not in source_names():
        known = ", ".join(TRIGGERS)
        raise EventError(f"there is no {channel or 'email'} trigger {trigger!r}; known are: {known}")
    return source


def make_sample(source: str, *, locale: str | None = None) -> tuple[Event, Secret | None]:
    """Makes a typed event of a source, and the secret that it would carry."""
    event = parse_event(forge_event(source, make_local_key(), attributes={"locale": locale}))
    if not event.needs_code:
        return event, None
    return event, Secret(PASSWORD if event.trigger == TEMPORARY_PASSWORD else CODE)
