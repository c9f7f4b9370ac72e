"""Makes the part that gets a message accepted, as `[delivery]`, `[sandbox]` and the triggers ask for it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from notifyhub.clock import now
from notifyhub.delivery.attempts import Attempts
from notifyhub.delivery.cooldown import Cooldown
from notifyhub.delivery.expiry import Expiry
from notifyhub.delivery.failover import Failover
from notifyhub.settings.policy import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from notifyhub.delivery.sandbox import SandboxedFailover
    from notifyhub.provider.instances import ConfiguredProviders
    from notifyhub.settings.model import Settings

    AnyDelivery = Failover | SandboxedFailover


def make_delivery(
    settings: Settings,
    providers: ConfiguredProviders,
    clock: Callable[[], datetime] = now,
    sleep: Callable[[float], None] = time.sleep,
) -> AnyDelivery:
    """The failover over the configured providers, behind the sandbox where one is configured."""
    cooldown = Cooldown(settings.delivery.cooldown_s, clock=clock)
    failover = Failover(providers=providers, attempts=Attempts(providers), cooldown=cooldown, sleep=sleep)
    if settings.sandbox == Sandbox():
        return failover
    from notifyhub.delivery.sandbox import SandboxedFailover

    return SandboxedFailover(failover, settings.sandbox)


def make_expiry(settings: Settings, clock: Callable[[], datetime] = now) -> Expiry:
    """The expiry over the configured ends of life."""
    tables = settings.triggers.items()
    return Expiry({name: table.dead_after for name, table in tables if table.dead_after}, clock)
