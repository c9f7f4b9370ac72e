"""Figures of both sides, pair by pair, and what they say."""

from __future__ import annotations

import statistics
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.handler_process import Run

COLD_CPU = "  its CPU, ms"


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and extremes."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """The spread of at least one value."""
        return cls(statistics.median(values), min(values), max(values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What the comparison should not exceed."""

    limit: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One quantity, measured in pairs; `compare` makes a ratio or a difference of each pair."""

    name: str
    reference: list[float]
    notifyhub: list[float]
    as_difference: bool = False
    aim: Aim | None = None

    @property
    def compared(self) -> list[float]:
        """Per pair, so that a machine that grows slower in the meantime does not count."""
        pairs = zip(self.reference, self.notifyhub, strict=True)
        return [ours - theirs if self.as_difference else ours / theirs for theirs, ours in pairs]

    @property
    def reached(self) -> bool | None:
        """Whether the median of the pairs keeps to the aim; None without one."""
        return None if self.aim is None else statistics.median(self.compared) <= self.aim.limit

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "reference": self.reference,
            "notifyhub": self.notifyhub,
            "difference" if self.as_difference else "ratio": self.compared,
            "aim": self.aim.text if self.aim else None,
            "reached": self.reached,
        }


def handler_figures(reference: Sequence[Run], notifyhub: Sequence[Run]) -> list[Figure]:
    """The handler written by hand against notifyhub's."""

    def figure(name: str, of: Callable[[Run], float], aim: Aim | None = None, *, as_difference: bool = False) -> Figure:
        ours, theirs = list(map(of, notifyhub)), list(map(of, reference))
        return Figure(name=name, reference=theirs, notifyhub=ours, aim=aim, as_difference=as_difference)

    return [
        figure("cold start, ms", lambda run: run.cold_ms, Aim(limit=1.30, text="<= 1.30")),
        figure("  INIT, ms", lambda run: run.init_ms),
        figure("  first event, ms", lambda run: run.first_ms),
        figure(COLD_CPU, lambda run: run.cold_cpu_ms),
        figure(
            "CPU per warm event, ms", lambda run: statistics.fmean(run.warm_cpu_ms), Aim(limit=1.10, text="<= 1.10")
        ),
        figure("peak memory, MiB", lambda run: run.peak_mib, Aim(limit=12.0, text="<= +12 MiB"), as_difference=True),
    ]


def own_event_figure(bare_post: Sequence[Run], own_event: Sequence[Run]) -> Figure:
    """A bare pooled post against a NotificationEvent that makes the same request."""
    return Figure(
        name="CPU per event, ms",
        reference=[statistics.fmean(run.warm_cpu_ms) for run in bare_post],
        notifyhub=[statistics.fmean(run.warm_cpu_ms) for run in own_event],
        aim=Aim(limit=2.0, text="<= 2.00"),
    )


@dataclass(frozen=True, slots=True)
class PackageCost:
    """What importing a package's modules takes that only notifyhub loads."""

    package: str
    modules: int
    import_ms: float


def only_notifyhub_loads(profiles: Sequence[tuple[Run, Run]]) -> list[PackageCost]:
    """By top-level package, the dearest first; per module the median of the runs, which come in pairs."""
    known = {module for run, _ in profiles for module in (*run.imports, *run.modules)}
    notifyhub = [run for _, run in profiles]
    costs: defaultdict[str, list[float]] = defaultdict(list)
    for module in {module for run in notifyhub for module in run.imports} - known:
        own = statistics.median(run.imports.get(module, 0.0) for run in notifyhub)
        costs[module.partition(".")[0]].append(own)
    packages = [PackageCost(package, len(times), sum(times)) for package, times in costs.items()]
    return sorted(packages, key=lambda cost: cost.import_ms, reverse=True)
