"""Bounds calls by wall clock: the caller goes on when the time is up, whatever the call does.

Time-outs of httpx and boto3 bound one operation each: a server that sends a byte now and then, or a name server that
does not answer, holds a call for as long as it likes. Python cannot end such a call from outside, so it is made in a
thread of its own, which is left behind when the time is up.
"""

from __future__ import annotations

import contextlib
import contextvars
import os
import queue
import threading
import time
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from notifyhub.redaction.tracebacks import rebuilt

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

IDLE_KEPT = 8
"""Idle threads that are kept for the next call; those that a burst needed beyond them end."""
MAX_HANGING = 8
"""Calls of one kind that may hang at once. Each holds a thread, and often a connection that others need."""
PROBE_S = 60.0
"""Seconds after which one more call is let through: what hung may work again."""


class TimedOut(Exception):
    """The call did not return in its time, and goes on by itself."""


class Saturated(Exception):
    """The call was not made: too many of its kind hang, or no thread could be started for it."""


class _Job(Generic[T]):
    """One call, and the decision whether its caller or its `late` callback takes the result."""

    def __init__(self, work: Callable[[], T], late: Callable[[T | None], object] | None) -> None:
        self.returned = threading.Lock()
        self.returned.acquire()
        self.handed_over = False
        self.error: BaseException | None = None
        self.result: T | None = None
        self._work = work
        self._late = late
        self._lock = threading.Lock()
        self._given_up = False
        self._finished = False
        self._context = contextvars.copy_context()  # so that spans of the call belong to the caller's

    def run(self) -> None:
        """Makes the call, in the worker's thread, and keeps its result or error."""
        try:
            self.result = self._context.run(self._work)
        except BaseException as error:  # noqa: BLE001 - it is raised where the call was asked for
            self.error = error
        with self._lock:
            self._finished = True
            given_up = self._given_up
        if given_up and self._late:
            with contextlib.suppress(Exception):  # nobody waits for it, and the thread is wanted
                self._late(self.result)

    def give_up(self) -> bool:
        """Leaves the call to itself, in the caller's thread; returns False where it finished just now."""
        with self._lock:
            self._given_up = not self._finished
            return self._given_up

    def outcome(self) -> T:
        """Returns what the call returned, or raises what it raised."""
        error, self.error = self.error, None
        try:
            if error is not None:
                raise error
            return self.result  # type: ignore[return-value]  # it ended without an error
        finally:
            del error, self  # an error's traceback leads to this frame: together they would keep what the call held


class Workers:
    """Daemon threads that make calls for others; made as needed, some of them kept for the next call.

    Daemons, because a process must be able to end while a call hangs.
    """

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[_Job[Any]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._idle = 0
        os.register_at_fork(after_in_child=self._reset)  # threads do not survive a fork, nor may the belief in them

    def call(
        self,
        work: Callable[[], T],
        seconds: float,
        *,
        late: Callable[[T | None], object] | None = None,
        given_up: Callable[[], object] | None = None,
    ) -> T:
        """Calls `work` and returns its result; raises TimedOut after `seconds`, Saturated where no thread can be had.

        `given_up` is called when the call is left to itself, as its time is up or as a signal ended the wait for it.
        `late` is called in the worker's thread when such a call ends: with the result, or with None where it raised.
        """
        job = _Job(work, late)
        in_time = left_alone = False
        try:
            self._give(job)
            in_time = job.returned.acquire(timeout=min(seconds, threading.TIMEOUT_MAX))
        finally:  # also where a signal interrupts the wait
            left_alone = job.handed_over and not in_time and job.give_up()
            if left_alone and given_up:
                given_up()
        if left_alone:
            raise TimedOut
        return job.outcome()

    def _give(self, job: _Job[Any]) -> None:
        with self._lock:
            idle = self._idle > 0
            if idle:
                self._idle -= 1
        if not idle:
            thread = threading.Thread(target=self._work, args=(self._jobs,), name="notifyhub-worker", daemon=True)
            # RuntimeError: out of threads, or the interpreter is ending; the job was given to nobody.
            rebuilt(thread.start, by=lambda _: Saturated("no thread could be started"), of=RuntimeError)
        job.handed_over = True
        self._jobs.put(job)  # not as the thread's argument: a thread keeps those as long as it runs

    def _work(self, jobs: queue.SimpleQueue[_Job[Any]]) -> None:
        while True:
            job = jobs.get()
            job.run()
            with self._lock:
                stays = self._idle < IDLE_KEPT and jobs is self._jobs
                if stays:
                    self._idle += 1  # before the caller goes on, so that its next call finds this thread
            job.returned.release()
            del job  # it holds a message
            if not stays:
                return

    def _reset(self) -> None:
        self._jobs = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._idle = 0


WORKERS = Workers()
"""One set for the process: threads that hang are its own, whichever dispatcher they worked for."""


class Bulkhead:
    """Limits how many calls of one kind may hang at once; beyond that, one more is tried now and then.

    The name is the field's: one compartment that floods must not sink the ship.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._hanging = 0
        self._probed_at = 0.0

    def call(self, work: Callable[[], T], seconds: float, *, late: Callable[[T | None], object] | None = None) -> T:
        """As `Workers.call`; raises Saturated where too many of these calls hang."""
        if self._hanging >= MAX_HANGING and not self._may_probe():
            raise Saturated(f"{self._hanging} earlier calls still hang")

        def end(result: T | None) -> None:
            with self._lock:
                self._hanging -= 1
            if late:
                late(result)

        return WORKERS.call(work, seconds, late=end, given_up=self._count_hanging)

    def _count_hanging(self) -> None:
        with self._lock:
            self._hanging += 1
            self._probed_at = time.monotonic()

    def _may_probe(self) -> bool:
        with self._lock:
            if self._process != os.getpid():  # forked: what hangs, hangs in the parent
                self._process, self._hanging = os.getpid(), 0
                return True
            at = time.monotonic()
            if at - self._probed_at < PROBE_S:
                return False
            self._probed_at = at
            return True
