"""Output of commands: results on standard output, everything else on standard error, colours only on a terminal."""

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

    from notifyhub.provider.contract import Capabilities
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
def report_errors() -> Iterator[None]:
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


def make_table(*columns: str) -> Table:
    """Makes a plain table, as readable in a log as on a terminal; cells wrap rather than vanish."""
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


def paint_status(text: str) -> Text:
    """Paints a delivery's status in its colour."""
    return Text(text, style=_STYLES.get(text, ""))


def make_receipt_rows(name: str, receipt: Receipt) -> Sequence[tuple[Text, ...]]:
    """Makes one row per delivery: event, channel, status, provider, milliseconds, id or reason."""
    return [
        (
            Text(name),
            Text(delivery.channel),
            paint_status(delivery.status),
            Text(delivery.provider or "-"),
            Text(f"{sum(attempt.duration_ms for attempt in delivery.attempts):.0f} ms"),
            Text(delivery.error or delivery.message_id or delivery.reason or ""),
        )
        for delivery in receipt.deliveries
    ]


def describe_abilities(capabilities: Capabilities) -> str:
    """Says in words what a provider can do."""
    words = {
        "takes the bare code": capabilities.needs_secret,
        "recognises repeats": capabilities.idempotency is not None,
        "drops what is late": capabilities.expiry,
        "for development": capabilities.development_only,
    }
    return ", ".join(word for word, has in words.items() if has) or "sends"
