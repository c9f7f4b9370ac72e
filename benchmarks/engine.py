"""What the pipeline adds to a message that the first provider accepts: recipient, routing, claim, expiry, the bounded
call, cool-down and settlement with the ledger in memory, against the provider's call alone.

By turns, in fresh processes (`python -m benchmarks.engine BATCHES SIZE`), which hold nothing else for the garbage
collector to look through; the provider accepts at once and opens no socket.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from benchmarks.figures import Aim, Figure
from notifyhub.deadline import Deadline
from notifyhub.dispatcher import Dispatcher
from notifyhub.events.notification import NotificationEvent
from notifyhub.messages import Message
from notifyhub.observability.reporter import Reporter
from notifyhub.pipeline import Run
from notifyhub.provider import Capabilities, Provider, ProviderReceipt, ProviderSettings, SendContext
from notifyhub.provider.toolkit import Clients
from notifyhub.settings.loading import validate
from notifyhub.settings.model import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

ADDRESS = "jane.roe@example.com"
MESSAGE = Message(channel="email", to=ADDRESS, trigger="OrderShipped", subject="On its way", text="It is on its way.")
ROOT = Path(__file__).parent.parent
UNCOUNTED = 200


class OrderShipped(NotificationEvent):
    """An event of an application."""


class Accepting(Provider):
    """Accepts at once."""

    name = "accepting"
    channels = ("email",)
    capabilities = Capabilities(keeps_deadline=True)  # as SendGrid and Twilio

    def send(self, message: Message, context: SendContext) -> ProviderReceipt:
        """The receipt."""
        return ProviderReceipt(message_id=message.trigger)


class Ready:
    """In the place of the renderer: the message is there."""

    def render(self, *_: object) -> Message:
        """The message."""
        return MESSAGE


class Engine:
    """The pipeline around one provider, as a dispatcher has it, without parsing, rendering and logging."""

    def __init__(self) -> None:
        table = {
            "app": {"name": "Acme"},
            "providers": {"mail": {"use": "console"}, "backup": {"use": "console"}},
            "routes": [{"channel": "email", "providers": ["mail", "backup"]}],
        }
        settings = validate(Settings, table, folder=Path.cwd())
        self.provider = Accepting(ProviderSettings(), Clients().toolkit("accepting"))
        both = {"mail": self.provider, "backup": self.provider}
        self._pipeline = replace(Dispatcher(settings, providers=both).pipeline, renderer=cast("Any", Ready()))
        self._reporter = Reporter()
        self._number = 0

    def deliver(self) -> None:
        """A message of its own each time, from its recipient to its settlement."""
        self._number += 1
        event = _event(self._number)
        run = Run(owner="owner", correlation="", deadline=Deadline.after(30))
        self._pipeline.run(event, "email", run, self._reporter.bind(event, "email", ""))

    def call(self) -> None:
        """What remains without the engine: the event, and the provider's call."""
        self._number += 1
        _event(self._number)
        self.provider.send(MESSAGE, SendContext(deadline=Deadline.after(30), idempotency_key="none"))


def engine_figure(*, processes: int, batches: int, batch: int) -> Figure:
    """CPU of the whole process per message, its worker thread included."""
    pairs = [pair for _ in range(processes) for pair in _process(batches, batch)]
    return Figure(
        name="CPU per message, ms",
        reference=[call for call, _ in pairs],
        notifyhub=[delivered for _, delivered in pairs],
        as_difference=True,
        aim=Aim(limit=0.15, text="<= +0.15 ms"),
    )


def _process(batches: int, batch: int) -> list[tuple[float, float]]:
    command = [sys.executable, "-m", "benchmarks.engine", str(batches), str(batch)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=300)
    return [(call, delivered) for call, delivered in json.loads(done.stdout)]


def _pairs(batches: int, batch: int) -> list[tuple[float, float]]:
    engine = Engine()
    _cpu_ms(engine.deliver, UNCOUNTED)
    return [(_cpu_ms(engine.call, batch), _cpu_ms(engine.deliver, batch)) for _ in range(batches)]


def _event(number: int) -> OrderShipped:
    return OrderShipped.model_validate({"id": str(number), "recipient": {"email": ADDRESS}})


def _cpu_ms(work: Callable[[], None], times: int) -> float:
    began = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began) * 1000 / times


if __name__ == "__main__":
    print(json.dumps(_pairs(int(sys.argv[1]), int(sys.argv[2]))))
