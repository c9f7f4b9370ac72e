"""Turns the object that Lambda receives into a typed event."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from notifyhub.errors import EventError
from notifyhub.events.base import Event
from notifyhub.events.cognito import CodeEvent, TakeOverEvent
from notifyhub.events.triggers import TAKE_OVER, split_source
from notifyhub.redaction.showable import is_source
from notifyhub.redaction.tracebacks import rebuilt
from notifyhub.redaction.validation_errors import find_names, find_problems

if TYPE_CHECKING:
    from collections.abc import Mapping

_building = threading.Lock()  # the first events of a process may come at once, and Pydantic builds without one


def parse_event(raw: object, *, own: Mapping[str, type[Event]] | None = None) -> Event:
    """Makes a typed event of a decoded JSON object; an Event is returned as it is.

    `own` maps the names of the application's events to their classes. Raises EventError, with the field's path, for
    what cannot be read; a source of a custom sender that is not known yet is read as the generic event of its channel.
    """
    if isinstance(raw, Event):
        return raw
    if not isinstance(raw, dict):
        raise EventError(f"an event is a JSON object, not {type(raw).__name__}")
    return _validate(_model_for(raw, own or {}), raw)


def handles(raw: object, *, own: Mapping[str, type[Event]] | None = None) -> bool:
    """Whether an event is meant for notifyhub, and not for another trigger of the function; never raises."""
    if isinstance(raw, Event):
        return True
    if not isinstance(raw, dict):
        return False
    source, name = raw.get("triggerSource"), raw.get("event")
    return (isinstance(source, str) and split_source(source) is not None) or (
        isinstance(name, str) and name in (own or {})
    )


def _model_for(raw: dict[str, Any], own: Mapping[str, type[Event]]) -> type[Event]:
    if "triggerSource" in raw:
        return _cognito_model(raw["triggerSource"])
    if "event" in raw:
        return _own_model(raw["event"], own)
    raise EventError("is missing; a Cognito event has it, an own event has `event`", path="triggerSource")


def _cognito_model(source: object) -> type[Event]:
    if not isinstance(source, str) or not source:
        raise EventError("must be a text", path="triggerSource")
    if (parts := split_source(source)) is None:
        raise EventError(
            "this is no custom sender's event; wire the function as CustomEmailSender or CustomSMSSender only, or ask "
            f"dispatcher.handles(event) first ({source if is_source(source) else 'not shown'})",
            path="triggerSource",
        )
    return TakeOverEvent if parts == ("email", TAKE_OVER) else CodeEvent


def _own_model(name: object, own: Mapping[str, type[Event]]) -> type[Event]:
    if isinstance(name, str) and name in own:
        return own[name]
    known = ", ".join(sorted(own)) or "none"
    raise EventError(
        f"no event of that name is registered; registered: {known}; add it to Dispatcher(events=[…]) or [hooks] events",
        path="event",
    )


def _validate(model: type[Event], raw: dict[str, Any]) -> Event:
    if not model.__pydantic_complete__:
        with _building:
            model.model_rebuild()
    # All errors: an own event's validators may raise anything, and quote the event as Pydantic's error does.
    return rebuilt(lambda: model.model_validate(raw), by=lambda error: _explain(model, error))


def _explain(model: type[Event], error: Exception) -> EventError:
    """Explains an error without values and without keys, which are data in an event as well."""
    try:
        found = find_problems(error, names=find_names(model) | {"event"}) if isinstance(error, ValidationError) else []
    except Exception as unreadable:  # noqa: BLE001 - values that cannot be written as text
        found, error = [], unreadable
    if not found:
        return EventError(f"cannot be read ({type(error).__name__})")
    return EventError("; ".join([found[0].text, *map(str, found[1:])]), path=found[0].path)
