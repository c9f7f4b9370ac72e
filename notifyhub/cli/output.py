"""How commands speak: results on standard output, everything else on standard error, colours only on a terminal."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from notifyhub.errors import ConfigurationError, EventError, NotifyHubError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from notifyhub.receipts import Receipt

NOT_DELIVERED = 1
WRONG_USAGE = 2
_STYLES = {"accepted": "green", "duplicate": "yellow", "dry_run": "yellow", "undeliverable": "red", "failed": "red"}


def out() -> Console:
    """Standard output, made at each call, so that redirected streams are seen."""
    return _console(soft_wrap=True)


def err() -> Console:
    """Standard error."""
    return _console(stderr=True, soft_wrap=True)


def _console(**options: Any) -> Console:
    """A console that prints texts as they are: paths and values may hold what looks like markup or an emoji."""
    return Console(highlight=False, markup=False, emoji=False, **options)


@contextlib.contextmanager
def reported_errors() -> Iterator[None]:
    """Prints notifyhub's errors in one line and turns them into exit codes."""
    try:
        yield
    except (ConfigurationError, EventError) as error:
        fail(str(error), code=WRONG_USAGE)
    except NotifyHubError as error:
        fail(f"{type(error).__name__}: {error}", code=NOT_DELIVERED)


def fail(text: str, *, code: int) -> NoReturn:
    """Prints an error and ends the command."""
    err().print(Text.assemble(("error: ", "bold red"), text))
    raise typer.Exit(code)


def table(*columns: str) -> Table:
    """A plain table, as readable in a log as on a terminal; cells wrap rather than vanish."""
    result = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        result.add_column(column, overflow="fold")
    return result


def print_table(rows: Table) -> None:
    """Prints a table at its own width where there is no terminal to fit it to."""
    console = out()
    if not console.is_terminal:
        console = _console(width=200)
    console.print(rows)


def status(text: str) -> Text:
    """A delivery's status in its colour."""
    return Text(text, style=_STYLES.get(text, ""))


def receipt_rows(name: str, receipt: Receipt) -> Sequence[tuple[Text, ...]]:
    """One row per delivery: event, channel, status, provider, milliseconds, id or reason."""
    return [
        (
            Text(name),
            Text(delivery.channel),
            status(delivery.status),
            Text(delivery.provider or "-"),
            Text(f"{sum(attempt.duration_ms for attempt in delivery.attempts):.0f} ms"),
            Text(delivery.error or delivery.message_id or delivery.reason or ""),
        )
        for delivery in receipt.deliveries
    ]
