"""The worker processes, as the simulated Lambda starts, feeds and kills them."""

from __future__ import annotations

import contextlib
import multiprocessing.connection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from benchmarks.chaos.worker import Fact, Job, Setup, work

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.context import ForkServerContext


class Worker:
    """A worker process and its jobs."""

    def __init__(self, context: ForkServerContext, setup: Setup) -> None:
        self.running: dict[int, Job] = {}
        self.connection, theirs = context.Pipe()
        self._containers = setup.containers
        self._ready = False
        self._process = context.Process(target=work, args=(theirs, setup), daemon=True)
        self._process.start()
        theirs.close()  # else its end would not be seen

    @property
    def free(self) -> int:
        """The number of its containers that wait for an event."""
        return self._containers - len(self.running) if self._ready else 0

    def take(self, job: Job) -> None:
        """Hands the worker a job."""
        self.running[job.id] = job
        self.connection.send(job)

    def facts(self) -> Iterator[Fact]:
        """Yields the facts that the worker reported since the last call; raises EOFError at its end."""
        try:
            while self.connection.poll():
                fact: Fact = self.connection.recv()
                self._ready = True
                yield fact
        except OSError as error:  # a job that it did not take any more makes a reset of its end
            raise EOFError from error

    def kill(self) -> list[Fact]:
        """Kills the worker with SIGKILL, and returns the facts that it had reported before."""
        self._process.kill()
        self._process.join()
        last: list[Fact] = []
        with contextlib.suppress(EOFError):
            for fact in self.facts():
                last.append(fact)  # noqa: PERF402 - it ends with an error
        self.connection.close()
        return last


@dataclass(slots=True)
class Fleet:
    """A fixed number of workers; a killed one is replaced."""

    context: ForkServerContext
    setup: Setup
    size: int
    workers: list[Worker] = field(default_factory=list)
    _turn: int = 0

    def __enter__(self) -> Self:
        self.workers = [Worker(self.context, self.setup) for _ in range(self.size)]
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:
            worker.kill()

    def next_free(self) -> Worker | None:
        """Picks a worker by turns, so that copies of an event come to different ones; None where no container waits."""
        for _ in self.workers:
            self._turn = (self._turn + 1) % len(self.workers)
            if self.workers[self._turn].free:
                return self.workers[self._turn]
        return None

    def facts(self, seconds: float) -> Iterator[tuple[Worker, Fact]]:
        """Yields the facts that the workers reported, after waiting at most that many seconds."""
        by_connection: dict[Any, Worker] = {worker.connection: worker for worker in self.workers}
        for connection in multiprocessing.connection.wait(list(by_connection), seconds):
            worker = by_connection[connection]
            try:
                yield from ((worker, fact) for fact in worker.facts())
            except EOFError:
                raise RuntimeError("a worker ended that nobody killed; its error is above") from None

    def kill(self, worker: Worker) -> list[Fact]:
        """Kills a worker, starts another in its place, and returns the facts that it had reported before."""
        last = worker.kill()
        self.workers[self.workers.index(worker)] = Worker(self.context, self.setup)
        return last
