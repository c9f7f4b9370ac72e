"""What came of a run, and whether that is as promised."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from benchmarks.chaos.conditions import PRIMARY, SECONDARY, TWILIO_ONLY, Conditions, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.chaos.history import History
    from benchmarks.chaos.vendors import Record

LEDGER_OPERATIONS = 2
"""Of one event at least: a claim and what ends it."""
LEDGER_OWN_SHARE = 0.01
"""Of the events: failures that nobody made. A slow machine takes too long for an operation now and then."""


@dataclass(frozen=True, kw_only=True)
class Tally:
    """One run: what Lambda saw beside what the vendors saw."""

    events: int
    conditions: Conditions
    history: History
    record: Record

    @cached_property
    def accepted(self) -> dict[int, list[float]]:
        """By event, the moments at which a vendor accepted its message."""
        moments: defaultdict[int, list[float]] = defaultdict(list)
        for number, at in self.record.accepted:
            moments[number].append(at)
        return dict(moments)

    @property
    def lost(self) -> int:
        """Events whose message no vendor ever accepted, after three tries and one more."""
        return self.events - len(self.accepted)

    @cached_property
    def duplicates(self) -> Counter[str]:
        """Messages beyond the first of their event, by what they come from."""
        causes: Counter[str] = Counter()
        for number, moments in self.accepted.items():
            causes.update(self._causes(number, len(moments) - 1))
        return causes

    @property
    def unexplained(self) -> int:
        """Duplicates that nothing in their event's own history explains."""
        return self.duplicates[UNEXPLAINED]

    @property
    def bound(self) -> int:
        """How many duplicates there may be: each doubt, each kill, each failure of the ledger is good for one."""
        return sum(self.known_causes().values())

    def known_causes(self) -> dict[str, int]:
        """What a duplicate may come from, over all events."""
        history = self.history
        counters = (history.unknown, history.killed, history.ledger)
        return {name: counter.total() for name, counter in zip(CAUSES, counters, strict=True)}

    def wait_ms(self, share: float, *, killed: bool = True) -> float:
        """From hand-out to first acceptance: what so large a share of the events does not exceed; 0.5 is the median.

        `killed` counts the events too whose worker was killed, most of which wait for Lambda to try again.
        """
        started = self.history.handed_out
        events = [number for number in self.accepted if killed or not self.history.killed[number]]
        waits = sorted((min(self.accepted[number]) - started[number]) * 1000 for number in events)
        return waits[min(len(waits) - 1, int(share * len(waits)))] if waits else float("nan")

    def injected(self, vendor: str, fault: Fault) -> int:
        """How often that vendor failed in that way."""
        return self.record.faults[vendor, fault] + self.history.injected[vendor, fault]

    @property
    def ledger_injected(self) -> int:
        """How often the ledger was made to fail."""
        return sum(times for (where, _), times in self.history.injected.items() if where == "ledger")

    def calls(self, vendor: str) -> int:
        """Calls of a vendor: the requests that came, and the connections that failed before."""
        refused = self.injected(vendor, Fault.REFUSED_CONNECTION)
        return self.record.requests[vendor] + refused

    def failed(self, vendor: str) -> int:
        """Failures of that vendor of any kind."""
        return sum(self.injected(vendor, fault) for fault in Fault)

    def problems(self) -> list[str]:
        """What is not as promised; nothing, if all is well."""
        return [*self._broken_promises(), *self._missing_failures()]

    def _causes(self, number: int, extra: int) -> Iterator[str]:
        """As many causes as there are messages too many, from the event's own history."""
        history = self.history
        known = (history.unknown[number], history.killed[number], history.ledger[number])
        found = [name for name, times in zip(CAUSES, known, strict=True) for _ in range(times)]
        yield from (found + [UNEXPLAINED] * extra)[:extra]

    def _broken_promises(self) -> Iterator[str]:
        if self.lost:
            yield f"{self.lost} events are lost"
        if self.unexplained:
            yield f"{self.unexplained} duplicates are explained by nothing"
        if self.duplicates.total() > self.bound:
            yield f"{self.duplicates.total()} duplicates exceed the bound of {self.bound}"
        if self.record.wrong:
            yield f"{self.record.wrong} messages do not show their user's code"
        own = self.history.ledger.total() - self.ledger_injected
        if own > LEDGER_OWN_SHARE * self.events:
            yield f"the ledger failed {own} times by itself"

    def _missing_failures(self) -> Iterator[str]:
        """A check that injects nothing finds nothing."""
        for what, found, expected in self._expectations():
            if found < expected / 3 - 2:
                yield f"{what}: {found} were injected, about {expected:.0f} are expected"
        killed = sum(in_mid_send > 0 for in_mid_send, _ in self.history.kills)
        if killed < self.conditions.kills / 2:
            yield f"{killed} of {self.conditions.kills} workers were killed in mid-send"

    def _expectations(self) -> Iterator[tuple[str, int, float]]:
        conditions = self.conditions
        for fault in Fault:
            channels = 0.5 if fault in TWILIO_ONLY else 1.0
            expected = self.events * conditions.primary * channels / len(Fault)
            yield f"{fault} of the primary", self.injected(PRIMARY, fault), expected
        yield "failures of the secondary", self.failed(SECONDARY), self.calls(SECONDARY) * conditions.secondary
        yield "failures of the ledger", self.ledger_injected, self.events * LEDGER_OPERATIONS * conditions.ledger
        yield "kills", len(self.history.kills), conditions.kills


CAUSES = ("outcome unknown", "killed in mid-send", "ledger failed")
UNEXPLAINED = "unexplained"
