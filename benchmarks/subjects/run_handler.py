"""One fresh process, as a Lambda function is: imports a handler, gives it events, prints as JSON what that cost.

`python run_handler.py MODULE EVENTS` gives the handler the first event and prints the cold start's figures. Then each
line on standard input is a number of further events, answered with their CPU; at its end follows the peak of memory.
It imports nothing before the handler that a handler would not import itself.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Handler = Callable[[Any, "Context"], object]


class Context:
    """The part of the Lambda context object that handlers use."""

    def __init__(self, number: int) -> None:
        self.aws_request_id = f"request-{number}"

    def get_remaining_time_in_millis(self) -> int:
        """As at the start of an invocation of a function with a time-out of 30 seconds."""
        return 30_000


def main(module: str, events_file: str) -> None:
    """Runs the process's one measurement."""
    started = float(os.environ["STARTED"])  # by the parent, on the same system-wide clock
    with Path(events_file).open(encoding="utf-8") as lines:
        event = json.loads(next(lines))
        handler: Handler = importlib.import_module(module).handler
        imported = time.monotonic()
        handler(event, Context(0))
        accepted = time.monotonic()
        report = {
            "init_ms": (imported - started) * 1000,
            "first_ms": (accepted - imported) * 1000,
            "cold_ms": (accepted - started) * 1000,
            "cold_cpu_ms": time.process_time() * 1000,
            "modules": sorted(name for name, loaded in sys.modules.items() if loaded is not None),
        }
        print(json.dumps(report), flush=True)
        events = enumerate(map(json.loads, lines), start=1)
        for count in sys.stdin:
            print(json.dumps(sum(_cpu(handler, events) for _ in range(int(count)))), flush=True)
    print(json.dumps(_peak_mib()))


def _cpu(handler: Handler, events: Iterator[tuple[int, Any]]) -> float:
    """CPU milliseconds of the whole process, its other threads included, for the next event."""
    number, event = next(events)
    context = Context(number)
    began = time.process_time()
    handler(event, context)
    return (time.process_time() - began) * 1000


def _peak_mib() -> float:
    """The high-water mark of resident memory.

    From /proc where there is one: `ru_maxrss` of a fresh process starts at the peak of the parent that it was forked
    from.
    """
    status = Path("/proc/self/status")
    if status.exists():
        mark = status.read_text(encoding="utf-8").partition("VmHWM:")[2]
        return int(mark.split()[0]) / 1024
    import resource

    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
