"""Sends the codes and passwords that Cognito hands over, and every other notification of the same application.

Importing it is inert: nothing is scanned, read or built, and each name below is imported when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notifyhub.lazy import exporter

if TYPE_CHECKING:
    from notifyhub.deadline import Deadline
    from notifyhub.dispatcher import Dispatcher
    from notifyhub.errors import NotifyHubError
    from notifyhub.events import NotificationEvent, Recipient
    from notifyhub.observability.observer import Observer
    from notifyhub.receipts import Receipt
    from notifyhub.secret import Secret
    from notifyhub.settings import Settings, load_settings

__all__ = [
    "Deadline",
    "Dispatcher",
    "NotificationEvent",
    "NotifyHubError",
    "Observer",
    "Receipt",
    "Recipient",
    "Secret",
    "Settings",
    "load_settings",
]

_HOMES = {
    "Deadline": "notifyhub.deadline",
    "Dispatcher": "notifyhub.dispatcher",
    "NotificationEvent": "notifyhub.events",
    "NotifyHubError": "notifyhub.errors",
    "Observer": "notifyhub.observability.observer",
    "Receipt": "notifyhub.receipts",
    "Recipient": "notifyhub.events",
    "Secret": "notifyhub.secret",
    "Settings": "notifyhub.settings",
    "load_settings": "notifyhub.settings",
}


def __getattr__(name: str) -> Any:
    return exporter(__name__, _HOMES, name)
