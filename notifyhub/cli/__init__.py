"""The command `notifyhub`."""

from __future__ import annotations

import sys

from notifyhub.errors import MissingExtra

_EXTRA_MODULES = {"typer", "rich"}


def main() -> None:
    """Runs the command line; its libraries come with the extra `cli`, which a Lambda bundle leaves out."""
    try:
        from notifyhub.cli.app import app
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _EXTRA_MODULES:
            raise
        print(MissingExtra("cli", module=str(error.name)), file=sys.stderr)  # noqa: T201 - nothing else can print yet
        sys.exit(2)
    # As `python -m` does: hooks of the configuration name modules of the project, not of the environment.
    sys.path.insert(0, "")
    app()
