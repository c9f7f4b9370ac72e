"""The tables that say where messages go, and what follows when that fails."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator

from notifyhub.events.triggers import split_source
from notifyhub.messages import Channel
from notifyhub.section import Section
from notifyhub.settings.kinds import Duration, Name, trigger_name

OnUnknown = Literal["failover", "retry_invocation", "stop"]


class Route(Section):
    """Which providers take a message, in order; without triggers the route takes all of its channel."""

    channel: Channel
    providers: Annotated[tuple[Name, ...], Field(min_length=1)]
    triggers: tuple[str, ...] = ()

    @field_validator("triggers")
    @classmethod
    def _short_names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        """As events name their trigger: a full source would match none of them."""
        if any(split_source(name) for name in names):
            raise ValueError("write the triggers' names alone, without CustomEmailSender_ or CustomSMSSender_")
        return tuple(map(trigger_name, names))


class TriggerTable(Section):
    """What differs for one trigger.

    Attributes:
        lifetime: what the user is told; Cognito's default unless set.
        dead_after: when a message is of no use any more, counted from first sight; Cognito's maximum unless set.
        on_unknown: what follows when a provider may have accepted the message, or not.
    """

    lifetime: Duration | None = None
    dead_after: Duration | None = None
    on_unknown: OnUnknown = "failover"


class Delivery(Section):
    """The time that sending may take."""

    attempt_timeout_s: Annotated[float, Field(gt=0, le=60)] = 10.0
    reserve_ms: Annotated[int, Field(ge=0, le=60_000)] = 500
    """What is kept of a Lambda invocation for settling and for the reply."""
    lease_s: Annotated[float, Field(gt=0, lt=60)] = 45.0
    """How long a claim holds; below Lambda's first retry, which comes after about a minute."""
    cooldown_s: Annotated[float, Field(ge=0, le=3600)] = 60.0
    """How long a provider that proved unusable, or failed repeatedly, is tried last."""

    @property
    def work_s(self) -> float:
        """Seconds for the work on a claim: past its lease somebody else may send the same message."""
        return 0.9 * self.lease_s


class Sandbox(Section):
    """Keeps messages from real people outside production.

    Attributes:
        redirect_email: where mail goes in place of its recipient.
        redirect_sms: where text messages go in place of theirs.
        allow: recipients that are neither redirected nor held back: addresses or numbers, `*` for any characters.
        dry_run: everything is done but the sending.
    """

    redirect_email: Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+$")] | None = None
    redirect_sms: Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{5,14}$")] | None = None
    allow: tuple[Annotated[str, StringConstraints(min_length=1)], ...] = ()
    dry_run: bool = False
