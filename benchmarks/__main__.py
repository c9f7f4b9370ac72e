"""Measures notifyhub against a handler written by hand, and prints ratios: `python -m benchmarks`, or `make bench`.

What it compares, and why so:

- Both handlers run in fresh processes, from a folder that holds what a Lambda bundle holds (`bundle.py`). Each pair is
  two cold starts, one after the other, then warm events in small batches by turns, and has a ratio of its own: a
  machine that changes its speed in the meantime does not count.
- KMS is moto's server and SendGrid a loopback server, in one more process, so that their CPU is not counted. Each mail
  must arrive and show its code, else the run fails.
- Cold start is wall clock, from the parent's call that starts the process to the first mail accepted. Lambda's own
  start, the same for both, is not in it. INIT is the part until the handler is imported.
- Nothing here decides whether a build passes: what a machine that does other things measures is no verdict. The set of
  modules loaded after the first mail is (`laboratory.loaded_modules`).
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.engine import engine_figure
from benchmarks.figures import Figure, PackageCost, handler_figures, only_notifyhub_loads, own_event_figure
from benchmarks.laboratory import BARE_POST, NOTIFYHUB, OWN_EVENT, REFERENCE, Laboratory, Subject, Warm, laboratory
from benchmarks.report import lines_of

if TYPE_CHECKING:
    from benchmarks.handler_process import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured."""

    pairs: int
    own_event_pairs: int
    engine_processes: int
    import_runs: int
    warm: Warm


FULL = Size(
    pairs=12, own_event_pairs=6, engine_processes=6, import_runs=3, warm=Warm(uncounted=20, batches=22, batch=10)
)
QUICK = Size(pairs=1, own_event_pairs=1, engine_processes=1, import_runs=1, warm=Warm(uncounted=2, batches=2, batch=3))


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """Everything that was measured."""

    handlers: list[Figure]
    own_event: Figure
    engine: Figure
    packages: list[PackageCost]
    delivered: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        figures = {figure.name.strip(): figure.as_json() for figure in self.handlers}
        return {
            "handlers": figures,
            "own_event": self.own_event.as_json(),
            "engine": self.engine.as_json(),
            "only_notifyhub_loads": [asdict(package) for package in self.packages],
            "delivered": self.delivered,
        }


def measure(size: Size) -> Results:
    """Runs everything."""
    with laboratory(events=size.warm.events) as lab:
        _compile_bytecode(lab)
        handlers = handler_figures(*_in_turns(lab, REFERENCE, NOTIFYHUB, size.pairs, size.warm))
        own_event = own_event_figure(*_in_turns(lab, BARE_POST, OWN_EVENT, size.own_event_pairs, size.warm))
        profiles = [
            (lab.cold(REFERENCE, import_times=True), lab.cold(NOTIFYHUB, import_times=True))
            for _ in range(size.import_runs)
        ]
        return Results(
            handlers=handlers,
            own_event=own_event,
            engine=engine_figure(processes=size.engine_processes, batches=8, batch=200),
            packages=only_notifyhub_loads(profiles),
            delivered=lab.delivered,
        )


def _compile_bytecode(lab: Laboratory) -> None:
    """The first import of a module writes its bytecode, which a bundle brings along."""
    lab.keep_payload()
    for subject in (REFERENCE, NOTIFYHUB, BARE_POST):
        lab.cold(subject)


def _in_turns(lab: Laboratory, first: Subject, second: Subject, pairs: int, warm: Warm) -> tuple[list[Run], list[Run]]:
    """The runs of each; every other pair starts with the second, so that neither has the better place."""
    runs = [lab.pair(second, first, warm) if n % 2 else lab.pair(first, second, warm) for n in range(pairs)]
    return [run[first] for run in runs], [run[second] for run in runs]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pairs", type=int, help=f"pairs of processes; {FULL.pairs} by default")
    parser.add_argument("--quick", action="store_true", help="a few seconds, to see that it works; measures nothing")
    parser.add_argument("--json", type=Path, metavar="FILE", help="writes every figure to this file")
    options = parser.parse_args()
    size = QUICK if options.quick else FULL
    if options.pairs:
        size = replace(size, pairs=options.pairs)
    results = measure(size)
    for line in lines_of(
        results.handlers, results.own_event, results.engine, packages=results.packages, delivered=results.delivered
    ):
        print(line)
    if options.json:
        options.json.write_text(json.dumps(results.as_json(), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
