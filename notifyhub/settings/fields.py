"""The kinds of values that tables of the configuration hold."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints

from notifyhub import locales
from notifyhub.events.triggers import TRIGGERS

WebAddress = Annotated[str, StringConstraints(pattern=r"^https?://[^\s<>\"']+$")]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Locale = Annotated[str, StringConstraints(pattern=f"^{locales.PATTERN}$")]
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def _duration(value: Any) -> timedelta:
    """`90s`, `15m`, `24h`, `7d`, or a number of seconds."""
    if isinstance(value, timedelta):
        return value
    match = re.fullmatch(r"([0-9]{1,8}(?:\.[0-9]{1,3})?)\s*([smhd]?)", str(value))
    if match is None:
        raise ValueError("write 90s, 15m, 24h, 7d, or a number of seconds")
    return timedelta(seconds=float(match[1]) * _UNITS[match[2]])


def table(value: Any) -> Any:
    """A table as JSON, which is how an environment variable writes it."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        pass
    raise ValueError("must be a table; an environment variable writes it as JSON")


def _listed(value: Any) -> Any:
    """One value or a list of them."""
    return [_as_text(item) for item in value] if isinstance(value, list | tuple) else [_as_text(value)]


def _as_text(value: Any) -> Any:
    """Numbers and truth values as Cognito writes them: `5`, `true`."""
    return str(value).lower() if isinstance(value, int | float) else value


def trigger_name(name: str) -> str:
    """A trigger of Cognito by any spelling of its letters' case; other names as they are."""
    return next((known for known in TRIGGERS if known.lower() == name.lower()), name)


Duration = Annotated[timedelta, BeforeValidator(_duration), Field(gt=timedelta(0))]

Country = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2}$", to_upper=True)]
"""Two letters of ISO 3166."""

OneOrMore = Annotated[tuple[str, ...], BeforeValidator(_listed), Field(min_length=1)]
"""A value or a list of values."""
