"""A vendor's answer, before anybody has judged it."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, headers and capped body of an answer, whether of an HTTP API, an AWS service or an SMTP server.

    Attributes:
        headers: names in lower case.
        code: the vendor's error code where the transport itself carries one (AWS, SMTP enhanced codes).
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    code: str | None = None

    @property
    def successful(self) -> bool:
        """Whether the status is 2xx, which is not yet acceptance: some vendors refuse inside a 200."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the 2xx class

    def json(self) -> Any:
        """The parsed body, or an empty dict where the body is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return {}

    def field(self, *path: str | int) -> Any:
        """The value at that path of the JSON body, or None where there is none."""
        value = self.json()
        for step in path:
            if isinstance(value, str):
                return None  # a text has characters, not fields
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    @property
    def retry_after(self) -> float | None:
        """Seconds to wait by the Retry-After header (RFC 9110, 10.2.3: seconds or a date); None without one."""
        text = self.headers.get("retry-after")
        number = seconds(text)
        return _until_date(text) if number is None and text else number

    def __repr__(self) -> str:
        return f"<Reply {self.status}, {len(self.body)} bytes>"


def seconds(value: object) -> float | None:
    """A vendor's number of seconds, from a header or a JSON field; None where it is no sensible number.

    What a vendor writes is not to be trusted: of signs, exponents, NaN, digits of other scripts and more of them than
    a point in time has, none is an error or becomes a wait without end.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str):
        text = value.strip()
        return float(text) if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,9})?", text) else None
    return float(value) if 0 <= value < 1e12 else None  # noqa: PLR2004 - twelve digits, as above


def seconds_until(moment: object) -> float | None:
    """The seconds from now to a Unix time in seconds, such as X-RateLimit-Reset often is; zero once it has passed."""
    at = seconds(moment)
    return None if at is None else max(0.0, at - time.time())


def _until_date(text: str) -> float | None:
    """The seconds to a date as mail and HTTP write it; without a zone it is UTC."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, IndexError, OverflowError):
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
