"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Optional

import typer


class ChannelName(StrEnum):
    """A channel as a choice on the command line."""

    email = "email"
    sms = "sms"


Config = Annotated[
    Optional[Path],  # noqa: UP045 - typer reads the annotation at run time
    typer.Option("--config", "-c", metavar="FILE", help="The configuration; else NOTIFYHUB_CONFIG, ./notifyhub.toml."),
]
ChannelOption = Annotated[
    Optional[ChannelName],  # noqa: UP045
    typer.Option("--channel", help="email or sms; email unless given."),
]
