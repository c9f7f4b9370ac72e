"""Masks recipients for logs and reprs."""

from __future__ import annotations

_STARS = "***"


def mask(address: str) -> str:
    """Writes `anna@example.com` as `a***@e***.com`, `+15005554567` as `+1******4567`, other texts as asterisks."""
    if "@" in address:
        return _mask_email(address)
    if address.startswith("+"):
        return f"{address[:2]}******{address[-4:]}" if len(address) > len("+12345678") else "+******"
    return _STARS


def _mask_email(address: str) -> str:
    local, _, domain = address.rpartition("@")
    name, _, suffix = domain.rpartition(".")
    return f"{local[:1]}{_STARS}@{name[:1]}{_STARS}.{suffix}" if name else f"{local[:1]}{_STARS}@{_STARS}"
