"""The commands and their exit codes: 0 done, 1 not delivered, 2 wrong usage or configuration."""

from __future__ import annotations

from typing import Annotated

import typer

from notifyhub.cli.commands.check import check
from notifyhub.cli.commands.demo import demo
from notifyhub.cli.commands.forge import forge
from notifyhub.cli.commands.providers import providers
from notifyhub.cli.commands.render import render
from notifyhub.cli.commands.route import route
from notifyhub.cli.commands.send import send
from notifyhub.cli.output import out
from notifyhub.distribution import DISTRIBUTION

app = typer.Typer(
    name="notifyhub",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # locals may hold codes
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def version(
    shown: Annotated[bool, typer.Option("--version", is_eager=True, help="Show the version and exit.")] = False,
) -> None:
    """Sends the codes and passwords that Amazon Cognito hands over, and every other notification."""
    if shown:
        from importlib.metadata import version as installed

        out().print(f"{DISTRIBUTION} {installed(DISTRIBUTION)}")
        raise typer.Exit


for command in (demo, forge, send, render, route, providers, check):
    app.command()(command)
