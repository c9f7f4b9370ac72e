"""Makes the ledger that `[ledger]` asks for; the others are not even imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifyhub.clock import now
from notifyhub.errors import ConfigurationError
from notifyhub.ledger.memory import MemoryLedger
from notifyhub.settings.runtime import in_lambda

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from notifyhub.clients.aws import AwsClients
    from notifyhub.ledger.base import Ledger
    from notifyhub.settings.tables import LedgerSettings


def make_ledger(wanted: LedgerSettings, clients: AwsClients, clock: Callable[[], datetime] = now) -> Ledger:
    """The ledger in memory, in a file or in a DynamoDB table, not yet connected; raises ConfigurationError."""
    # The table's validator sees to it that its keys tell what `use` asks for.
    if wanted.table is not None:
        from notifyhub.ledger import dynamodb

        # Made now and not at the first claim: during INIT a function has the whole CPU, and a client takes a while.
        client = clients.get("dynamodb", wanted.region, attempts=dynamodb.ATTEMPTS, timeout_s=dynamodb.TIMEOUT_S)
        return dynamodb.DynamoDbLedger(wanted.table, client, keep=wanted.keep, clock=clock)
    if wanted.path is not None:
        if in_lambda():
            raise ConfigurationError(
                "a file is the container's own, and no other sees it; inside Lambda use dynamodb", path="ledger.use"
            )
        from notifyhub.ledger.sqlite import SqliteLedger

        return SqliteLedger(wanted.path, keep=wanted.keep, clock=clock)
    return MemoryLedger(clock=clock)
