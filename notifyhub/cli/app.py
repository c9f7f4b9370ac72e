"""The commands and their exit codes: 0 done, 1 not delivered, 2 wrong usage or configuration."""

from __future__ import annotations

import typer

from notifyhub.cli.check import check
from notifyhub.cli.demo import demo
from notifyhub.cli.forge import forge
from notifyhub.cli.providers import providers
from notifyhub.cli.render import render
from notifyhub.cli.send import send

app = typer.Typer(
    name="notifyhub",
    help="Sends the codes and passwords that Amazon Cognito hands over, and every other notification.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # locals may hold codes
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (demo, forge, send, render, providers, check):
    app.command()(command)
