"""Both runs as a table to read."""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING

from benchmarks.chaos.conditions import COMPRESSION, FUNCTION_TIMEOUT_S, PRIMARY, SECONDARY, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.chaos.tally import Tally

_TIMEOUT = f"of the {FUNCTION_TIMEOUT_S:.0f} that the function has"


def lines_of(healthy: Tally, chaos: Tally) -> Iterator[str]:
    """The whole report, line by line."""
    yield (
        f"Python {platform.python_version()}, {os.cpu_count()} CPUs, seed {chaos.conditions.seed}; "
        f"{chaos.events} Cognito events, Lambda's times divided by {COMPRESSION}"
    )
    yield ""
    yield _row("", "healthy", "chaos")
    yield from _outcomes(healthy, chaos)
    yield ""
    yield from _waits(healthy, chaos)
    yield ""
    yield from _injected(chaos)


def _outcomes(healthy: Tally, chaos: Tally) -> Iterator[str]:
    yield _row("events", healthy.events, chaos.events)
    yield _row("delivered", len(healthy.accepted), len(chaos.accepted))
    yield _row("lost", healthy.lost, chaos.lost, "must be 0")
    yield _row("  parked after three tries, sent again", len(healthy.history.parked), len(chaos.history.parked))
    bounds = f"must not exceed {healthy.bound} and {chaos.bound}"
    yield _row("duplicates", healthy.duplicates.total(), chaos.duplicates.total(), bounds)
    for cause, times in chaos.known_causes().items():
        yield _row(f"  {cause}", healthy.duplicates[cause], chaos.duplicates[cause], f"which came {times} times")
    yield _row("  unexplained", healthy.unexplained, chaos.unexplained, "must be 0")


def _waits(healthy: Tally, chaos: Tally) -> Iterator[str]:
    yield "ms from the hand-out of an event to the first acceptance of its message"
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        for scope, killed in (("", True), (", events that no kill met", False)):
            before, now = healthy.wait_ms(share), chaos.wait_ms(share, killed=killed)
            yield _row(f"  {name}{scope}", f"{before:.0f}", f"{now:.0f}", f"{now / before:.2f} times")
    histories = (healthy.history, chaos.history)
    before_s, now_s = (f"{history.longest_s:.1f}" for history in histories)
    yield _row("longest invocation, s", before_s, now_s, _TIMEOUT)
    yield _row("the whole run, s", *(f"{history.seconds:.1f}" for history in histories))


def _injected(chaos: Tally) -> Iterator[str]:
    yield _row("failures injected", PRIMARY, SECONDARY)
    for fault in Fault:
        yield _row(f"  {fault}", chaos.injected(PRIMARY, fault), chaos.injected(SECONDARY, fault))
    shares = [f"{chaos.failed(vendor) / max(1, chaos.calls(vendor)):.1%}" for vendor in (PRIMARY, SECONDARY)]
    yield _row("  of all calls", *shares)
    kills = chaos.history.kills
    hit = sum(in_mid_send > 0 for in_mid_send, _ in kills)
    interrupted = chaos.history.killed.total()
    yield f"  SIGKILL: {len(kills)} workers, {hit} of them in mid-send, and {interrupted} invocations with them"
    ledger = {what: times for (where, what), times in sorted(chaos.history.injected.items()) if where == "ledger"}
    yield "  ledger: " + (", ".join(f"{what} {times}" for what, times in ledger.items()) or "none")
    ends = {error or "returned": times for error, times in chaos.history.ends.most_common()}
    yield "  invocations: " + ", ".join(f"{error} {times}" for error, times in ends.items())


def _row(name: str, left: float | str, right: float | str, remark: str = "") -> str:
    return f"{name:<40} {left:>12} {right:>12}   {remark}".rstrip()
