"""Until when a message is of use."""

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
    """Refuses messages that have expired: by each trigger's `dead_after`, else by the longest life that Cognito allows.

    Not the default life: a pool may allow more, and a code that is refused too early is lost.
    """

    configured: Mapping[str, timedelta]
    clock: Callable[[], datetime]

    def find_end(self, event: Event, channel: Channel, first_seen: datetime) -> datetime | None:
        """When the message expires, None where it never does; raises Undeliverable where that has passed."""
        life = self.configured.get(event.trigger, event.longest_life)
        if life is None:
            return None
        end = first_seen + life
        if self.clock() >= end:
            raise Undeliverable(
                "expired", f"{event.trigger} {channel}: first seen {first_seen:%Y-%m-%dT%H:%M:%SZ}, it expired"
            )
        return end
