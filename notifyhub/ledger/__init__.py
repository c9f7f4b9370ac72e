"""Ledgers record who works on a message and how it ended."""

from __future__ import annotations

from notifyhub.ledger.base import Claim, Ledger

__all__ = ["Claim", "Ledger"]
