"""The conditions that a route sets for messages."""

from __future__ import annotations

import abc
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from notifyhub.locales import normalize, normalize_all, widen
from notifyhub.redaction.showable import is_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from notifyhub.channels import Channel
    from notifyhub.events.base import Event
    from notifyhub.settings.policy import Route


class Subject:
    """One message as conditions see it; properties are worked out when a condition first asks."""

    def __init__(self, event: Event, channel: Channel, to: str) -> None:
        self.channel = channel
        self._event = event
        self._to = to

    @cached_property
    def trigger(self) -> str:
        """The trigger's short name."""
        return self._event.trigger

    @cached_property
    def pool(self) -> str | None:
        """The user pool's id."""
        return self._event.user_pool

    @cached_property
    def client(self) -> str | None:
        """The app client's id."""
        return self._event.app_client

    @cached_property
    def country(self) -> str | None:
        """The country of the phone number that the message goes to."""
        from notifyhub.recipients.countries import country_of

        return country_of(self._to)

    @cached_property
    def locale(self) -> str | None:
        """The locale that the event prefers to all others.

        It is what templates look for first. With the second best counting too, a user could match several routes, and
        their order would decide in place of the user's wish.
        """
        return next(normalize_all(self._event.preferred_locales), None)

    @cached_property
    def attributes(self) -> Mapping[str, str]:
        """The user's attributes, or an own event's fields."""
        return self._event.attributes


class Condition(abc.ABC):
    """A condition that a route sets for messages."""

    @abc.abstractmethod
    def holds(self, subject: Subject) -> bool:
        """Whether the message meets the condition."""

    @abc.abstractmethod
    def why_not(self, subject: Subject) -> str:
        """Says in which way the message does not meet the condition; quotes nothing personal."""

    @abc.abstractmethod
    def covers(self, other: Condition) -> bool:
        """Whether this condition holds wherever the other does."""


@dataclass(frozen=True, slots=True)
class OneOf(Condition):
    """A property of the message is one of those listed."""

    name: str
    allowed: frozenset[str]

    def holds(self, subject: Subject) -> bool:
        """Whether the property is listed; one that the message lacks is not."""
        return getattr(subject, self.name) in self.allowed

    def why_not(self, subject: Subject) -> str:
        """Names the message's property."""
        return _describe(self.name, getattr(subject, self.name))

    def covers(self, other: Condition) -> bool:
        """Whether the other lists values of the same property that are all listed here."""
        return isinstance(other, OneOf) and other.name == self.name and other.allowed <= self.allowed


@dataclass(frozen=True, slots=True)
class LocaleIn(Condition):
    """The preferred locale is one of those listed, or a regional form of one."""

    allowed: frozenset[str]

    def holds(self, subject: Subject) -> bool:
        """Whether the locale or a wider form of it is listed: `de` also stands for `de-at`."""
        return subject.locale is not None and not self.allowed.isdisjoint(widen(subject.locale))

    def why_not(self, subject: Subject) -> str:
        """Names the message's locale."""
        return _describe("locale", subject.locale)

    def covers(self, other: Condition) -> bool:
        """Whether each locale of the other is listed here, or a wider form of it."""
        return isinstance(other, LocaleIn) and not any(
            self.allowed.isdisjoint(widen(locale)) for locale in other.allowed
        )


@dataclass(frozen=True, slots=True)
class AttributeIs(Condition):
    """An attribute has one of the values listed."""

    name: str
    allowed: frozenset[str]

    def holds(self, subject: Subject) -> bool:
        """Whether the attribute is there and has such a value."""
        return subject.attributes.get(self.name) in self.allowed

    def why_not(self, subject: Subject) -> str:
        """Says that the attribute differs, without its value: attributes are personal."""
        return f"attribute {self.name} {'differs' if self.name in subject.attributes else 'is absent'}"

    def covers(self, other: Condition) -> bool:
        """Whether the other lists values of the same attribute that are all listed here."""
        return isinstance(other, AttributeIs) and other.name == self.name and other.allowed <= self.allowed


def make_conditions(route: Route) -> tuple[Condition, ...]:
    """Makes the conditions of a route, the channel's first."""
    return tuple(_yield_conditions(route))


def all_covered(wider: tuple[Condition, ...], narrower: tuple[Condition, ...]) -> bool:
    """Whether the first conditions hold wherever the second do."""
    return all(any(condition.covers(other) for other in narrower) for condition in wider)


def _yield_conditions(route: Route) -> Iterator[Condition]:
    yield OneOf("channel", frozenset([route.channel]))
    lists = {"trigger": route.triggers, "pool": route.pools, "client": route.clients, "country": route.countries}
    yield from (OneOf(name, frozenset(listed)) for name, listed in lists.items() if listed)
    if route.locales:
        yield LocaleIn(frozenset(map(normalize, route.locales)))
    yield from (AttributeIs(name, frozenset(values)) for name, values in route.attributes.items())


def _describe(name: str, value: str | None) -> str:
    if value is None:
        return f"{name} is not known"
    return f"{name} is {value}" if is_name(value) else f"{name} differs"
