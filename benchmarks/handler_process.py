"""One fresh process with one handler in it, in the parent's hands."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SUBJECTS = Path(__file__).parent / "subjects"
_IMPORT_TIMES = ("-X", "importtime")
_METRICS = '{"_aws":'  # what a function writes for CloudWatch, on the output that it reports on


@dataclass(slots=True, kw_only=True)
class Run:
    """What one process reported: wall clock, CPU of the cold start, peak memory, and the modules after its first mail.

    Attributes:
        warm_cpu_ms: CPU of each batch of warm events that was asked for.
        imports: own import time of each module in milliseconds, if that was asked for.
    """

    init_ms: float
    first_ms: float
    cold_ms: float
    cold_cpu_ms: float
    modules: list[str]
    peak_mib: float = 0.0
    events: int = 1
    warm_cpu_ms: list[float] = field(default_factory=list)
    imports: dict[str, float] = field(default_factory=dict)


class HandlerProcess:
    """A process that delivered its first mail and waits for more events; use `started()`."""

    def __init__(self, process: subprocess.Popen[str], errors: IO[str]) -> None:
        self._process = process
        self._errors = errors
        self.run = Run(**self._line())

    @classmethod
    @contextlib.contextmanager
    def started(
        cls, module: str, events: Path, *, environment: Mapping[str, str], import_times: bool = False
    ) -> Iterator[HandlerProcess]:
        """Starts it; its run is complete when the with block is left."""
        # -S: no site-packages, so that nothing but the bundle can be imported or scanned.
        options = ["-S", *(_IMPORT_TIMES if import_times else ())]
        command = [sys.executable, *options, str(SUBJECTS / "run_handler.py"), module, str(events)]
        with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
            process = _popen(command, environment, errors, folder=events.parent)
            with process:
                handler_process = cls(process, errors)
                yield handler_process
                handler_process.finish(import_times=import_times)

    def warm(self, count: int) -> float:
        """CPU milliseconds of so many more events."""
        assert self._process.stdin
        self._process.stdin.write(f"{count}\n")
        self._process.stdin.flush()
        self.run.events += count
        return float(self._line())

    def finish(self, *, import_times: bool) -> None:
        """Ends the process and takes its last figures."""
        assert self._process.stdin
        self._process.stdin.close()
        self.run.peak_mib = self._line()
        if import_times:
            self._errors.seek(0)
            self.run.imports = _import_times(self._errors.read())

    def _line(self) -> Any:
        assert self._process.stdout
        for line in iter(self._process.stdout.readline, ""):
            if not line.startswith(_METRICS):
                return json.loads(line)
        self._errors.seek(0)
        raise RuntimeError(f"the handler failed:\n{self._errors.read()}")


def _popen(
    command: Sequence[str], environment: Mapping[str, str], errors: IO[str], *, folder: Path
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        env={**environment, "STARTED": repr(time.monotonic())},
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
    )


def _import_times(stderr: str) -> dict[str, float]:
    """Own time of each module in milliseconds, from lines like `import time: own [us] | cumulative | name`."""
    fields = (line.removeprefix("import time:").split("|") for line in stderr.splitlines() if line.count("|") == 2)
    return {name.strip(): int(own) / 1000 for own, _, name in fields if own.strip().isdecimal()}
