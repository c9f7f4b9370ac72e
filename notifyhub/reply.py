"""A vendor's answer, before anybody has judged it."""

from __future__ import annotations

import json
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
        text = self.headers.get("retry-after", "").strip()
        if text.isdecimal():
            return float(text)
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, IndexError, OverflowError):
            return None
        return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds())

    def __repr__(self) -> str:
        return f"<Reply {self.status}, {len(self.body)} bytes>"
