"""Makes what `[observability]` and `[hooks] observers` ask for: observers, metrics among them, and the tracer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifyhub import hooks
from notifyhub.errors import ConfigurationError, MissingExtra
from notifyhub.observability.observer import Observer
from notifyhub.observability.reporter import Reporter
from notifyhub.observability.tracing import UNTRACED
from notifyhub.settings.runtime import in_lambda

if TYPE_CHECKING:
    from collections.abc import Iterable

    from notifyhub.observability.tracing import Tracer
    from notifyhub.settings.tables import Hooks, Observability


def make_reporter(wanted: Observability, named: Hooks, given: Iterable[Observer]) -> Reporter:
    """The reporter to the observers and the tracer of the configuration, and to the observers given in code."""
    return Reporter(make_observers(wanted, named, given), make_tracer(wanted))


def make_observers(wanted: Observability, named: Hooks, given: Iterable[Observer]) -> list[Observer]:
    """The observers given in code, the one that writes metrics, and those of `[hooks] observers`."""
    loaded = (_observer(path, f"hooks.observers.{n}") for n, path in enumerate(named.observers))
    return [*given, *_metrics(wanted), *loaded]


def make_tracer(wanted: Observability) -> Tracer:
    """The tracer that `[observability] traces` asks for; raises MissingExtra where its library is not installed."""
    if wanted.traces == "none":
        return UNTRACED
    try:
        from notifyhub.observability.otel import OtelTracer
    except ModuleNotFoundError as error:
        raise MissingExtra("otel", module=error.name or "opentelemetry") from error
    return OtelTracer()


def _metrics(wanted: Observability) -> list[Observer]:
    """Inside Lambda whatever is written to standard output reaches CloudWatch; elsewhere it would be noise."""
    if (wanted.metrics or ("emf" if in_lambda() else "none")) == "none":
        return []
    from notifyhub.observability.emf import EmfMetrics

    return [EmfMetrics(wanted.namespace)]


def _observer(dotted: str, path: str) -> Observer:
    observer = hooks.instantiate(hooks.load(dotted, path), path)
    if not isinstance(observer, Observer):
        raise ConfigurationError("this is no Observer class or instance", path=path)
    return observer
