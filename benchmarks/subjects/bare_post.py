"""The least that a mail through SendGrid can cost in httpx: one pooled client posts one payload that is given."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import httpx

http = httpx.Client()
payload = json.loads(Path(os.environ["PAYLOAD"]).read_text(encoding="utf-8"))


def handler(_event: Any, _context: Any) -> None:
    """Posts it."""
    response = http.post(
        f"{os.environ['SENDGRID_URL']}/v3/mail/send",
        headers={"Authorization": f"Bearer {os.environ['SENDGRID_API_KEY']}"},
        json=payload,
    )
    response.raise_for_status()
