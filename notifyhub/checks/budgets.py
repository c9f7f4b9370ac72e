"""How much time each provider of a route has for a call, in a function with a given time-out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from notifyhub.checks.finding import Finding

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


def find_budget_problems(settings: Settings, timeout_s: float) -> Iterator[Finding]:
    """Says how much time each provider has, and warns where that is short."""
    if settings.delivery.work_within_s(timeout_s) == 0:
        text = f"takes all of a time-out of {timeout_s:g} s, so that nothing could be sent; lower it"
        yield Finding("error", "delivery.reserve_ms", text)
        return
    for budgets in compute_budgets(settings, timeout_s):
        hint = "; a longer time-out or fewer providers would give them more" if budgets.short else ""
        text = f"of a time-out of {timeout_s:g} s, {budgets}{hint}"
        yield Finding("warning" if budgets.short else "ok", f"time for {budgets.what}", text)


def compute_budgets(settings: Settings, timeout_s: float) -> Iterator[Budgets]:
    """Each route's budgets in a function with that time-out; none for a function that ends before it begins."""
    work_s = settings.delivery.work_within_s(timeout_s)
    for route in settings.routes:
        names = dict.fromkeys(route.providers)
        share = work_s / len(names)
        calls = {name: min(settings.timeout_s(name), share) for name in names}
        yield Budgets(f"{route.channel} by {', '.join(names)}", share, calls)
