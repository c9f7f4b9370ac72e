"""Which providers an event's message may take, in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from notifyhub.errors import ConfigurationError, NoRoute

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from notifyhub.events.base import Event
    from notifyhub.messages import Channel
    from notifyhub.provider import Provider
    from notifyhub.settings.policy import Route


@dataclass(frozen=True, slots=True)
class Plan:
    """The instances to try, best first; never empty."""

    providers: tuple[str, ...]


class Router:
    """Picks the first route that matches."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = tuple(routes)

    def plan(self, event: Event, channel: Channel) -> Plan:
        """The plan for one channel of an event; raises NoRoute where no route takes it."""
        for route in self._routes:
            if route.channel == channel and (not route.triggers or event.trigger in route.triggers):
                return Plan(tuple(dict.fromkeys(route.providers)))
        raise NoRoute(channel=channel, trigger=event.trigger)

    def check(self, kind_of: Callable[[str], type[Provider]]) -> None:
        """Raises ConfigurationError where a provider cannot be used, or does not send on its route's channel."""
        for number, route in enumerate(self._routes):
            for name in route.providers:
                kind = kind_of(name)
                if route.channel not in kind.channels:
                    raise ConfigurationError(
                        f"{name} ({kind.name}) does not send {route.channel}, only {', '.join(kind.channels)}",
                        path=f"routes.{number}.providers",
                    )

    def providers(self) -> list[str]:
        """Every instance that some route names, each once."""
        return list(dict.fromkeys(name for route in self._routes for name in route.providers))

    def primaries(self) -> list[str]:
        """The instances that routes try first."""
        return list(dict.fromkeys(route.providers[0] for route in self._routes))

    def channels(self) -> list[Channel]:
        """The channels that have a route."""
        return list(dict.fromkeys(route.channel for route in self._routes))
