"""Getting one message accepted by one of several providers, in the time that there is."""

from __future__ import annotations

from notifyhub.delivery.failover import Courier
from notifyhub.delivery.request import Envelope

__all__ = ["Courier", "Envelope"]
