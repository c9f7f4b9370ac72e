"""Writes metrics as lines in CloudWatch's embedded metric format, which CloudWatch Logs turns into metrics.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import contextlib
import json
import sys
import threading
from typing import TYPE_CHECKING, NamedTuple

from notifyhub.clock import now
from notifyhub.errors import InProgress
from notifyhub.observability.observer import Observer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from notifyhub.channels import Channel
    from notifyhub.errors import EventError, NotifyHubError
    from notifyhub.events.base import Event
    from notifyhub.receipts import Attempt, Delivery

    _Dimensions = tuple[tuple[str, ...], ...]
    _Shape = tuple[tuple[_Dimensions, tuple[tuple[str, str], ...]], ...]

_COUNTED = {
    "accepted": "Accepted",
    "duplicate": "Duplicate",
    "dry_run": "DryRun",
    "undeliverable": "Undeliverable",
    "failed": "Failed",
}
_LOCK = threading.Lock()
"""One for the process, as standard output is."""


class EmfMetrics(Observer):
    """Writes a line to standard output for each delivery, attempt and failure of the ledger.

    A metric is counted where something happened; zeros are not written. Each set of dimensions with its values is a
    metric that AWS bills, so they are few, and none has a value per user or message.
    """

    def __init__(self, namespace: str, *, clock: Callable[[], datetime] = now) -> None:
        self._namespace = namespace
        self._clock = clock
        self._shown: dict[_Shape, str] = {}
        """The `CloudWatchMetrics` member of each shape of line as JSON: a dozen shapes, each encoded once per process.

        Encoding it for every line would take 4 microseconds more, on top of 7.
        """

    def on_delivery(
        self, event: Event, delivery: Delivery, *, error: NotifyHubError | None, duration_ms: float
    ) -> None:
        """Counts one of Accepted, Duplicate, DryRun, Undeliverable, InProgress and Failed."""
        metrics = [_Metric("InProgress" if isinstance(error, InProgress) else _COUNTED[delivery.status])]
        if delivery.status == "accepted":
            metrics.append(_Metric("TimeToAcceptance", round(duration_ms, 1), "Milliseconds"))
        members = {"Channel": delivery.channel, "Trigger": _ascii(event.trigger)}
        if error is not None:
            members["Reason"] = delivery.reason or type(error).__name__
        self._write(members, _Directive(_ALL_AND_EACH_TRIGGER, metrics))

    def on_attempt(self, event: Event, channel: Channel, attempt: Attempt) -> None:
        """Counts Attempts and AttemptDuration; AttemptErrors too where the provider did not accept."""
        made = [_Metric("Attempts"), _Metric("AttemptDuration", attempt.duration_ms, "Milliseconds")]
        directives = [_Directive(_PROVIDER, made)]
        if attempt.outcome != "accepted":
            directives.append(_Directive(_PROVIDER_AND_OUTCOME, [_Metric("AttemptErrors")]))
        self._write({"Provider": attempt.provider, "Outcome": _ascii(attempt.outcome)}, *directives)

    def on_late(self, event: Event, channel: Channel, attempt: Attempt) -> None:
        """Counts LateResults: an acceptance among them is a code that may have gone out twice."""
        members = {"Provider": attempt.provider, "Outcome": _ascii(attempt.outcome)}
        self._write(members, _Directive(_PROVIDER_AND_OUTCOME, [_Metric("LateResults")]))

    def on_ledger_failure(self, operation: str, problem: str) -> None:
        """Counts LedgerFailures."""
        self._write({"Operation": operation}, _Directive(_ALL, [_Metric("LedgerFailures")]))

    def on_unreadable(self, error: EventError) -> None:
        """Counts Unreadable."""
        self._write({}, _Directive(_ALL, [_Metric("Unreadable")]))

    def _write(self, members: Mapping[str, str], *directives: _Directive) -> None:
        shape = tuple((d.dimensions, tuple((m.name, m.unit) for m in d.metrics)) for d in directives)
        if (shown := self._shown.get(shape)) is None:
            shown = self._shown[shape] = _ENCODE([_directive(self._namespace, *directive) for directive in shape])
        values = {metric.name: metric.value for directive in directives for metric in directive.metrics}
        timestamp = int(self._clock().timestamp() * 1000)
        head = f'{{"_aws":{{"Timestamp":{timestamp},"CloudWatchMetrics":{shown}}},'
        _put(f"{head}{_ENCODE({**members, **values})[1:]}\n")


class _Metric(NamedTuple):
    name: str
    value: float = 1
    unit: str = "Count"


class _Directive(NamedTuple):
    """Which members of the line are metrics, and under which sets of dimensions."""

    dimensions: _Dimensions
    metrics: list[_Metric]


def _directive(namespace: str, dimensions: _Dimensions, metrics: Iterable[tuple[str, str]]) -> dict[str, object]:
    named = [{"Name": name, "Unit": unit} for name, unit in metrics]
    return {"Namespace": namespace, "Dimensions": dimensions, "Metrics": named}


_ENCODE = json.JSONEncoder(separators=(",", ":")).encode
_ALL: _Dimensions = ((),)
_ALL_AND_EACH_TRIGGER: _Dimensions = ((), ("Channel", "Trigger"))  # the first for alarms, which cannot add them up
_PROVIDER: _Dimensions = (("Provider",),)
_PROVIDER_AND_OUTCOME: _Dimensions = (("Provider",), ("Provider", "Outcome"))


def _ascii(name: str) -> str:
    """As the value of a dimension must be; a class may be named otherwise."""
    return name.encode("ascii", "backslashreplace").decode("ascii")


def _put(line: str) -> None:
    """One write per line; a closed or broken standard output must not stop a code."""
    with contextlib.suppress(Exception), _LOCK:
        sys.stdout.write(line)
        sys.stdout.flush()
