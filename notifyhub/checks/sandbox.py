"""What `notifyhub check` says of a sandbox: in production it would be a mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifyhub.checks.finding import Finding
from notifyhub.redaction.masking import mask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notifyhub.settings.policy import Sandbox


def sandbox_findings(sandbox: Sandbox) -> Iterator[Finding]:
    """Nothing without a sandbox."""
    if sandbox.dry_run:
        yield Finding("warning", "sandbox.dry_run", "no message is sent; not for production")
    if sandbox.restricts:
        places = f"email {_place(sandbox.redirect_email)}, sms {_place(sandbox.redirect_sms)}"
        allowed = f"{len(sandbox.allow or ())} patterns in allow"
        yield Finding("warning", "sandbox", f"not for production: but for {allowed}, {places}")


def _place(address: str | None) -> str:
    return f"goes to {mask(address)}" if address else "is held back"
