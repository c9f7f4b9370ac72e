"""When a message is of no use any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from notifyhub.errors import Undeliverable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime, timedelta

    from notifyhub.channels import Channel
    from notifyhub.events.base import Event


@dataclass(frozen=True, slots=True)
class Expiry:
    """Refuses what is dead; `configured` holds each trigger's `dead_after`, else the longest life of Cognito counts.

    Not the default life: a pool may allow more, and a code that is refused too early is lost.
    """

    configured: Mapping[str, timedelta]
    clock: Callable[[], datetime]

    def end_of(self, event: Event, channel: Channel, first_seen: datetime) -> datetime | None:
        """When it dies, None where it never does; raises Undeliverable where that has passed."""
        life = self.configured.get(event.trigger, event.longest_life)
        if life is None:
            return None
        end = first_seen + life
        if self.clock() >= end:
            raise Undeliverable(
                "expired", f"{event.trigger} {channel}: first seen {first_seen:%Y-%m-%dT%H:%M:%SZ}, it expired"
            )
        return end
