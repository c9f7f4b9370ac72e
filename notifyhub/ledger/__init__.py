"""Ledgers: who works on a message, and what became of it."""

from __future__ import annotations

from notifyhub.ledger.base import Claim, Ledger

__all__ = ["Claim", "Ledger"]
