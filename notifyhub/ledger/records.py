"""Converts receipts and times to what stores keep, and back."""

from __future__ import annotations

import json
import typing
from datetime import UTC, datetime, timedelta
from typing import Any

from notifyhub.channels import CHANNELS
from notifyhub.errors import LedgerError
from notifyhub.receipts import Delivery, Receipt, Status

ERROR_LENGTH = 500
"""Characters that are kept of an error's text; a store's item stays below the kilobyte that one write unit takes."""

_KEPT = ("channel", "status", "provider", "message_id", "reason", "error")
_STATUSES = typing.get_args(Status)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def dump_receipt(receipt: Receipt) -> str:
    """Writes compact JSON: a list of deliveries, without attempts, recipients (masked ones too) and empty fields."""
    return json.dumps([*map(_dump_delivery, receipt.deliveries)], separators=(",", ":"), ensure_ascii=False)


def load_receipt(record: str) -> Receipt:
    """Reads the receipt of a record.

    Fields that this version does not know are passed over. Raises LedgerError where the rest cannot be understood: to
    take it for a duplicate could lose a code, while a ledger that fails costs a second one at worst.
    """
    try:
        deliveries = tuple(map(_load_delivery, json.loads(record)))
    except (ValueError, TypeError, AttributeError, RecursionError):
        deliveries = ()
    if not deliveries:
        raise unreadable()
    return Receipt.of(deliveries)


def unreadable() -> LedgerError:
    """Makes the error for a record that no release up to this one has written."""
    text = "the ledger holds a record that this version cannot read; deploy the newer version everywhere, or delete it"
    return LedgerError(text, operation="claim")


def milliseconds(moment: datetime | timedelta) -> int:
    """Converts a moment to milliseconds since 1970, or a duration to milliseconds, rounded down."""
    return (moment - _EPOCH if isinstance(moment, datetime) else moment) // _MILLISECOND


def moment(milliseconds: int) -> datetime:
    """Converts milliseconds since 1970 to a moment, in UTC."""
    return _EPOCH + milliseconds * _MILLISECOND


def _dump_delivery(delivery: Delivery) -> dict[str, str]:
    fields = {name: getattr(delivery, name) for name in _KEPT}
    return {name: value[:ERROR_LENGTH] for name, value in fields.items() if value}


def _load_delivery(fields: dict[str, Any]) -> Delivery:
    known = {name: fields.get(name) for name in _KEPT}
    if known["channel"] not in CHANNELS or known["status"] not in _STATUSES:
        raise ValueError
    if not all(isinstance(value, str | None) for value in known.values()):
        raise TypeError
    return Delivery(**typing.cast("Any", known))
