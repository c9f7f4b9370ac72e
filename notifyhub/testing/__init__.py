"""What tests of applications and of provider plugins need; nothing here is imported in production."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notifyhub.lazy import exporter

if TYPE_CHECKING:
    from notifyhub.testing.canary import assert_absent, traces_of
    from notifyhub.testing.provider_contract import ProviderContract
    from notifyhub.testing.vendor_server import VendorAnswer, VendorServer

__all__ = ["ProviderContract", "VendorAnswer", "VendorServer", "assert_absent", "traces_of"]

_HOMES = {
    "ProviderContract": "notifyhub.testing.provider_contract",
    "VendorAnswer": "notifyhub.testing.vendor_server",
    "VendorServer": "notifyhub.testing.vendor_server",
    "assert_absent": "notifyhub.testing.canary",
    "traces_of": "notifyhub.testing.canary",
}


def __getattr__(name: str) -> Any:
    return exporter(__name__, _HOMES, name)
