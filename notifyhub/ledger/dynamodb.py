"""A ledger in a DynamoDB table, which all containers of a function share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from notifyhub.clients.aws import AwsService
from notifyhub.clock import now
from notifyhub.errors import LedgerError, ProviderError
from notifyhub.ledger.base import Claim, Ledger
from notifyhub.ledger.records import dump_receipt, load_receipt, milliseconds, moment, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, timedelta

    from notifyhub.clients.reply import Reply
    from notifyhub.receipts import Receipt

ATTEMPTS = 2
TIMEOUT_S = 1.0
"""Seconds per attempt: sign-in waits, and a ledger that is down does not stop a code."""
REFUSED = "ConditionalCheckFailedException"
PROBED = "notifyhub-probe"
"""A key that no message has: theirs are hashes."""

# Each write is right when it arrives twice, as when its reply was lost and the SDK repeats it: a claim finds itself the
# owner, and what gives the item up finds that it is not the owner any more.
_FREE = "attribute_not_exists(receipt) AND (attribute_not_exists(#owner) OR lease_ends <= :now OR #owner = :me)"
_MINE = "attribute_not_exists(receipt) AND #owner = :me"
_CLAIM = (
    "SET #owner = :me, lease_ends = :ends, expires = :expires, first_seen = if_not_exists(first_seen, :now)"
    " ADD attempt :once"
)
_SETTLE = "SET receipt = :receipt, expires = :expires REMOVE #owner, lease_ends"
_RELEASE = "REMOVE #owner, lease_ends"


class DynamoDbLedger(Ledger):
    """Keeps claims and receipts by one conditional UpdateItem each, the only permission that the role needs.

    Times are compared in the condition; the table's TTL, on `expires`, only cleans up what was neither claimed nor
    settled for `keep`. Making it does not talk to AWS.
    """

    def __init__(self, table: str, client: Any, *, keep: timedelta, clock: Callable[[], datetime] = now) -> None:
        self._table = table
        self._region = client.meta.region_name
        self._service = AwsService("dynamodb", client)
        self._keep = keep
        self._clock = clock

    def claim(self, key: str, *, owner: str, lease: float) -> Claim:
        """See the base class; `attempt` counts a claim whose reply was lost twice."""
        at = milliseconds(self._clock())
        values = {":me": owner, ":now": at, ":ends": at + int(lease * 1000), ":once": 1, ":expires": self._expires()}
        reply = self._update("claim", key, update=_CLAIM, condition=_FREE, values=values)
        if reply.code != REFUSED:
            return _make_claim("won", key, reply.field("Attributes"))
        item = reply.field("Item") or self._read(key)
        return _make_claim("settled" if "receipt" in item else "held", key, item)

    def settle(self, claim: Claim, receipt: Receipt) -> None:
        """See the base class."""
        values = {":me": claim.owner, ":receipt": dump_receipt(receipt), ":expires": self._expires()}
        self._update("settle", claim.key, update=_SETTLE, condition=_MINE, values=values)

    def release(self, claim: Claim, *, unknown_at: Sequence[str] = ()) -> None:
        """See the base class."""
        values: dict[str, Any] = {":me": claim.owner}
        if unknown_at:
            values[":unknown_at"] = set(unknown_at)
        update = _RELEASE + (" ADD unknown_at :unknown_at" if unknown_at else "")
        self._update("release", claim.key, update=update, condition=_MINE, values=values)

    def probe(self) -> None:
        """See the base class; an update on a condition that no item meets asks for the same permission and no more."""
        self._update("probe", PROBED, update=_RELEASE, condition=_MINE, values={":me": PROBED})

    def _expires(self) -> int:
        """Returns when an entry expires, in seconds since 1970, as DynamoDB's TTL wants it."""
        return int((self._clock() + self._keep).timestamp())

    def _update(self, operation: str, key: str, *, update: str, condition: str, values: dict[str, Any]) -> Reply:
        parameters = {
            "TableName": self._table,
            "Key": {"id": {"S": key}},
            "UpdateExpression": update,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {"#owner": "owner"},  # a reserved word
            "ExpressionAttributeValues": {name: _encode(value) for name, value in values.items()},
            "ReturnValues": "ALL_NEW" if operation == "claim" else "NONE",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD" if operation == "claim" else "NONE",
        }
        return self._call("UpdateItem", operation, parameters)

    def _read(self, key: str) -> dict[str, Any]:
        """Reads the item, which DynamoDB sends with its refusal and some emulators do not."""
        parameters = {"TableName": self._table, "Key": {"id": {"S": key}}, "ConsistentRead": True}
        item: dict[str, Any] = self._call("GetItem", "claim", parameters).field("Item") or {}
        return item

    def _call(self, action: Literal["UpdateItem", "GetItem"], operation: str, parameters: dict[str, Any]) -> Reply:
        method = {"UpdateItem": "update_item", "GetItem": "get_item"}[action]
        try:
            reply = self._service.call(method, parameters)
        except ProviderError as error:
            raise LedgerError(f"DynamoDB did not answer: {error}", operation=operation) from error
        if reply.code and reply.code != REFUSED:
            problem = f"DynamoDB refused {action} ({reply.code}): {self._remedy(reply.code, action)}"
            raise LedgerError(problem, operation=operation, code=reply.code)
        return reply

    def _remedy(self, code: str, action: str) -> str:
        table = f"the table {self._table!r}"
        throttled = f"{table} is throttled; give it on-demand capacity (PAY_PER_REQUEST), or more"
        credentials = "the credentials of this process are not valid (any more)"
        remedies = {
            "AccessDeniedException": f"grant the function's role dynamodb:{action} on {table}",
            "ResourceNotFoundException": f"there is no {table[4:]} in {self._region}; see [ledger] table and region",
            "ValidationException": f"the key of {table} must be `id`, a string, with no sort key",
            **dict.fromkeys(_THROTTLED, throttled),
            **dict.fromkeys(_CREDENTIALS, credentials),
        }
        return remedies.get(code, f"see the error code in the DynamoDB API reference, {action}")


_THROTTLED = ("ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded")
_CREDENTIALS = ("UnrecognizedClientException", "ExpiredTokenException", "InvalidSignatureException")


def _encode(value: str | int | set[str]) -> dict[str, Any]:
    """Writes a value as DynamoDB's wire format does."""
    if isinstance(value, str):
        return {"S": value}
    return {"N": str(value)} if isinstance(value, int) else {"SS": sorted(value)}


def _make_claim(state: Literal["won", "held", "settled"], key: str, item: Any) -> Claim:
    try:
        return Claim(
            key=key,
            state=state,
            owner=item["owner"]["S"] if "owner" in item else "",
            attempt=int(item["attempt"]["N"]),
            first_seen=moment(int(item["first_seen"]["N"])),
            unknown_at=tuple(item["unknown_at"]["SS"]) if "unknown_at" in item else (),
            receipt=load_receipt(item["receipt"]["S"]) if state == "settled" else None,
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        raise unreadable() from None
