"""A name server that is slow at times, and at times leads to a port that refuses."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.chaos.conditions import SLOW_S, Fault, drawn
from benchmarks.chaos.passage import PASSAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.chaos.conditions import Conditions

_resolved = socket.getaddrinfo


@dataclass(frozen=True, slots=True, kw_only=True)
class NameServer:
    """Put in the place of `socket.getaddrinfo`, which every new connection asks.

    Attributes:
        vendors: their names by their ports.
        refusing_port: one that nobody listens on.
        failed: called with the vendor and what failed.
    """

    conditions: Conditions
    vendors: Mapping[int, str]
    refusing_port: int
    failed: Callable[[str, Fault], None]

    def __call__(self, host: Any, port: Any, *rest: Any, **named: Any) -> list[Any]:
        vendor = self.vendors[port]
        nonce = (self.conditions.seed, vendor, PASSAGE.get().nonce("connection"))
        fault = self.conditions.connection_fault(vendor, nonce)
        if fault:
            self.failed(vendor, fault)
        if fault is Fault.REFUSED_CONNECTION:
            return _resolved(host, self.refusing_port, *rest, **named)
        if fault is Fault.SLOW_DNS:
            _think(nonce)
        return _resolved(host, port, *rest, **named)


def _think(nonce: object) -> None:
    """Longer than the sender waits; what follows then goes on behind its back, or half of the time does not."""
    time.sleep(SLOW_S)
    if drawn("toss", nonce) < 0.5:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
