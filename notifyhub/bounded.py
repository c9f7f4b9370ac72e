"""Calls that end for whoever waits when their time is up, whatever the callee does.

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
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Overrun(Exception):
    """The call did not return in its time, and goes on by itself."""


class _Job(Generic[T]):
    """One call, and whose turn it is to take what comes of it."""

    def __init__(self, work: Callable[[], T], late: Callable[[T], object] | None) -> None:
        self.returned = threading.Lock()
        self.returned.acquire()
        self.error: BaseException | None = None
        self.result: T
        self._work = work
        self._late = late
        self._lock = threading.Lock()
        self._abandoned = False
        self._finished = False
        self._context = contextvars.copy_context()  # so that spans of the call belong to the caller's

    def run(self) -> None:
        """In the worker: makes the call and leaves what came of it."""
        try:
            self.result = self._context.run(self._work)
        except BaseException as error:  # noqa: BLE001 - it is raised where the call was asked for
            self.error = error
        with self._lock:
            self._finished = True
            abandoned = self._abandoned
        if abandoned and self.error is None and self._late:
            with contextlib.suppress(Exception):  # nobody waits for it, and the thread is wanted
                self._late(self.result)

    def abandoned(self) -> bool:
        """In the caller: gives the call up, unless it finished just now."""
        with self._lock:
            self._abandoned = not self._finished
            return self._abandoned


class Workers:
    """Daemon threads that make calls for others; made as needed, kept for the next call.

    Daemons, because a process must be able to end while a call hangs.
    """

    def __init__(self) -> None:
        self._reset()
        os.register_at_fork(after_in_child=self._reset)  # threads do not survive a fork, nor may the belief in them

    def call(self, work: Callable[[], T], seconds: float, *, late: Callable[[T], object] | None = None) -> T:
        """What `work` returns or raises within `seconds`; raises Overrun after them.

        `late` gets what it returns after all, in the worker's thread.
        """
        job = _Job(work, late)
        self._give(job)
        if not job.returned.acquire(timeout=min(seconds, threading.TIMEOUT_MAX)) and job.abandoned():
            raise Overrun
        if job.error is not None:
            raise job.error
        return job.result

    def _give(self, job: _Job[Any]) -> None:
        with self._lock:
            new = self._idle == 0
            self._idle -= not new
        self._jobs.put(job)
        if new:
            threading.Thread(target=self._work, args=(self._jobs,), name="notifyhub-worker", daemon=True).start()

    def _work(self, jobs: queue.SimpleQueue[_Job[Any]]) -> None:
        while True:
            job = jobs.get()
            job.run()
            with self._lock:
                self._idle += 1  # before the caller goes on, so that its next call finds this thread
            job.returned.release()
            del job  # it holds a message

    def _reset(self) -> None:
        self._jobs: queue.SimpleQueue[_Job[Any]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._idle = 0


WORKERS = Workers()
"""One set for the process: threads that hang are its own, whichever dispatcher they worked for."""
