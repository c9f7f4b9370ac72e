"""`notifyhub send`: one event down the real path."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from notifyhub.cli.events import read_event, require_receipt
from notifyhub.cli.options import Config
from notifyhub.cli.output import (
    NOT_DELIVERED,
    make_receipt_rows,
    make_table,
    print_table,
    report_errors,
)
from notifyhub.errors import NotifyHubError


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

    with report_errors():
        dispatcher = Dispatcher.from_config(config)
        raw = read_event(event)
        try:
            receipt = dispatcher.dispatch(raw, again=again)
        except NotifyHubError as error:
            receipt = require_receipt(error)
    rows = make_table("event", "channel", "status", "provider", "time", "id or reason")
    for row in make_receipt_rows(_name_event(raw), receipt):
        rows.add_row(*row)
    print_table(rows)
    if receipt.status in {"failed", "undeliverable"}:
        raise typer.Exit(NOT_DELIVERED)


def _name_event(raw: Any) -> str:
    return str(raw.get("triggerSource") or raw.get("event"))
