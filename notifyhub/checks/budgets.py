"""What time each provider of a route would have, for `notifyhub check`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notifyhub.settings.model import Settings

SHORT_S = 2.0
"""A call that has less often ends before a vendor under load has answered."""


class Budgets(NamedTuple):
    """The times of one route, in seconds."""

    what: str
    share: float
    calls: dict[str, float]

    @property
    def short(self) -> bool:
        """Whether some provider has too little time for a call."""
        return min(self.calls.values()) < SHORT_S

    def __str__(self) -> str:
        calls = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in self.calls.items())
        return f"{self.share:.1f} s for each provider, retries included; for one call: {calls}"


def budgets_of(settings: Settings, timeout_s: float) -> Iterator[Budgets]:
    """Each route's budgets in a function with that time-out; none for a function that ends before it begins."""
    work_s = work_of(settings, timeout_s)
    for route in settings.routes:
        names = dict.fromkeys(route.providers)
        share = work_s / len(names)
        calls = {name: min(settings.timeout_s(name), share) for name in names}
        yield Budgets(f"{route.channel} by {', '.join(names)}", share, calls)


def work_of(settings: Settings, timeout_s: float) -> float:
    """Seconds for the work on one message: what the reserve leaves, and no more than the lease allows."""
    return max(0.0, min(timeout_s - settings.delivery.reserve_ms / 1000, settings.delivery.work_s))
