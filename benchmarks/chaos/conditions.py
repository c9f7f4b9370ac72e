"""The faults of a run, and how often each comes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

COMPRESSION = 20
"""All waits of Lambda are divided by this, and so are the time-outs and the lease in notifyhub.toml."""
RETRY_WAITS_S = (60 / COMPRESSION, 120 / COMPRESSION)
"""Before the second and the third try of an asynchronous invocation."""
FUNCTION_TIMEOUT_S = 60 / COMPRESSION
ATTEMPT_TIMEOUT_S = 10 / COMPRESSION
"""As in notifyhub.toml."""
SLOW_S = 1.6 * ATTEMPT_TIMEOUT_S
"""How long what is slow takes."""


class Fault(StrEnum):
    """A way in which a call of a vendor fails; its value is what the report calls it."""

    REFUSED_CONNECTION = "refused connection"
    SLOW_DNS = "slow DNS"
    RATE_LIMIT_WITH_WAIT = "429 with Retry-After"
    RATE_LIMIT = "429 without Retry-After"
    SERVER_ERROR = "500"
    UNAVAILABLE = "503"
    SLOW_FIRST_BYTE = "slow first byte"
    DRIPPING_BODY = "dripping body"
    CUT_BODY = "cut body"
    NOT_JSON = "reply that is not JSON"
    REFUSAL_IN_SUCCESS = "200 with a refusal"
    RESET_AFTER_ACCEPTANCE = "accepted, then reset"


CONNECTION_FAULTS = (Fault.REFUSED_CONNECTION, Fault.SLOW_DNS)
"""Made in the worker, where connections begin; all others by the vendor."""
PRIMARY, SECONDARY = "primary", "secondary"
CLOSED_SHARE = 0.5
"""Of the vendors' answers, how many close the connection, so that there are new ones that can fail."""
_NEW_CONNECTIONS = 0.55
"""New connections per request that come of it, failures included (measured)."""
TWILIO_ONLY = (Fault.REFUSAL_IN_SUCCESS,)
"""SendGrid's success is a 202 whose body is empty: nothing in it can refuse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """The rates of a run's faults, and what is switched off to see whether the check notices.

    Attributes:
        primary: share of the calls of the first vendor that fail, evenly in all ways.
        secondary: the same of the second.
        ledger: share of the ledger's operations that fail.
        copies: share of the events that come twice or three times without any error.
        kills: how many workers are killed.
        redelivery: whether Lambda tries again.
        memory: whether the ledger remembers anything.
    """

    seed: int
    primary: float = 0.0
    secondary: float = 0.0
    ledger: float = 0.0
    copies: float = 0.0
    kills: int = 0
    redelivery: bool = True
    memory: bool = True

    def reply_fault(self, vendor: str, nonce: object, *, mail: bool) -> Fault | None:
        """Draws how a request fails at the vendor, if it does."""
        faults = [f for f in Fault if f not in CONNECTION_FAULTS and not (mail and f in TWILIO_ONLY)]
        share = len(faults) / (len(faults) + len(CONNECTION_FAULTS))
        return _chosen(faults, self._rate(vendor) * share, nonce)

    def connection_fault(self, vendor: str, nonce: object) -> Fault | None:
        """Draws how a connection fails to be made, if it does."""
        share = len(CONNECTION_FAULTS) / len(Fault)
        return _chosen(CONNECTION_FAULTS, self._rate(vendor) * share / _NEW_CONNECTIONS, nonce)

    def _rate(self, vendor: str) -> float:
        return self.primary if vendor == PRIMARY else self.secondary


def drawn(*what: object) -> float:
    """A figure in [0, 1) that is always the same for the same things, whichever process asks."""
    digest = hashlib.blake2b(repr(what).encode(), digest_size=7).digest()
    return int.from_bytes(digest, "big") / 256**7


def _chosen(faults: Sequence[Fault], rate: float, nonce: object) -> Fault | None:
    place = drawn("fault", nonce)
    return faults[int(place / rate * len(faults))] if place < rate else None
