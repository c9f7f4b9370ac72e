"""`notifyhub providers`: what is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from notifyhub.cli.output import print_table, table
from notifyhub.distribution import DISTRIBUTION
from notifyhub.errors import ConfigurationError
from notifyhub.provider.registry import Registry

if TYPE_CHECKING:
    from notifyhub.provider.contract import Capabilities


def providers() -> None:
    """Lists the providers that are installed, and what each can do."""
    registry = Registry()
    rows = table("name", "channels", "can", "from")
    for name in registry.names():
        origin = registry.origin(name)
        try:
            kind = registry.load(name)
        except ConfigurationError as error:
            cells = ("-", str(error), origin)
        else:
            cells = (", ".join(kind.channels), abilities(kind.capabilities), _where(origin))
        rows.add_row(*map(Text, (name, *cells)))
    print_table(rows)


def _where(origin: str) -> str:
    return "built in" if origin == DISTRIBUTION else origin


def abilities(capabilities: Capabilities) -> str:
    """What a provider can do, in words."""
    words = {
        "takes the bare code": capabilities.needs_secret,
        "recognises repeats": capabilities.idempotency is not None,
        "drops what is late": capabilities.expiry,
        "for development": capabilities.development_only,
    }
    return ", ".join(word for word, has in words.items() if has) or "sends"
