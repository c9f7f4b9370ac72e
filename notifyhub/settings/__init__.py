"""The configuration: its tables, where it is read from, and the secrets that it refers to."""

from __future__ import annotations

from notifyhub.settings.loading import load_settings, validate
from notifyhub.settings.model import Settings

__all__ = ["Settings", "load_settings", "validate"]
