"""What `notifyhub check` finds in the routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifyhub.checks.finding import Finding
from notifyhub.errors import MissingExtra, NotifyHubError
from notifyhub.recipients.countries import is_country, usual_code
from notifyhub.routing.conditions import all_covered, make_conditions
from notifyhub.testing.samples import PREFIXES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notifyhub.channels import Channel
    from notifyhub.provider.instances import ConfiguredProviders
    from notifyhub.settings.model import Settings


def routed_channels(settings: Settings) -> list[Channel]:
    """The channels that have a route. A Router would tell, but there is none where an extra is missing."""
    return list(dict.fromkeys(route.channel for route in settings.routes))


def route_findings(settings: Settings) -> Iterator[Finding]:
    """Messages that no route takes, routes that take no message, and conditions that cannot hold."""
    if not settings.routes:
        yield Finding("error", "routes", 'nothing can be sent; add a [[routes]] with channel = "email" and providers')
    for channel in routed_channels(settings):
        if not any(_takes_all(settings, number, channel) for number in range(len(settings.routes))):
            text = "none takes every message; add one, as the last, with nothing but `channel` and `providers`"
            yield Finding("error", f"routes for {channel}", text)
    for channel in PREFIXES:
        if channel not in routed_channels(settings):
            yield Finding("warning", f"routes for {channel}", "none; do not attach that trigger to the pool")
    yield from _hidden(settings)
    yield from _countries(settings)


def channel_findings(settings: Settings, configured: ConfiguredProviders) -> Iterator[Finding]:
    """A provider must be able to send on the channels of its routes."""
    for number, route in enumerate(settings.routes):
        for name in route.providers:
            try:
                kind = configured.provider_class(name)
            except NotifyHubError:
                continue  # reported with the provider
            if route.channel not in kind.channels:
                text = f"{name} ({kind.name}) does not send {route.channel}, only {', '.join(kind.channels)}"
                yield Finding("error", f"routes.{number}", text)


def _takes_all(settings: Settings, number: int, channel: Channel) -> bool:
    route = settings.routes[number]
    return route.channel == channel and len(make_conditions(route)) == 1  # the channel itself


def _hidden(settings: Settings) -> Iterator[Finding]:
    """Routes that an earlier one leaves nothing for; the first of those is named."""
    asked = [make_conditions(route) for route in settings.routes]
    for number, narrower in enumerate(asked):
        hiding = [earlier for earlier, wider in enumerate(asked[:number]) if all_covered(wider, narrower)]
        if hiding:
            text = f"is never reached: routes.{hiding[0]}, which comes first, takes all that it would take"
            yield Finding("warning", f"routes.{number}", text)


def _countries(settings: Settings) -> Iterator[Finding]:
    for number, route in enumerate(settings.routes):
        try:
            unknown = [country for country in route.countries if not is_country(country)]
        except MissingExtra as error:
            yield Finding("error", f"routes.{number}.countries", str(error))
            continue
        for country in unknown:
            usual = usual_code(country)
            hint = f"; did you mean {usual!r}?" if usual else ""
            yield Finding("error", f"routes.{number}.countries", f"{country!r} has no phone numbers of its own{hint}")
