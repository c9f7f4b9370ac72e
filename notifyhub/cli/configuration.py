"""The configuration, for commands that can do without one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifyhub.errors import ConfigurationNotFound
from notifyhub.settings import load_settings

if TYPE_CHECKING:
    from pathlib import Path

    from notifyhub.settings import Settings


def settings_if_any(config: Path | None) -> Settings | None:
    """The configuration, or None where there is none; one that is named or broken is never passed over."""
    try:
        return load_settings(config)
    except ConfigurationNotFound:
        return None
