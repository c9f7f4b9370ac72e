"""The tables for routes, triggers, delivery and the sandbox."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from notifyhub.channels import Channel
from notifyhub.events.triggers import split_source
from notifyhub.settings.fields import Country, Duration, Locale, MailAddress, Name, OneOrMore, PhoneNumber, trigger_name
from notifyhub.settings.section import Section

Strategy = Literal["failover", "weighted"]
OnUnknown = Literal["failover", "retry_invocation", "stop"]


class Route(Section):
    """Says which providers take a message.

    Each condition is a list of values, any of which will do; all conditions that are given must hold.

    Attributes:
        providers: the instances to try, in order.
        strategy: `failover` begins with the first; `weighted` with one drawn by `weights`, the others follow in order.
        weights: for `weighted`, how much of the traffic each of `providers` gets, in the same order; 0 only follows.
        triggers: short names of triggers, or names of own events.
        pools: ids of user pools.
        clients: ids of app clients.
        countries: where the phone number belongs, two letters of ISO 3166; needs the extra `countries`.
        locales: the first that the event asks for; `de` also takes `de-AT`.
        attributes: a user's attributes or an own event's fields, each with the value or values that will do.
    """

    channel: Channel
    providers: Annotated[tuple[Name, ...], Field(min_length=1)]
    strategy: Strategy = "failover"
    weights: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(validate_default=True)] = ()
    triggers: tuple[str, ...] = ()
    pools: tuple[Annotated[str, StringConstraints(pattern=r"^[\w-]+_[0-9A-Za-z]+$")], ...] = ()
    clients: tuple[Annotated[str, StringConstraints(pattern=r"^[\w+-]+$")], ...] = ()
    countries: tuple[Country, ...] = ()
    locales: tuple[Locale, ...] = ()
    attributes: dict[str, OneOrMore] = Field(default_factory=dict)

    @field_validator("weights")
    @classmethod
    def _beside_providers(cls, weights: tuple[int, ...], info: ValidationInfo) -> tuple[int, ...]:
        if not {"providers", "strategy"} <= info.data.keys():
            return weights  # what is wrong with those is reported already
        if info.data["strategy"] != "weighted":
            if weights:
                raise ValueError('is for strategy = "weighted" only')
            return weights
        names = info.data["providers"]
        if len(weights) != len(names):
            raise ValueError('strategy = "weighted" wants one whole number for each of `providers`, in the same order')
        if len(set(names)) != len(names):
            raise ValueError("name each of `providers` once, so that it has one weight")
        if not any(weights):
            raise ValueError("one at least must be above zero: nothing would be tried first")
        return weights

    @field_validator("triggers")
    @classmethod
    def _short_names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        """Refuses full sources: events name their trigger alone, so none would match."""
        if any(split_source(name) for name in names):
            raise ValueError("write the triggers' names alone, without CustomEmailSender_ or CustomSMSSender_")
        return tuple(map(trigger_name, names))

    @field_validator("countries")
    @classmethod
    def _of_numbers(cls, countries: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if countries and info.data.get("channel") == "email":
            raise PydanticCustomError("countries_of_email", "a country is told by a phone number")
        return countries


class TriggerTable(Section):
    """Overrides the defaults for the messages of one trigger.

    Attributes:
        lifetime: what the user is told; Cognito's default unless set.
        dead_after: when a message is of no use any more, counted from first sight; Cognito's maximum unless set.
        on_unknown: what follows when a provider may have accepted the message, or not.
    """

    lifetime: Duration | None = None
    dead_after: Duration | None = None
    on_unknown: OnUnknown = "failover"


class DeliverySettings(Section):
    """Limits the time that sending may take."""

    attempt_timeout_s: Annotated[float, Field(gt=0, le=60)] = 10.0
    reserve_ms: Annotated[int, Field(ge=0, le=60_000)] = 500
    """What is kept of a Lambda invocation for settling and for the reply."""
    lease_s: Annotated[float, Field(gt=0, lt=60)] = 45.0
    """How long a claim holds; below Lambda's first retry, which comes after about a minute."""
    cooldown_s: Annotated[float, Field(ge=0, le=3600)] = 60.0
    """How long a provider that proved unusable, or failed repeatedly, is tried last."""

    @property
    def work_s(self) -> float:
        """Seconds for the work on a claim: past its lease another owner may send the same message."""
        return 0.9 * self.lease_s

    def work_within_s(self, timeout_s: float) -> float:
        """Seconds for the work in a function with that time-out: what the reserve leaves, and `work_s` at the most."""
        return max(0.0, min(timeout_s - self.reserve_ms / 1000, self.work_s))


class Sandbox(Section):
    """Keeps messages from real people outside production.

    Attributes:
        redirect_email: where mail goes in place of its recipient.
        redirect_sms: where text messages go in place of theirs.
        allow: recipients that are neither redirected nor held back: addresses or numbers, `*` for any characters.
        dry_run: everything is done but the sending.
    """

    redirect_email: MailAddress | None = None
    redirect_sms: PhoneNumber | None = None
    allow: tuple[Annotated[str, StringConstraints(min_length=1)], ...] | None = None
    dry_run: bool = False

    @property
    def restricts(self) -> bool:
        """Whether some people get no messages; an empty `allow` allows nobody."""
        return self.allow is not None or self.redirect_email is not None or self.redirect_sms is not None
