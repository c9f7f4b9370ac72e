"""Keeps the libraries' own log lines from showing what passes through them.

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
    """Silences what httpx and httpcore say of requests."""
    _guard(("httpx", "httpcore"), _WARNINGS)


def guard_aws() -> None:
    """Silences what the AWS libraries say of requests; of the Encryption SDK also errors, which we raise better."""
    _guard(("boto3", "botocore", "urllib3"), _WARNINGS)
    _guard(("aws_encryption_sdk",), _NOTHING)


def _guard(prefixes: tuple[str, ...], passing: _AtLeast) -> None:
    """A filter does not reach a logger's children, so each gets its own; later children inherit the level."""
    for prefix in prefixes:
        top = logging.getLogger(prefix)
        top.setLevel(max(top.level, logging.WARNING))
        for name in [name for name in list(logging.root.manager.loggerDict) if name.startswith(f"{prefix}.")]:
            logging.getLogger(name).addFilter(passing)
        top.addFilter(passing)
