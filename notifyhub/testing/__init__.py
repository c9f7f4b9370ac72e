"""What tests of applications and of provider plugins need; nothing here is imported in production."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notifyhub.lazy import exporter

if TYPE_CHECKING:
    from notifyhub.testing.contracts.aws_provider import AwsProviderContract
    from notifyhub.testing.contracts.decryptor import DecryptorContract
    from notifyhub.testing.contracts.ledger import LedgerContract
    from notifyhub.testing.contracts.provider import ProviderContract
    from notifyhub.testing.forge import forge_event, make_local_key
    from notifyhub.testing.leaks import assert_absent, traces_of
    from notifyhub.testing.recording import RecordingProvider
    from notifyhub.testing.vendor_server import VendorAnswer, VendorServer

__all__ = [
    "AwsProviderContract",
    "DecryptorContract",
    "LedgerContract",
    "ProviderContract",
    "RecordingProvider",
    "VendorAnswer",
    "VendorServer",
    "assert_absent",
    "forge_event",
    "make_local_key",
    "traces_of",
]

_HOMES = {
    "AwsProviderContract": "notifyhub.testing.contracts.aws_provider",
    "DecryptorContract": "notifyhub.testing.contracts.decryptor",
    "LedgerContract": "notifyhub.testing.contracts.ledger",
    "ProviderContract": "notifyhub.testing.contracts.provider",
    "RecordingProvider": "notifyhub.testing.recording",
    "VendorAnswer": "notifyhub.testing.vendor_server",
    "VendorServer": "notifyhub.testing.vendor_server",
    "assert_absent": "notifyhub.testing.leaks",
    "forge_event": "notifyhub.testing.forge",
    "make_local_key": "notifyhub.testing.forge",
    "traces_of": "notifyhub.testing.leaks",
}


def __getattr__(name: str) -> Any:
    return exporter(__name__, _HOMES, name)
