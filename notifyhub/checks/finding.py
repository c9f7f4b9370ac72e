"""What `notifyhub check` has to say."""

from __future__ import annotations

from typing import NamedTuple


class Finding(NamedTuple):
    """One line of the report; `level` is ok, warning or error."""

    level: str
    subject: str
    text: str = ""
