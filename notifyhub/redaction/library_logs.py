"""Keeps the libraries' own log lines from showing what passes through them.

At DEBUG, botocore logs request and response bodies (data keys, message texts) and httpcore headers (API keys); at INFO,
httpx logs URLs (tokens of chat services). httpx2 and httpcore2 do the same under their own names. notifyhub logs every
outcome itself, so nothing is lost with them.
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


def quiet_http() -> None:
    """Withholds what httpx, httpx2 and the httpcore of each log below WARNING."""
    _quiet(("httpx", "httpcore", "httpx2", "httpcore2"), _WARNINGS)


def quiet_aws() -> None:
    """Withholds what the AWS libraries log below WARNING, and all that the Encryption SDK logs: we raise its errors."""
    _quiet(("boto3", "botocore", "urllib3"), _WARNINGS)
    _quiet(("aws_encryption_sdk",), _NOTHING)


def _quiet(prefixes: tuple[str, ...], passing: _AtLeast) -> None:
    """Filters the loggers of these packages, each child too, as a filter does not reach the children of its logger.

    Children that are made later inherit the level.
    """
    for prefix in prefixes:
        top = logging.getLogger(prefix)
        top.setLevel(max(top.level, logging.WARNING))
        for name in [name for name in list(logging.root.manager.loggerDict) if name.startswith(f"{prefix}.")]:
            logging.getLogger(name).addFilter(passing)
        top.addFilter(passing)
