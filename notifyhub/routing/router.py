"""Plans which providers a message takes, in which order."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from notifyhub.errors import ConfigurationError, NoRoute
from notifyhub.routing.conditions import Subject, make_conditions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from notifyhub.channels import Channel
    from notifyhub.events.base import Event
    from notifyhub.provider.contract import Provider
    from notifyhub.routing.conditions import Condition
    from notifyhub.settings.policy import Route


@dataclass(frozen=True, slots=True)
class Plan:
    """The instances to try, best first and at least one; `route` is the route's number, from 0 as in `routes.0`."""

    providers: tuple[str, ...]
    route: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Says whether a route's conditions hold for a message; `why_not` names the first that does not, or is empty."""

    route: int
    why_not: str = ""

    @property
    def matches(self) -> bool:
        """Whether all conditions hold; an earlier route may take the message all the same."""
        return not self.why_not


@dataclass(frozen=True, slots=True)
class Explanation:
    """The verdict of every route on a message, and the plan that follows; None where no route takes it."""

    verdicts: tuple[Verdict, ...]
    plan: Plan | None


class Misrouted(NamedTuple):
    """A provider that does not send on the channel of a route that names it."""

    route: int
    text: str


class Router:
    """Picks the first route that matches."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = tuple(routes)
        self._choices = [_Choice.of(number, route) for number, route in enumerate(self._routes)]

    def plan(self, event: Event, channel: Channel, *, to: str, key: str) -> Plan:
        """Plans one channel of an event; raises NoRoute if no route takes it.

        `to` is the recipient's address, `key` the event's key, by which a redelivery gets the same plan.
        """
        subject = Subject(event, channel, to)
        for choice in self._choices:
            if choice.first_failing(subject) is None:
                return choice.plan(key)
        raise NoRoute(channel=channel, trigger=event.trigger)

    def explain(self, event: Event, channel: Channel, *, to: str, key: str) -> Explanation:
        """Plans as `plan` does, and gives the reasons; for people, not for the path of a message."""
        subject = Subject(event, channel, to)
        failed = [choice.first_failing(subject) for choice in self._choices]
        verdicts = [Verdict(n, condition.why_not(subject) if condition else "") for n, condition in enumerate(failed)]
        taken = next((verdict.route for verdict in verdicts if verdict.matches), None)
        return Explanation(tuple(verdicts), None if taken is None else self._choices[taken].plan(key))

    def check(self, provider_class: Callable[[str], type[Provider]]) -> None:
        """Raises ConfigurationError where a provider cannot be used, or does not send on its route's channel.

        Warms up first, so that a missing library ends the start and not the first message.
        """
        self.warm_up()
        for wrong in self.find_misrouted(provider_class):
            raise ConfigurationError(wrong.text, path=f"routes.{wrong.route}.providers")

    def warm_up(self) -> None:
        """Loads what the routes' conditions take, so that no message waits; raises MissingExtra where it is missing."""
        if countries := {country for route in self._routes for country in route.countries}:
            from notifyhub.recipients.countries import prepare

            prepare(countries)

    def find_misrouted(self, provider_class: Callable[[str], type[Provider] | None]) -> Iterator[Misrouted]:
        """Finds providers that do not send on their route's channel; where the class is None it says nothing."""
        for number, route in enumerate(self._routes):
            for name in route.providers:
                found = provider_class(name)
                if found is not None and route.channel not in found.channels:
                    text = f"{name} ({found.name}) does not send {route.channel}, only {', '.join(found.channels)}"
                    yield Misrouted(number, text)

    def providers(self) -> list[str]:
        """Returns every instance that some route names, each once."""
        return list(dict.fromkeys(name for route in self._routes for name in route.providers))

    def primaries(self) -> list[str]:
        """Returns the instances that routes try first."""
        return list(dict.fromkeys(plan.providers[0] for choice in self._choices for plan in choice.plans))

    def channels(self) -> list[Channel]:
        """The channels that have a route."""
        return list(dict.fromkeys(route.channel for route in self._routes))


@dataclass(frozen=True, slots=True)
class _Choice:
    """A route, made ready: its conditions, and a plan for each instance that may come first.

    `bounds` are the weights of those instances, added up.
    """

    conditions: tuple[Condition, ...]
    plans: tuple[Plan, ...]
    bounds: tuple[int, ...]

    @classmethod
    def of(cls, number: int, route: Route) -> _Choice:
        names = tuple(dict.fromkeys(route.providers))
        weights = dict(zip(names, route.weights, strict=True)) if route.weights else {names[0]: 1}
        firsts = [name for name, weight in weights.items() if weight]
        plans = tuple(Plan((first, *(name for name in names if name != first)), number) for first in firsts)
        return cls(make_conditions(route), plans, tuple(accumulate(weights[first] for first in firsts)))

    def first_failing(self, subject: Subject) -> Condition | None:
        """Returns the first condition that does not hold."""
        for condition in self.conditions:
            if not condition.holds(subject):
                return condition
        return None

    def plan(self, key: str) -> Plan:
        if len(self.plans) == 1:
            return self.plans[0]
        return self.plans[bisect_right(self.bounds, _draw(key, self.bounds[-1]))]


def _draw(key: str, total: int) -> int:
    """Draws a number below the total: evenly spread over keys, and the same for one key in every process.

    The key is hashed once more, as an own event may make keys of any form.
    """
    return int.from_bytes(hashlib.sha256(key.encode(errors="backslashreplace")).digest()) % total
