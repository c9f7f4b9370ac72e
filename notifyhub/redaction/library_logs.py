"""Silences log lines of libraries that show credentials, codes and recipients.

At DEBUG, botocore logs request and response bodies (data keys, message texts), httpcore headers (API keys), and httpx
logs URLs at INFO (tokens of chat services). notifyhub logs every outcome itself, so nothing is lost with them.
"""

from __future__ import annotations

import logging


class _AtLeast(logging.Filter):
    """Passes records from one level on."""

    def __init__(self, level: int) -> None:
        super().__init__()
        self.level = level

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= self.level


_WARNINGS = _AtLeast(logging.WARNING)
_NOTHING = _AtLeast(logging.CRITICAL + 1)


def guard_http() -> None:
    """Silences the log lines of httpx and httpcore about requests."""
    _guard(("httpx", "httpcore"), _WARNINGS)


def guard_aws() -> None:
    """Silences the log lines of AWS libraries about requests, and all lines of the Encryption SDK."""
    _guard(("boto3", "botocore", "urllib3"), _WARNINGS)
    _guard(("aws_encryption_sdk",), _NOTHING)


def _guard(prefixes: tuple[str, ...], passing: _AtLeast) -> None:
    """Filters a logger and each of its children, which its filter does not reach; later ones inherit the level."""
    for prefix in prefixes:
        top = logging.getLogger(prefix)
        top.setLevel(max(top.level, logging.WARNING))
        for name in [name for name in list(logging.root.manager.loggerDict) if name.startswith(f"{prefix}.")]:
            logging.getLogger(name).addFilter(passing)
        top.addFilter(passing)
