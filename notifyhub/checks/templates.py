"""What is wrong with the templates, by rendering each message with made-up data."""

from __future__ import annotations

import difflib
from functools import partial
from typing import TYPE_CHECKING

from notifyhub.checks.finding import Finding, find
from notifyhub.errors import NotifyHubError
from notifyhub.events.triggers import TRIGGERS, source_names, split_source
from notifyhub.rendering.factory import make_renderer
from notifyhub.rendering.index import BUILT_IN_LOCALE
from notifyhub.routing.router import Router
from notifyhub.testing.samples import ADDRESSES, PREFIXES, make_sample

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from notifyhub.channels import Channel
    from notifyhub.events.notification import NotificationEvent
    from notifyhub.rendering.renderer import Renderer
    from notifyhub.settings.model import Settings


def find_template_problems(settings: Settings, events: Mapping[str, type[NotificationEvent]]) -> Iterator[Finding]:
    """Renders every message that a route takes, in every locale, and finds triggers that are misspelt."""
    known = [*TRIGGERS, *events]
    try:
        renderer = make_renderer(settings)
    except NotifyHubError as error:
        yield Finding("error", "templates", str(error))
        yield from _check_trigger_names(settings, known)
        return
    # A folder of the user's own is how a trigger that Cognito adds later gets its message.
    yield from _check_trigger_names(settings, [*known, *sorted(renderer.index.folders())])
    channels = Router(settings.routes).channels()
    for source in [*source_names(), *(f"{prefix}NotKnownYet" for prefix in PREFIXES.values())]:
        yield from _check_built_in_event(renderer, source, channels)
    for event_class in events.values():
        yield from _check_own_event(renderer, event_class, channels)


def _check_trigger_names(settings: Settings, known: Collection[str]) -> Iterator[Finding]:
    """Warns of misspelt triggers: one matches no event, and nothing else would ever say so."""
    by_lower = {name.lower(): name for name in known}
    named = [(f"routes.{number}.triggers", name) for number, r in enumerate(settings.routes) for name in r.triggers]
    for path, name in [*named, *(("triggers", name) for name in settings.triggers)]:
        if name in known:
            continue
        _, short = split_source(name) or ("", name)
        close = difflib.get_close_matches(short.lower(), by_lower, n=1)
        hint = f"; did you mean {by_lower[close[0]]!r}?" if close else ""
        yield Finding(
            "warning", path, f"{name!r} is no trigger of Cognito, no event and no template folder of yours{hint}"
        )


def _check_built_in_event(renderer: Renderer, source: str, channels: list[Channel]) -> Iterator[Finding]:
    channel: Channel = make_sample(source)[0].all_channels[0]
    if channel not in channels:
        return
    folder = make_sample(source)[0].template_folders[-1]
    for locale in sorted(renderer.index.locales(folder, channel)):
        event, secret = make_sample(source, locale=locale)
        shown = f"template {source}" if locale == BUILT_IN_LOCALE else f"template {source} ({locale})"
        yield find(shown, partial(renderer.render, event, channel, ADDRESSES[channel], secret))
    yield from _find_missing_parts(renderer, folder, channel)


def _check_own_event(
    renderer: Renderer, event_class: type[NotificationEvent], channels: list[Channel]
) -> Iterator[Finding]:
    name = event_class.name
    for channel in event_class.channels:
        if channel not in channels:
            yield Finding("error", f"event {name}", f"no route takes {channel}")
        yield find(f"template {name} {channel}", partial(renderer.compile, (name,), channel))
        yield from _find_missing_parts(renderer, name, channel)


def _find_missing_parts(renderer: Renderer, folder: str, channel: Channel) -> Iterator[Finding]:
    try:
        chosen = renderer.index.choose((folder,), channel, ())
    except NotifyHubError:
        return  # reported above
    if chosen.text is None:
        yield Finding("warning", f"template {folder} {channel}", "no text part: it is derived from the HTML")
    if channel == "email" and chosen.html is None:
        yield Finding("warning", f"template {folder} {channel}", "no HTML part: the mail is plain text")
    if channel == "email" and chosen.subject is None:
        yield Finding("warning", f"template {folder} {channel}", "no subject: the application's name stands in")
