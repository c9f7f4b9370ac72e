"""Both runs as a table to read."""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING

from benchmarks.chaos.conditions import COMPRESSION, PRIMARY, SECONDARY, Fault
from benchmarks.chaos.tally import CAUSES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.chaos.tally import Tally

_ROW = "{:<40} {:>12} {:>12}   {}"


def lines_of(healthy: Tally, chaos: Tally) -> Iterator[str]:
    """The whole report, line by line."""
    yield (
        f"Python {platform.python_version()}, {os.cpu_count()} CPUs, seed {chaos.conditions.seed}; "
        f"{chaos.events} Cognito events, Lambda's times divided by {COMPRESSION}"
    )
    yield ""
    yield _ROW.format("", "healthy", "chaos", "").rstrip()
    yield from _outcomes(healthy, chaos)
    yield ""
    yield from _waits(healthy, chaos)
    yield ""
    yield from _injected(chaos)


def _outcomes(healthy: Tally, chaos: Tally) -> Iterator[str]:
    def row(name: str, of_healthy: float, of_chaos: float, remark: str = "") -> str:
        return _ROW.format(name, of_healthy, of_chaos, remark).rstrip()

    yield row("events", healthy.events, chaos.events)
    yield row("delivered", len(healthy.accepted), len(chaos.accepted))
    yield row("lost", healthy.lost, chaos.lost, "must be 0")
    yield row("  parked after three tries, sent again", len(healthy.history.parked), len(chaos.history.parked))
    duplicates = [tally.duplicates.total() for tally in (healthy, chaos)]
    yield row("duplicates", *duplicates, f"must not exceed {healthy.bound} and {chaos.bound}")
    for cause in CAUSES:
        times = chaos.known_causes()[cause]
        yield row(f"  {cause}", healthy.duplicates[cause], chaos.duplicates[cause], f"which came {times} times")
    yield row("  unexplained", healthy.unexplained, chaos.unexplained, "must be 0")


def _waits(healthy: Tally, chaos: Tally) -> Iterator[str]:
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        before, now = healthy.wait_ms(share), chaos.wait_ms(share)
        name = f"to the first accepted message, {name}, ms"
        yield _ROW.format(name, f"{before:.0f}", f"{now:.0f}", f"{now / before:.2f} times")
    yield _ROW.format("the whole run, s", f"{healthy.history.seconds:.1f}", f"{chaos.history.seconds:.1f}", "").rstrip()


def _injected(chaos: Tally) -> Iterator[str]:
    yield _ROW.format("failures injected", PRIMARY, SECONDARY, "").rstrip()
    for fault in Fault:
        yield _ROW.format(f"  {fault}", chaos.injected(PRIMARY, fault), chaos.injected(SECONDARY, fault), "").rstrip()
    shares = [f"{chaos.failed(vendor) / max(1, chaos.calls(vendor)):.1%}" for vendor in (PRIMARY, SECONDARY)]
    yield _ROW.format("  of all calls", *shares, "").rstrip()
    kills = chaos.history.kills
    hit = sum(in_mid_send > 0 for in_mid_send, _ in kills)
    yield f"  SIGKILL: {len(kills)} workers, {hit} of them in mid-send, {chaos.history.killed.total()} invocations with them"
    ledger = {what: times for (where, what), times in sorted(chaos.history.injected.items()) if where == "ledger"}
    yield "  ledger: " + (", ".join(f"{what} {times}" for what, times in ledger.items()) or "none")
    ends = {error or "returned": times for error, times in chaos.history.ends.most_common()}
    yield "  invocations: " + ", ".join(f"{error} {times}" for error, times in ends.items())
