"""Makes the part that gets a message accepted, as `[delivery]`, `[sandbox]` and the triggers ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifyhub.delivery.attempts import Sender
from notifyhub.delivery.cooldown import Cooldown
from notifyhub.delivery.expiry import Expiry
from notifyhub.delivery.failover import Courier
from notifyhub.observability.observer import UNTRACED
from notifyhub.settings.policy import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from notifyhub.delivery.sandbox import SandboxedCourier
    from notifyhub.observability.observer import Tracer
    from notifyhub.provider.registry import ConfiguredProviders
    from notifyhub.settings.model import Settings

    AnyCourier = Courier | SandboxedCourier


def make_courier(
    settings: Settings,
    providers: ConfiguredProviders,
    clock: Callable[[], datetime],
    *,
    tracer: Tracer = UNTRACED,
) -> AnyCourier:
    """The courier, behind the sandbox where one is configured."""
    cooldown = Cooldown(settings.delivery.cooldown_s, clock=clock)
    courier = Courier(providers=providers, sender=Sender(providers, tracer), cooldown=cooldown)
    if settings.sandbox == Sandbox():
        return courier
    from notifyhub.delivery.sandbox import SandboxedCourier

    return SandboxedCourier(courier, settings.sandbox)


def make_expiry(settings: Settings, clock: Callable[[], datetime]) -> Expiry:
    """The expiry over the configured ends of life."""
    tables = settings.triggers.items()
    return Expiry({name: table.dead_after for name, table in tables if table.dead_after}, clock)
