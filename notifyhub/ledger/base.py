"""The contract of ledgers, which record who works on a message and how it ended."""

from __future__ import annotations

import abc
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from notifyhub.receipts import Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The ledger's answer to a request to work on a message.

    Attributes:
        state: `won` (the work is yours), `held` (somebody else's lease runs) or `settled` (it is done).
        attempt: how often the message was claimed, this time included.
        first_seen: when it was claimed first; it survives releases.
        unknown_at: instances that may have accepted it in an earlier attempt.
        receipt: the outcome, if it is settled.
        guarded: whether the ledger knows of it; False only where the ledger did not answer.
    """

    key: str
    state: Literal["won", "held", "settled"]
    owner: str
    attempt: int
    first_seen: datetime
    unknown_at: tuple[str, ...] = ()
    receipt: Receipt | None = None
    guarded: bool = True


class Ledger(abc.ABC):
    """Stores claims and receipts of messages, and never their content; safe to use from many threads.

    Each method raises LedgerError where the store cannot be reached, refuses, or holds what cannot be read.
    """

    may_block: ClassVar[bool] = True
    """Whether its operations wait for others, on the network or for a lock, and so are bounded by wall clock."""

    @abc.abstractmethod
    def claim(self, key: str, *, owner: str, lease: float) -> Claim:
        """Takes the message for `lease` seconds, unless it is settled or another owner's lease runs."""

    @abc.abstractmethod
    def settle(self, claim: Claim, receipt: Receipt) -> None:
        """Records the outcome of the message; without effect if the claim passed to another owner."""

    @abc.abstractmethod
    def release(self, claim: Claim, *, unknown_at: Sequence[str] = ()) -> None:
        """Gives the message back, keeping `first_seen`; without effect if the claim passed to another owner."""

    def probe(self) -> None:  # noqa: B027 - no store, nothing to try
        """Checks that the store would take a claim, and leaves nothing there."""
