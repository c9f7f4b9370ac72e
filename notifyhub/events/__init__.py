"""Typed events: Cognito's fifteen sources, and the application's own."""

from __future__ import annotations

from notifyhub.events.base import Event, Recipient
from notifyhub.events.cognito import CodeEvent, CognitoEvent, TakeOverEvent
from notifyhub.events.notification import NotificationEvent
from notifyhub.events.parsing import handles, parse_event

__all__ = [
    "CodeEvent",
    "CognitoEvent",
    "Event",
    "NotificationEvent",
    "Recipient",
    "TakeOverEvent",
    "handles",
    "parse_event",
]
