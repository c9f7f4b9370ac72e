"""Makes the resolver that `[hooks] resolver` names, else the default one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifyhub import hooks
from notifyhub.errors import ConfigurationError
from notifyhub.recipients.resolver import EventRecipients, RecipientResolver

if TYPE_CHECKING:
    from notifyhub.clients.aws import AwsClients
    from notifyhub.settings.tables import Hooks


def make_resolver(wanted: Hooks, clients: AwsClients) -> RecipientResolver:
    """Makes the hook's resolver, or the default one; a subclass of EventRecipients gets the AWS clients.

    Raises ConfigurationError where the hook is no resolver.
    """
    if wanted.resolver is None:
        return EventRecipients(clients)
    hook = hooks.load(wanted.resolver, "hooks.resolver")
    wants_clients = isinstance(hook, type) and issubclass(hook, EventRecipients)
    resolver = hook(clients) if wants_clients else hooks.instantiate(hook, "hooks.resolver")
    if not isinstance(resolver, RecipientResolver):
        raise ConfigurationError("this is no RecipientResolver", path="hooks.resolver")
    return resolver
