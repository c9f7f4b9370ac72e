"""Finds the recipient's address, and the country of a phone number."""

from __future__ import annotations

from notifyhub.recipients.resolver import EventRecipients, RecipientResolver

__all__ = ["EventRecipients", "RecipientResolver"]
