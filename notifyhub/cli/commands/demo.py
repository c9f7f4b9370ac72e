"""`notifyhub demo`: every message of Cognito, seen on a laptop."""

from __future__ import annotations

import base64
import json
import shutil
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from notifyhub.cli.demo_page import Outcome, write_page
from notifyhub.cli.events import require_receipt
from notifyhub.cli.output import (
    NOT_DELIVERED,
    WRONG_USAGE,
    fail,
    make_receipt_rows,
    make_table,
    out,
    print_table,
    report_errors,
)
from notifyhub.errors import NotifyHubError
from notifyhub.events.cognito import TakeOverEvent
from notifyhub.events.triggers import source_names
from notifyhub.recipients.resolver import RecipientResolver
from notifyhub.testing.forge import EMAIL, forge_event, make_local_key

if TYPE_CHECKING:
    from notifyhub.channels import Channel
    from notifyhub.deadline import Deadline
    from notifyhub.dispatcher import Dispatcher
    from notifyhub.events.base import Event

MARKER = ".notifyhub-demo"

_CONFIGURATION = """\
# Made by `notifyhub demo --events`. Try: notifyhub send {first} --config {file}

[app]
name = "Acme"
url = "https://acme.example"
support_url = "https://acme.example/help"
domain = "acme.example"

[decryption]
local_key = "file:local.key"            # in production: key_arns = ["arn:aws:kms:…"]

[providers.mail]
use = "file"                            # in production: sendgrid, ses, smtp
path = {messages}
sender = "Acme <no-reply@acme.example>"

[providers.text]
use = "file"                            # in production: twilio, aws_sms, sns
path = {messages}

[[routes]]
channel = "email"
providers = ["mail"]

[[routes]]
channel = "sms"
providers = ["text"]

[hooks]
# Take-over events carry no address. In production Cognito is asked for it; the demo has no Cognito.
resolver = "notifyhub.cli.commands.demo:DemoRecipients"
"""


class DemoRecipients(RecipientResolver):
    """Stands in for the AdminGetUser call that take-over events need; else the event's own attribute, as always."""

    def resolve(self, event: Event, channel: Channel, deadline: Deadline) -> str | None:
        """Returns a made-up address for take-over events, else the event's own."""
        from notifyhub.clients.aws import AwsClients
        from notifyhub.recipients.resolver import EventRecipients

        if isinstance(event, TakeOverEvent):
            return EMAIL
        return EventRecipients(AwsClients()).resolve(event, channel, deadline)


def demo(
    folder: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the messages go.")] = Path("demo"),
    events: Annotated[
        Optional[Path],  # noqa: UP045 - typer reads annotations at run time
        typer.Option(
            "--events", metavar="DIR", help="Also keep the events, their key and a notifyhub.toml, to send again."
        ),
    ] = None,
) -> None:
    """Forges one encrypted event per Cognito trigger, sends them down the real path, and writes what would be sent."""
    from notifyhub.dispatcher import Dispatcher

    with report_errors():
        _prepare_messages(folder)
        if events:
            _prepare(events)
        with tempfile.TemporaryDirectory() as scratch:
            forged = _forge(events or Path(scratch), messages=folder)
            began = time.perf_counter()
            dispatcher = Dispatcher.from_config(forged / "notifyhub.toml")
            dispatcher.warm_up()
            started_ms = (time.perf_counter() - began) * 1000
            outcomes = [_dispatch(dispatcher, source, forged) for source in source_names()]
    page = write_page(folder, outcomes, made_at=datetime.now(UTC))
    _report(outcomes, page, events, started_ms)
    if any(outcome.receipt.status != "accepted" for outcome in outcomes):
        raise typer.Exit(NOT_DELIVERED)


def _prepare_messages(folder: Path) -> None:
    """Makes an empty folder, removing the messages of an earlier demo and nothing else."""
    if (folder / MARKER).is_file():
        shutil.rmtree(folder)
    _prepare(folder)
    (folder / MARKER).touch()


def _prepare(folder: Path) -> None:
    """Makes a folder; ends the command where something is in it, which may be somebody's work."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        fail(f"{folder} is not empty; name another folder", code=WRONG_USAGE)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # what it holds shows codes
    except OSError as error:
        fail(f"{folder} cannot be made: {error.strerror}", code=WRONG_USAGE)


def _forge(folder: Path, *, messages: Path) -> Path:
    """Writes a fresh key, the configuration and the events, and returns the folder."""
    key = make_local_key()
    key_file = folder / "local.key"
    key_file.touch(mode=0o600)
    key_file.write_text(base64.b64encode(key).decode() + "\n", encoding="utf-8")
    names = {"messages": json.dumps(str(messages.absolute())), "file": folder / "notifyhub.toml"}
    first = folder / f"{source_names()[0]}.json"
    (folder / "notifyhub.toml").write_text(_CONFIGURATION.format(first=first, **names), encoding="utf-8")
    for source in source_names():
        event = json.dumps(forge_event(source, key), indent=1)
        (folder / f"{source}.json").write_text(event + "\n", encoding="utf-8")
    return folder


def _dispatch(dispatcher: Dispatcher, source: str, folder: Path) -> Outcome:
    event: Any = json.loads((folder / f"{source}.json").read_text(encoding="utf-8"))
    try:
        return Outcome(source, dispatcher.dispatch(event))
    except NotifyHubError as error:
        return Outcome(source, require_receipt(error))


def _report(outcomes: list[Outcome], page: Path, events: Path | None, started_ms: float) -> None:
    rows = make_table("event", "channel", "status", "provider", "time", "file or reason")
    for outcome in outcomes:
        for row in make_receipt_rows(outcome.source, outcome.receipt):
            rows.add_row(*row)
    print_table(rows)
    delivered = sum(outcome.receipt.status == "accepted" for outcome in outcomes)
    out().print(f"\n{delivered} of {len(outcomes)} events delivered; started in {started_ms:.0f} ms.")
    out().print(f"See them in a browser: {page}")
    if events:
        example = events / f"{source_names()[0]}.json"
        out().print(f"Send one again: notifyhub send {example} --config {events / 'notifyhub.toml'}")
