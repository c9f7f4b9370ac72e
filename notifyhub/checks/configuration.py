"""What is wrong with a configuration, part by part; nothing is sent, and AWS is asked only to resolve secrets."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from notifyhub.checks.finding import Finding, find
from notifyhub.checks.routes import find_route_problems
from notifyhub.checks.sandbox import find_sandbox_problems
from notifyhub.checks.templates import find_template_problems
from notifyhub.decryption.factory import make_decryptor
from notifyhub.decryption.local_key import parse_local_key
from notifyhub.errors import NotifyHubError
from notifyhub.hooks import load_events, load_on_undeliverable
from notifyhub.ledger.factory import make_ledger
from notifyhub.observability.factory import make_observers, make_tracer
from notifyhub.provider.instances import ConfiguredProviders
from notifyhub.provider.toolkit import Clients
from notifyhub.recipients.factory import make_resolver
from notifyhub.routing.router import Router
from notifyhub.settings.references import Reference, check_references

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notifyhub.events.notification import NotificationEvent
    from notifyhub.provider.contract import Provider
    from notifyhub.settings.model import Settings


_NOT_FOR_PRODUCTION = {
    "memory": "an event that comes again is recognised by the same container only",
    "sqlite": "a file is for development; inside Lambda it is refused",
}


def find_problems(settings: Settings, *, resolve: bool) -> Iterator[Finding]:
    """Yields all that there is to say about a configuration and its templates, what is in order too.

    With `resolve` secrets are fetched and the ledger is tried.
    """
    clients = Clients()
    yield from find_decryption_problems(settings, clients, resolve=resolve)
    events: dict[str, type[NotificationEvent]] = {}  # stays empty where they are broken
    yield find("hooks.events", lambda: events.update(load_events(settings.hooks, ())))
    yield from find_hook_problems(settings, clients)
    yield from find_observability_problems(settings)
    yield from find_provider_problems(settings, clients, resolve=resolve)
    yield from find_route_problems(settings)
    yield from find_sandbox_problems(settings.sandbox)
    yield from find_template_problems(settings, events)
    yield from find_ledger_problems(settings, clients, resolve=resolve)


def find_decryption_problems(settings: Settings, clients: Clients, *, resolve: bool) -> Iterator[Finding]:
    """Finds what is wrong with the keys that events are decrypted with."""
    wanted = settings.decryption
    yield find("decryption", lambda: check_references(wanted, path="decryption"))
    if wanted.key_arns or (wanted.local_key and resolve):
        yield find("decryption keys", lambda: make_decryptor(wanted, clients.aws, folder=settings.folder))
    elif wanted.local_key and Reference.parse(literal := wanted.local_key.get_secret_value()) is None:
        yield find("decryption keys", lambda: parse_local_key(literal))
    if wanted.local_key:
        yield Finding("warning", "decryption.local_key", "a local key is for development; inside Lambda it is refused")
    if not wanted.key_arns and not wanted.local_key:
        yield Finding("warning", "decryption", "no key: events of Cognito cannot be decrypted")


def find_hook_problems(settings: Settings, clients: Clients) -> Iterator[Finding]:
    """Loads the application's hooks, and finds those that would stop the start."""
    yield find("hooks.resolver", lambda: make_resolver(settings.hooks, clients.aws))
    yield find("hooks.observers", lambda: make_observers(settings.observability, settings.hooks, ()))
    yield find("hooks.on_undeliverable", lambda: load_on_undeliverable(settings.hooks))


def find_observability_problems(settings: Settings) -> Iterator[Finding]:
    """Says which metrics and traces there will be."""
    wanted = settings.observability
    where = {"emf": "emf", "none": "none", None: "emf inside Lambda, none elsewhere"}[wanted.metrics]
    namespace = "" if wanted.metrics == "none" else f", namespace {wanted.namespace}"
    yield Finding("ok", "observability.metrics", where + namespace)
    traces = find("observability.traces", lambda: make_tracer(settings.observability))
    yield traces._replace(text=traces.text or wanted.traces)


def find_provider_problems(settings: Settings, clients: Clients, *, resolve: bool) -> Iterator[Finding]:
    """Builds each provider, with made-up secrets unless `resolve` is set, and compares it with its routes."""
    configured = ConfiguredProviders(settings, clients)
    routed = {name for route in settings.routes for name in route.providers}
    for name, table in settings.providers.items():
        build = configured.get if resolve else configured.check_build
        yield find(f"providers.{name} ({table.use})", partial(build, name))
        if name not in routed:
            yield Finding("warning", f"providers.{name}", "no route names it")
    for wrong in Router(settings.routes).find_misrouted(partial(_load_class, configured)):
        yield Finding("error", f"routes.{wrong.route}", wrong.text)


def find_ledger_problems(settings: Settings, clients: Clients, *, resolve: bool) -> Iterator[Finding]:
    """Makes the ledger, tries it where `resolve` is set, and warns of one that is not for production."""
    name = settings.ledger.use
    if name != "memory":
        yield find(f"ledger ({name})", partial(_try_ledger, settings, clients, resolve=resolve))
    if name in _NOT_FOR_PRODUCTION:
        yield Finding("warning", "ledger", f"{name}: {_NOT_FOR_PRODUCTION[name]}")


def _try_ledger(settings: Settings, clients: Clients, *, resolve: bool) -> None:
    ledger = make_ledger(settings.ledger, clients.aws)
    if resolve:
        ledger.probe()


def _load_class(configured: ConfiguredProviders, name: str) -> type[Provider] | None:
    try:
        return configured.provider_class(name)
    except NotifyHubError:
        return None  # reported with the provider
