"""The figures as a table to read."""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING

from benchmarks.figures import COLD_CPU, Spread

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from benchmarks.figures import Figure, PackageCost

PACKAGES_SHOWN = 12
_ROW = "{:<24} {:>26} {:>26} {:>24}   {}"


def lines_of(
    handlers: Sequence[Figure],
    own_event: Figure,
    engine: Figure,
    *,
    packages: Sequence[PackageCost],
    delivered: Mapping[str, int],
) -> Iterator[str]:
    """The whole report, line by line."""
    yield f"Python {platform.python_version()}, {os.cpu_count()} CPUs; median (least-most) of fresh processes in turns"
    yield ""
    yield f"A Cognito SignUp event: KMS, Encryption SDK, SendGrid ({len(handlers[0].compared)} pairs)"
    yield _ROW.format("", "written by hand", "notifyhub", "ratio per pair", "aim")
    yield from map(_row, handlers)
    yield ""
    yield f"A NotificationEvent through SendGrid ({len(own_event.compared)} pairs)"
    yield _ROW.format("", "bare httpx post", "notifyhub", "ratio per pair", "aim")
    yield _row(own_event)
    yield ""
    yield f"The engine around a provider that accepts at once, ledger in memory ({len(engine.compared)} batches)"
    yield _ROW.format("", "the provider's call", "with the engine", "difference", "aim")
    yield _row(engine)
    yield ""
    yield from _packages(next(figure for figure in handlers if figure.name == COLD_CPU), packages)
    yield ""
    yield "Mails delivered and checked: " + ", ".join(f"{name} {count}" for name, count in delivered.items())


def _row(figure: Figure) -> str:
    tiny = figure.aim is not None and figure.aim.limit < 1
    digits = 3 if tiny else 2 if "CPU per" in figure.name else 1
    ratio = _spread(figure.compared, digits, "+") if figure.as_difference else _spread(figure.compared, 2)
    verdict = f"aim {figure.aim.text}: {'reached' if figure.reached else 'not reached'}" if figure.aim else ""
    reference, notifyhub = _spread(figure.reference, digits), _spread(figure.notifyhub, digits)
    return _ROW.format(figure.name, reference, notifyhub, ratio, verdict).rstrip()


def _spread(values: Sequence[float], digits: int, sign: str = "") -> str:
    spread = Spread.of(values)
    median, low, high = (f"{value:{sign}.{digits}f}" for value in (spread.median, spread.low, spread.high))
    return f"{median} ({low} - {high})"


def _packages(cold_cpu: Figure, packages: Sequence[PackageCost]) -> Iterator[str]:
    pairs = zip(cold_cpu.reference, cold_cpu.notifyhub, strict=True)
    difference = Spread.of([ours - theirs for theirs, ours in pairs]).median
    imports = sum(package.import_ms for package in packages)
    yield f"Where the {difference:.0f} ms CPU more of a cold start go (-X importtime, which itself slows imports)"
    for package in packages[:PACKAGES_SHOWN]:
        yield f"  {package.import_ms:7.1f} ms  {package.package} ({package.modules} modules)"
    rest = packages[PACKAGES_SHOWN:]
    if rest:
        modules = sum(package.modules for package in rest)
        yield f"  {sum(package.import_ms for package in rest):7.1f} ms  {len(rest)} others ({modules} modules)"
    yield f"  {imports:7.1f} ms  all imports that the handler written by hand does not need"
    yield f"  {difference - imports:7.1f} ms  the rest: reading the configuration, building, compiling templates"
