"""Lambda's part: it hands events to containers, tries again what failed, and parks what failed three times."""

from __future__ import annotations

import heapq
import itertools
import time
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from benchmarks.chaos.conditions import RETRY_WAITS_S, Conditions, drawn
from benchmarks.chaos.history import History
from benchmarks.chaos.worker import Fact, Job

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.chaos.fleet import Fleet, Worker

REDRIVEN = len(RETRY_WAITS_S) + 2
"""The number of the one try that an operator adds to Lambda's three."""
ANY_MOMENT = 4
"""Every fourth kill comes when it likes; the others when the worker has a message in mid-send."""
COPY_WAITS_S = (0.0, 0.0, 0.5, 1.5)
"""When copies come after the event itself."""
RATE = 170
"""Events per second that come, at most: more would measure nothing but the queue for the CPU."""
IDLE_S = 0.005
STRIKE_S = 0.001


@dataclass(frozen=True, slots=True, order=True)
class Invocation:
    """An event to be handed out: which try it is; of a copy, which one."""

    number: int
    attempt: int = 1
    copy: int = 0
    began: float = field(default=0.0, compare=False)


@dataclass(slots=True)
class LambdaService:
    """Takes events to their ends, and kills workers on the way.

    Attributes:
        in_mid_send: tells whether a vendor works on the message of that event right now.
        progress: called with how many of how many events are dealt with.
    """

    fleet: Fleet
    events: Sequence[str]
    conditions: Conditions
    in_mid_send: Callable[[int], bool]
    progress: Callable[[int, int], None]
    history: History = field(default_factory=History)
    _waiting: deque[Invocation] = field(default_factory=deque)
    _later: list[tuple[float, Invocation]] = field(default_factory=list)
    _running: dict[int, Invocation] = field(default_factory=dict)
    _ids: itertools.count[int] = field(default_factory=itertools.count)
    _dealt_with: int = 0

    def run(self) -> History:
        """All events, then once more those that were parked."""
        began = time.monotonic()
        self._later = [(began + number / RATE, Invocation(number)) for number in range(len(self.events))]  # a heap, too
        self._work_off()
        if self.conditions.redelivery:
            self._waiting.extend(Invocation(number, REDRIVEN) for number in sorted(self.history.parked))
            self._work_off()
        self.history.seconds = time.monotonic() - began
        return self.history

    def _work_off(self) -> None:
        while self._waiting or self._later or self._running:
            self._hand_out()
            strikes = self._strikes()
            for worker, fact in self.fleet.facts(STRIKE_S if strikes else IDLE_S):
                self._learn(worker, fact)
            if strikes:
                self._strike()

    def _hand_out(self) -> None:
        while self._later and self._later[0][0] <= time.monotonic():
            _, invocation = heapq.heappop(self._later)
            new = (invocation.attempt, invocation.copy) == (1, 0)
            (self._waiting.append if new else self._waiting.appendleft)(invocation)
        while self._waiting and (worker := self.fleet.next_free()):
            self._give(worker, self._waiting.popleft())

    def _give(self, worker: Worker, invocation: Invocation) -> None:
        number = invocation.number
        job = Job(
            id=next(self._ids),
            number=number,
            turn=f"{invocation.attempt}.{invocation.copy}",
            request_id=f"request-{number}",
            event=self.events[number],
        )
        now = time.monotonic()
        if number not in self.history.handed_out:
            self.history.handed_out[number] = now
            self._copy(number)
        self._running[job.id] = replace(invocation, began=now)
        worker.take(job)

    def _copy(self, number: int) -> None:
        """Events come twice at times, and more often, without any error."""
        for copy in (1, 2):
            if drawn(self.conditions.seed, "copy", number) < self.conditions.copies / copy:
                wait = COPY_WAITS_S[int(drawn(self.conditions.seed, "wait", number, copy) * len(COPY_WAITS_S))]
                heapq.heappush(self._later, (time.monotonic() + wait, Invocation(number, copy=copy)))

    def _learn(self, worker: Worker, fact: Fact) -> None:
        match fact.kind:
            case "ended":
                del worker.running[fact.number]
                self._ended(self._running.pop(fact.number), fact.what)
            case "attempt":
                self.history.attempt(fact.number, fact.where, fact.what)
            case "ledger":
                self.history.ledger[fact.number] += 1
            case "injected":
                self.history.injected[fact.where, fact.what] += 1

    def _ended(self, invocation: Invocation, error: str) -> None:
        self.history.ends[error] += 1
        self.history.longest_s = max(self.history.longest_s, time.monotonic() - invocation.began)
        if invocation.copy:
            return  # the event itself is tried again
        if error and self.conditions.redelivery and invocation.attempt <= len(RETRY_WAITS_S):
            due = time.monotonic() + RETRY_WAITS_S[invocation.attempt - 1]
            heapq.heappush(self._later, (due, Invocation(invocation.number, invocation.attempt + 1)))
            return
        if error:
            (self.history.given_up if invocation.attempt == REDRIVEN else self.history.parked).add(invocation.number)
        self._dealt_with += invocation.attempt != REDRIVEN
        self.progress(self._dealt_with, len(self.events))

    def _strikes(self) -> bool:
        """Whether it is time to kill: evenly over the events."""
        done = len(self.history.kills)
        return done < self.conditions.kills and self._dealt_with * (self.conditions.kills + 1) > done * len(self.events)

    def _strike(self) -> None:
        """Kills the worker whose turn it is, once the moment is as wanted."""
        done = len(self.history.kills)
        place = drawn(self.conditions.seed, "victim", done)
        worker = self.fleet.workers[int(place * len(self.fleet.workers))]
        if self._vulnerable(worker) or (worker.running and done % ANY_MOMENT == 0):
            self._kill(worker)

    def _vulnerable(self, worker: Worker) -> int:
        """How many messages it has in mid-send."""
        return sum(self.in_mid_send(job.number) for job in worker.running.values())

    def _kill(self, worker: Worker) -> None:
        in_mid_send = self._vulnerable(worker)
        for fact in self.fleet.kill(worker):
            self._learn(worker, fact)
        self.history.kills.append((in_mid_send, len(worker.running)))
        for id_, job in worker.running.items():
            self.history.killed[job.number] += 1
            self._ended(self._running.pop(id_), "killed")
