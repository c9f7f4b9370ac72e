"""The name that pip knows us by."""

from __future__ import annotations

DISTRIBUTION = "notifyhub-core"
"""The name `notifyhub` on PyPI belongs to somebody else's package."""


def install_command(extra: str) -> str:
    """The exact command that adds an extra of this distribution."""
    return f'pip install "{DISTRIBUTION}[{extra}]"'
