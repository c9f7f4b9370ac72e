"""`notifyhub providers`: what is installed."""

from __future__ import annotations

from rich.text import Text

from notifyhub.cli.output import describe_abilities, make_table, print_table
from notifyhub.distribution import DISTRIBUTION
from notifyhub.errors import ConfigurationError
from notifyhub.provider.registry import Registry


def providers() -> None:
    """Lists the providers that are installed, and what each can do."""
    registry = Registry()
    rows = make_table("name", "channels", "can", "from")
    for name in registry.names():
        origin = registry.origin(name)
        try:
            provider_class = registry.load(name)
        except ConfigurationError as error:
            cells = ("-", str(error), origin)
        else:
            cells = (
                ", ".join(provider_class.channels),
                describe_abilities(provider_class.capabilities),
                _describe_origin(origin),
            )
        rows.add_row(*map(Text, (name, *cells)))
    print_table(rows)


def _describe_origin(origin: str) -> str:
    return "built in" if origin == DISTRIBUTION else origin
