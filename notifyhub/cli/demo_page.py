"""The page that shows what a demo sent."""

from __future__ import annotations

import email
import email.policy
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from email.message import EmailMessage

    from notifyhub.receipts import Delivery, Receipt


class Outcome(NamedTuple):
    """One event of the demo."""

    source: str
    receipt: Receipt


def write_page(folder: Path, outcomes: Sequence[Outcome], *, made_at: datetime) -> Path:
    """Writes `index.html` beside the messages, reading each back from its file; returns the page's path."""
    import jinja2

    template = Path(__file__).parent / "pages" / "demo.html.j2"
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    shown = [_read_message(folder, outcome.source, d) for outcome in outcomes for d in outcome.receipt.deliveries]
    page = folder / "index.html"
    html = environment.from_string(template.read_text(encoding="utf-8")).render(messages=shown, made_at=made_at)
    page.touch(mode=0o600)  # before it shows codes
    page.write_text(html, encoding="utf-8")
    return page


def _read_message(folder: Path, source: str, delivery: Delivery) -> dict[str, Any]:
    facts = {"source": source, "channel": delivery.channel, "status": delivery.status, "error": delivery.error}
    if delivery.message_id is None:
        return facts
    content = (folder / delivery.message_id).read_bytes()
    parts = _parse_letter(content) if delivery.channel == "email" else {"text": content.decode()}
    return {**facts, "file": delivery.message_id, **parts}


def _parse_letter(content: bytes) -> dict[str, Any]:
    letter: EmailMessage = email.message_from_bytes(content, policy=email.policy.default)
    bodies = {subtype: letter.get_body((subtype,)) for subtype in ("html", "plain")}
    return {
        "sender": str(letter["From"]),
        "to": str(letter["To"]),
        "subject": str(letter["Subject"]),
        "html": bodies["html"].get_content() if bodies["html"] else None,
        "text": bodies["plain"].get_content() if bodies["plain"] else None,
    }
