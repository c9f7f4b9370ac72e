"""A process full of containers: each of its threads plays one, and works on one event at a time."""

from __future__ import annotations

import json
import logging
import os
import queue
import signal
import socket
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from benchmarks.chaos.conditions import FUNCTION_TIMEOUT_S, Conditions
from benchmarks.chaos.ledgers import FailingLedger, ForgetfulLedger
from benchmarks.chaos.name_server import NameServer
from benchmarks.chaos.passage import PASSAGE, Passage
from notifyhub.aws_lambda import make_handler
from notifyhub.dispatcher import Dispatcher
from notifyhub.ledger.sqlite import SqliteLedger
from notifyhub.observability.observer import Observer
from notifyhub.settings.loading import load_settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from multiprocessing.connection import Connection

    from notifyhub.aws_lambda.cognito import Handler
    from notifyhub.receipts import Attempt

BEFOREHAND = (__name__, "aws_encryption_sdk", "httpx", "jinja2")
"""For the process that workers are forked from: what it has loaded a restart need not load."""
CONFIG = Path(__file__).parent / "notifyhub.toml"


@dataclass(frozen=True, slots=True)
class Job:
    """One invocation, as a worker gets it; `turn` tells it from the others of the same event."""

    id: int
    number: int
    turn: str
    request_id: str
    event: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact that a worker reports to its parent.

    Attributes:
        kind: `ready`; `ended`, a job; `attempt`, a call of a provider; `ledger`, a failure that notifyhub noticed;
            `injected`, one that we made.
        number: the event's; of a job its id.
        where: the provider, the vendor, or the ledger's operation.
        what: the outcome, or the error's name.
    """

    kind: Literal["ready", "ended", "attempt", "ledger", "injected"]
    number: int = -1
    where: str = ""
    what: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """The set-up that a worker is started with."""

    conditions: Conditions
    environment: Mapping[str, str]
    ledger: Path
    vendors: Mapping[int, str]
    refusing_port: int
    containers: int


def work(connection: Connection, setup: Setup) -> None:
    """The process: takes jobs until the connection ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends what it started
    os.environ.update(setup.environment)
    logging.getLogger("notifyhub").setLevel(logging.CRITICAL + 1)  # what is logged here is expected, and costs
    teller = _Teller(connection)
    socket.getaddrinfo = NameServer(
        conditions=setup.conditions,
        vendors=setup.vendors,
        refusing_port=setup.refusing_port,
        failed=teller.injected,
    )
    handler = make_handler(dispatcher=_dispatcher(setup, teller))
    jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
    for _ in range(setup.containers):
        threading.Thread(target=_contain, args=(handler, jobs, teller), daemon=True).start()
    teller.tell(Fact("ready"))
    try:
        while True:
            jobs.put(connection.recv())
    except (EOFError, OSError):
        return


class _Teller(Observer):
    """Tells the parent at once what happens: what is written to the connection outlives the process."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    def tell(self, fact: Fact) -> None:
        with self._lock:
            self._connection.send(fact)

    def on_attempt(self, event: Any, channel: Any, attempt: Attempt) -> None:
        """Before the next attempt begins, so that its doubt is known when that one is accepted too."""
        self.tell(Fact("attempt", PASSAGE.get().number, attempt.provider, attempt.outcome))

    def on_ledger_failure(self, operation: str, problem: str) -> None:
        """Before what follows from it, too."""
        self.tell(Fact("ledger", PASSAGE.get().number, operation))

    def injected(self, where: str, what: str) -> None:
        self.tell(Fact("injected", PASSAGE.get().number, where, what))


class _Context:
    """The part of the Lambda context object that notifyhub uses."""

    def __init__(self, request_id: str) -> None:
        self.aws_request_id = request_id
        self._ends = time.monotonic() + FUNCTION_TIMEOUT_S

    def get_remaining_time_in_millis(self) -> int:
        return int((self._ends - time.monotonic()) * 1000)


def _dispatcher(setup: Setup, teller: _Teller) -> Dispatcher:
    ledger = SqliteLedger(setup.ledger) if setup.conditions.memory else ForgetfulLedger()
    failing = FailingLedger(ledger, setup.conditions, teller.injected)
    return Dispatcher(load_settings(CONFIG), ledger=failing, observers=[teller])


def _contain(handler: Handler, jobs: queue.SimpleQueue[Job], teller: _Teller) -> None:
    while True:
        job = jobs.get()
        PASSAGE.set(Passage(job.number, job.turn))
        error = ""
        try:
            handler(json.loads(job.event), _Context(job.request_id))
        except Exception as raised:  # noqa: BLE001 - Lambda does not ask which, either
            error = type(raised).__name__
        teller.tell(Fact("ended", job.id, what=error))
