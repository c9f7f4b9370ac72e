"""Sends thousands of events through workers that are killed and vendors that fail, and counts: `make chaos`.

What it does, and why so:

- The events are Cognito's, of every source that carries a code, and go down the real path: the Encryption SDK under a
  local key, a `notifyhub.toml`, the handler that Lambda would call, SendGrid and Twilio over HTTP, each as primary and
  as secondary, and a ledger in a file that all workers share.
- The same events run twice, first with healthy vendors. Then the primaries fail in 30 % of their calls, in a dozen
  ways, the secondaries in 5 %, the ledger in 1 %, half of that after it did what it was asked to; some events come
  twice; and workers are killed with SIGKILL, most of them while a vendor works on a message of theirs.
- A worker is a process, each of its threads a container with one event at a time. What fails is tried again as Lambda
  does it, twice and after the same waits, then parked, and sent in once more at the end. Waits, lease and time-outs are
  all divided by 20 (`conditions.py`).
- Lost is an event whose message no vendor accepted after all that. A duplicate must be explained by the history of its
  own event: an attempt whose outcome is unknown, an invocation that was killed, a ledger that failed; each is good for
  one. The run fails on anything else, and also when fewer failures came about than were meant to: what was never tried
  proves nothing. `--without` breaks it on purpose.
- At most as many events are on their way as there are containers; on a slow machine all times, those of the healthy run
  too, are longer by the queue for the CPU.
- Which call fails in which way is drawn from the seed and the event. When workers are killed is not quite: it depends
  on when messages are in mid-send.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from benchmarks.chaos import worker
from benchmarks.chaos.conditions import Conditions
from benchmarks.chaos.events import forge_events
from benchmarks.chaos.report import lines_of
from benchmarks.chaos.theatre import Theatre

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext

LIMIT_S = 115
"""The limit of both runs together, so that they are over within two minutes."""
EVENTS = 5000
QUICK_EVENTS = 240
EVENTS_PER_KILL = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of the command line."""

    events: int
    seed: int
    without: str | None

    @property
    def conditions(self) -> Conditions:
        """The conditions of the chaotic run."""
        return Conditions(
            seed=self.seed,
            primary=0.3,
            secondary=0.05,
            ledger=0.01,
            copies=0.05,
            kills=max(4, self.events // EVENTS_PER_KILL),
            redelivery=self.without != "redelivery",
            memory=self.without != "ledger",
        )


class OutOfTimeError(Exception):
    """The run did not end in its time."""


def main() -> int:
    """The command line; 0 if all is as promised, 1 if not."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # else nobody would clean up
    signal.signal(signal.SIGALRM, _out_of_time)
    signal.alarm(LIMIT_S)
    try:
        problems = _problems(options)
    except OutOfTimeError:
        problems = [f"it did not end within {LIMIT_S} s"]
    for problem in problems:
        print(f"FAILED: {problem}")
    return 1 if problems else 0


def _problems(options: Options) -> list[str]:
    key = os.urandom(32)
    context = _context()
    _progress("forging events", 0, options.events)
    executor = ProcessPoolExecutor(2, mp_context=context)
    try:
        events = forge_events(options.events, seed=options.seed, key=key, executor=executor)
    finally:
        executor.shutdown(cancel_futures=True)
    theatre = Theatre(context=context, events=events, key=key, progress=_progress)
    healthy = theatre.run("healthy", Conditions(seed=options.seed))
    chaos = theatre.run("chaos", options.conditions)
    _progress("", 0, 0)
    for line in lines_of(healthy, chaos):
        print(line)
    return [
        f"{name}: {problem}" for name, run in (("healthy", healthy), ("chaos", chaos)) for problem in run.problems()
    ]


def _out_of_time(*_: object) -> NoReturn:
    raise OutOfTimeError


def _context() -> ForkServerContext:
    """Processes are forked from one that has the modules already: a killed worker is soon replaced."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*worker.BEFOREHAND, "benchmarks.chaos.vendors"])
    return context


def _progress(name: str, done: int, of: int) -> None:
    """One line that is written over, where somebody looks on."""
    if sys.stderr.isatty() and (done % 50 == 0 or done == of):
        print(f"\r{name} {done}/{of}" if of else "\r\033[K", end="", file=sys.stderr, flush=True)


def _options() -> Options:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--events", type=int, help=f"how many; {EVENTS} by default")
    parser.add_argument("--seed", type=int, default=1, help="what fails, and how; 1 by default")
    parser.add_argument("--quick", action="store_true", help="some seconds, to see that it works")
    parser.add_argument(
        "--without", choices=("ledger", "redelivery"), help="leaves it out, to see that the check fails"
    )
    given = parser.parse_args()
    events = given.events or (QUICK_EVENTS if given.quick else EVENTS)
    return Options(events=events, seed=given.seed, without=given.without)


if __name__ == "__main__":
    sys.exit(main())
