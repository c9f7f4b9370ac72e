"""`notifyhub send`: one event down the real path."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from notifyhub.cli.options import Config
from notifyhub.cli.output import NOT_DELIVERED, WRONG_USAGE, fail, print_table, receipt_rows, reported_errors, table
from notifyhub.errors import NotifyHubError

if TYPE_CHECKING:
    from notifyhub.receipts import Receipt


def send(
    event: Annotated[
        Path, typer.Argument(metavar="EVENT.json", help="A Cognito event or one of your own; - reads stdin.")
    ],
    config: Config = None,
    again: Annotated[
        bool, typer.Option("--again", help="Send also what the ledger holds as settled; its code may have expired.")
    ] = False,
) -> None:
    """Delivers an event as the Lambda function would. This sends for real, by the providers of the configuration."""
    from notifyhub.dispatcher import Dispatcher

    with reported_errors():
        dispatcher = Dispatcher.from_config(config)
        raw = read_event(event)
        try:
            receipt = dispatcher.dispatch(raw, again=again)
        except NotifyHubError as error:
            receipt = receipt_of(error)
    rows = table("event", "channel", "status", "provider", "time", "id or reason")
    for row in receipt_rows(_name(raw), receipt):
        rows.add_row(*row)
    print_table(rows)
    if receipt.status in {"failed", "undeliverable"}:
        raise typer.Exit(NOT_DELIVERED)


def receipt_of(error: NotifyHubError) -> Receipt:
    """The receipt on an error of a dispatch; raises the error where it came before any channel."""
    if error.receipt is None:
        raise error
    return error.receipt


def read_event(path: Path) -> Any:
    """The JSON of a file or of standard input; ends the command where there is none."""
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
        return json.loads(text)
    except OSError as error:
        fail(f"{path} cannot be read: {error.strerror}", code=WRONG_USAGE)
    except json.JSONDecodeError as error:
        fail(f"{path} is not JSON (line {error.lineno}, column {error.colno})", code=WRONG_USAGE)
    except UnicodeDecodeError:
        fail(f"{path} is not UTF-8 text", code=WRONG_USAGE)
    except (ValueError, RecursionError):
        fail(f"{path} is not JSON that can be read: a number is too long, or it is nested too deeply", code=WRONG_USAGE)


def _name(raw: Any) -> str:
    return str(raw.get("triggerSource") or raw.get("event"))
