"""`notifyhub check`: whether the configuration and the templates would work."""

from __future__ import annotations

import os
from typing import Annotated

import typer
from rich.text import Text

from notifyhub.checks.budgets import find_budget_problems
from notifyhub.checks.configuration import find_problems
from notifyhub.checks.finding import Finding
from notifyhub.cli.options import Config
from notifyhub.cli.output import WRONG_USAGE, out, report_errors
from notifyhub.settings import load_settings

_MARKS = {"ok": ("ok     ", "green"), "warning": ("warning", "yellow"), "error": ("error  ", "bold red")}


def check(
    config: Config = None,
    resolve: Annotated[bool, typer.Option("--resolve", help="Also fetch the secrets, and try the ledger.")] = False,
    timeout: Annotated[
        float, typer.Option("--timeout", min=1, max=900, metavar="SECONDS", help="The function's time-out.")
    ] = 30.0,
) -> None:
    """Checks configuration, providers, routes and templates; needs no AWS account unless --resolve is given."""
    # Lambda always has a region; a laptop may have none, and making a client asks for one.
    os.environ.setdefault("AWS_DEFAULT_REGION", os.environ.get("AWS_REGION", "us-east-1"))
    with report_errors():
        settings = load_settings(config)
        found = [*find_problems(settings, resolve=resolve), *find_budget_problems(settings, timeout)]
    for finding in found:
        _print(finding)
    errors = sum(finding.level == "error" for finding in found)
    warnings = sum(finding.level == "warning" for finding in found)
    out().print(f"\n{_count(errors, 'error')}, {_count(warnings, 'warning')}")
    if errors:
        raise typer.Exit(WRONG_USAGE)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _print(finding: Finding) -> None:
    text = f"{finding.subject}: {finding.text}" if finding.text else finding.subject
    out().print(Text.assemble(_MARKS[finding.level], "  ", text))
