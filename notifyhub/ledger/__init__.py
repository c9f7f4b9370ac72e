"""Recognises messages whose event comes again, by the claims and receipts that a store keeps."""

from __future__ import annotations

from notifyhub.ledger.base import Claim, Ledger

__all__ = ["Claim", "Ledger"]
