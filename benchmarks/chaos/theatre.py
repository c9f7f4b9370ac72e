"""Where a run takes place: the vendors, the workers, a fresh ledger."""

from __future__ import annotations

import base64
import contextlib
import mmap
import socket
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.chaos import vendors
from benchmarks.chaos.conditions import PRIMARY, SECONDARY, SLOW_S, Conditions
from benchmarks.chaos.fleet import Fleet
from benchmarks.chaos.lambda_service import LambdaService
from benchmarks.chaos.tally import Tally
from benchmarks.chaos.worker import Setup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkServerContext

WORKERS = 5
CONTAINERS = 4
"""Threads of one worker, each in the place of a container."""
LATE_S = 2 * SLOW_S
"""After which no call that was given up can still be accepted."""
_MEMORY = Path("/dev/shm")
"""Where there is one, ledgers are kept in it: a disk's speed is not what is to be seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Theatre:
    """Runs the same events under various conditions.

    Attributes:
        progress: called with the run's name, how many events are dealt with, and how many there are.
    """

    context: ForkServerContext
    events: Sequence[str]
    key: bytes
    progress: Callable[[str, int, int], None]

    def run(self, name: str, conditions: Conditions) -> Tally:
        """One run, whose processes end with it."""
        with contextlib.ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None)))
            flags = stack.enter_context(_flags(folder / "in_mid_send", len(self.events)))
            vendor = stack.enter_context(self._vendors(conditions, folder / "in_mid_send"))
            ports = vendor.recv()
            refusing_port = stack.enter_context(_refusing_port())
            setup = self._setup(conditions, folder / "ledger.sqlite", ports, refusing_port)
            fleet = stack.enter_context(Fleet(self.context, setup, WORKERS))
            service = LambdaService(
                fleet=fleet,
                events=self.events,
                conditions=conditions,
                in_mid_send=lambda number: flags[number] > 0,
                progress=lambda done, of: self.progress(name, done, of),
            )
            history = service.run()
            time.sleep(LATE_S)
            vendor.send("the record")
            return Tally(events=len(self.events), conditions=conditions, history=history, record=vendor.recv())

    @contextlib.contextmanager
    def _vendors(self, conditions: Conditions, flags: Path) -> Iterator[Connection]:
        ours, theirs = self.context.Pipe()
        process = self.context.Process(target=vendors.serve, args=(theirs, conditions, flags), daemon=True)
        process.start()
        theirs.close()
        try:
            yield ours
        finally:
            ours.close()
            process.kill()
            process.join()

    def _setup(self, conditions: Conditions, ledger: Path, ports: Sequence[int], refusing_port: int) -> Setup:
        mail, backup = (f"http://127.0.0.1:{port}" for port in ports)
        return Setup(
            conditions=conditions,
            environment={
                "NOTIFYHUB__DECRYPTION__LOCAL_KEY": base64.b64encode(self.key).decode(),
                "NOTIFYHUB__PROVIDERS__MAIL__BASE_URL": mail,
                "NOTIFYHUB__PROVIDERS__MAIL_BACKUP__BASE_URL": backup,
                "NOTIFYHUB__PROVIDERS__TEXT__BASE_URL": mail,
                "NOTIFYHUB__PROVIDERS__TEXT_BACKUP__BASE_URL": backup,
            },
            ledger=ledger,
            vendors=dict(zip(ports, (PRIMARY, SECONDARY), strict=True)),
            refusing_port=refusing_port,
            containers=CONTAINERS,
        )


@contextlib.contextmanager
def _flags(file: Path, events: int) -> Iterator[mmap.mmap]:
    """A byte for each event, which the vendors count up while they work on its message."""
    file.write_bytes(bytes(events))
    with file.open("r+b") as opened, contextlib.closing(mmap.mmap(opened.fileno(), 0)) as flags:
        yield flags


@contextlib.contextmanager
def _refusing_port() -> Iterator[int]:
    """A port that is taken, so that nobody else comes to listen on it, and refuses."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]
