"""Metrics as lines in CloudWatch's embedded metric format, from which CloudWatch Logs makes metrics by itself.

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
from notifyhub.observing import Observer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from notifyhub.errors import EventError, NotifyHubError
    from notifyhub.events.base import Event
    from notifyhub.messages import Channel
    from notifyhub.receipts import Attempt, Delivery

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

    def on_delivery(
        self, event: Event, delivery: Delivery, *, error: NotifyHubError | None, duration_ms: float
    ) -> None:
        """One of Accepted, Duplicate, DryRun, Undeliverable, InProgress and Failed."""
        metrics = [_Metric("InProgress" if isinstance(error, InProgress) else _COUNTED[delivery.status])]
        if delivery.status == "accepted":
            metrics.append(_Metric("TimeToAcceptance", round(duration_ms, 1), "Milliseconds"))
        members = {"Channel": delivery.channel, "Trigger": _ascii(event.trigger)}
        if error is not None:
            members["Reason"] = delivery.reason or type(error).__name__
        self._write(members, _Directive(_ALL_AND_EACH_TRIGGER, metrics))

    def on_attempt(self, event: Event, channel: Channel, attempt: Attempt) -> None:
        """Attempts and AttemptDuration; AttemptErrors too where the provider did not accept."""
        made = [_Metric("Attempts"), _Metric("AttemptDuration", attempt.duration_ms, "Milliseconds")]
        directives = [_Directive(_PROVIDER, made)]
        if attempt.outcome != "accepted":
            directives.append(_Directive(_PROVIDER_AND_OUTCOME, [_Metric("AttemptErrors")]))
        self._write({"Provider": attempt.provider, "Outcome": _ascii(attempt.outcome)}, *directives)

    def on_late(self, event: Event, channel: Channel, attempt: Attempt) -> None:
        """LateResults: an acceptance among them is a code that may have gone out twice."""
        members = {"Provider": attempt.provider, "Outcome": _ascii(attempt.outcome)}
        self._write(members, _Directive(_PROVIDER_AND_OUTCOME, [_Metric("LateResults")]))

    def on_ledger_failure(self, operation: str, problem: str) -> None:
        """LedgerFailures."""
        self._write({"Operation": operation}, _Directive(_ALL, [_Metric("LedgerFailures")]))

    def on_unreadable(self, error: EventError) -> None:
        """Unreadable."""
        self._write({}, _Directive(_ALL, [_Metric("Unreadable")]))

    def _write(self, members: Mapping[str, str], *directives: _Directive) -> None:
        metadata = {
            "Timestamp": int(self._clock().timestamp() * 1000),
            "CloudWatchMetrics": [directive.shown(self._namespace) for directive in directives],
        }
        values = {metric.name: metric.value for directive in directives for metric in directive.metrics}
        _put(json.dumps({"_aws": metadata, **members, **values}, separators=(",", ":")) + "\n")


class _Metric(NamedTuple):
    name: str
    value: float = 1
    unit: str = "Count"


class _Directive(NamedTuple):
    """Which members of the line are metrics, and under which sets of dimensions."""

    dimensions: list[list[str]]
    metrics: list[_Metric]

    def shown(self, namespace: str) -> dict[str, object]:
        metrics = [{"Name": metric.name, "Unit": metric.unit} for metric in self.metrics]
        return {"Namespace": namespace, "Dimensions": self.dimensions, "Metrics": metrics}


_ALL: list[list[str]] = [[]]
_ALL_AND_EACH_TRIGGER = [[], ["Channel", "Trigger"]]  # the first for alarms, which cannot add up dimensions
_PROVIDER = [["Provider"]]
_PROVIDER_AND_OUTCOME = [["Provider"], ["Provider", "Outcome"]]


def _ascii(name: str) -> str:
    """As the value of a dimension must be; a class may be named otherwise."""
    return name.encode("ascii", "backslashreplace").decode("ascii")


def _put(line: str) -> None:
    """One write per line; a closed or broken standard output must not stop a code."""
    with contextlib.suppress(Exception), _LOCK:
        sys.stdout.write(line)
        sys.stdout.flush()
