"""The events that both handlers get: each for another user, so that none is a duplicate and each mail is checkable."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from notifyhub.testing.forge import forge_event

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

REGION = "eu-west-1"


def write_sign_ups(file: Path, count: int, *, kms_url: str) -> str:
    """Forges SignUp events under a new KMS key, one per line; the key's ARN."""
    import boto3
    from aws_encryption_sdk.key_providers.kms import KMSMasterKey

    credentials = {"aws_access_key_id": "made-up", "aws_secret_access_key": "made-up"}
    kms = boto3.Session(region_name=REGION, **credentials).client("kms", endpoint_url=kms_url)
    arn: str = kms.create_key()["KeyMetadata"]["Arn"]
    master_key = KMSMasterKey(key_id=arn, client=kms)
    _write(file, (_sign_up(number, master_key) for number in range(count)))
    return arn


def write_orders(file: Path, count: int) -> None:
    """Writes events of `order_shipped.OrderShipped`, one per line."""
    _write(file, map(_order, range(count)))


def token_of(address: str) -> str:
    """What the mail to that address must show: the code or the order's number, which the address does not hold."""
    match = re.fullmatch(r"user(\d+)@example\.com", address)
    return _token(int(match[1])) if match else "no such user"


def _sign_up(number: int, master_key: Any) -> dict[str, Any]:
    return forge_event(
        "CustomEmailSender_SignUp",
        master_key,
        code=_token(number),
        user_name=f"user{number}",
        attributes={"email": _address(number)},
    )


def _order(number: int) -> dict[str, Any]:
    return {
        "event": "OrderShipped",
        "id": f"shipment-{number}",
        "recipient": {"email": _address(number)},
        "orderNumber": _token(number),
        "carrier": "Example Parcels",
    }


def _address(number: int) -> str:
    return f"user{number}@example.com"


def _token(number: int) -> str:
    return str(700_000 + number)


def _write(file: Path, events: Iterable[dict[str, Any]]) -> None:
    file.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
