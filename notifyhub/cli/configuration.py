"""The configuration, for commands that can do without one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifyhub.cli.output import err
from notifyhub.errors import ConfigurationNotFound
from notifyhub.settings import Settings, load_settings

if TYPE_CHECKING:
    from pathlib import Path


def load_settings_if_any(config: Path | None) -> Settings | None:
    """Loads the configuration, or None where there is no file; one that is named or broken is never passed over."""
    try:
        return load_settings(config)
    except ConfigurationNotFound:
        return None


def load_settings_or_defaults(config: Path | None) -> Settings:
    """Loads the configuration; where there is no file and none was named, what the built-in templates need."""
    if settings := load_settings_if_any(config):
        return settings
    err().print("No notifyhub.toml here: showing the built-in templates.", style="dim")
    return Settings.model_validate({"app": {"name": "Acme"}})
