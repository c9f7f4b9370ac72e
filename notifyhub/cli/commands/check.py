"""`notifyhub check`: whether the configuration and the templates would work."""

from __future__ import annotations

import difflib
import os
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from notifyhub.checks.budgets import budgets_of, work_of
from notifyhub.checks.finding import Finding
from notifyhub.checks.routes import channel_findings, route_findings, routed_channels
from notifyhub.checks.sandbox import sandbox_findings
from notifyhub.cli.options import Config
from notifyhub.cli.output import WRONG_USAGE, out, reported_errors
from notifyhub.decryption.encryption_sdk import local_key
from notifyhub.decryption.factory import make_decryptor
from notifyhub.errors import NotifyHubError
from notifyhub.events.triggers import TRIGGERS, source_names, split_source
from notifyhub.hooks import load_events, load_on_undeliverable
from notifyhub.ledger.factory import make_ledger
from notifyhub.observability.factory import make_observers, make_tracer
from notifyhub.provider.instances import ConfiguredProviders
from notifyhub.provider.toolkit import Clients
from notifyhub.recipients.factory import make_resolver
from notifyhub.rendering.factory import make_renderer
from notifyhub.rendering.index import BUILT_IN_LOCALE
from notifyhub.settings import load_settings
from notifyhub.settings.references import Reference, check_references
from notifyhub.testing.samples import ADDRESSES, PREFIXES, sample

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from notifyhub.channels import Channel
    from notifyhub.events.notification import NotificationEvent
    from notifyhub.rendering.renderer import Renderer
    from notifyhub.settings.model import Settings


_NOT_FOR_PRODUCTION = {
    "memory": "an event that comes again is recognised by the same container only",
    "sqlite": "a file is for development; inside Lambda it is refused",
}


def check(
    config: Config = None,
    resolve: Annotated[bool, typer.Option("--resolve", help="Also fetch the secrets, and try the ledger.")] = False,
    timeout: Annotated[
        float, typer.Option("--timeout", min=1, max=900, metavar="SECONDS", help="The function's time-out.")
    ] = 30.0,
) -> None:
    """Checks configuration, providers, routes and templates; needs no AWS account unless --resolve is given."""
    # Lambda always has a region; a laptop may have none, and making a client asks for one.
    os.environ.setdefault("AWS_DEFAULT_REGION", os.environ.get("AWS_REGION", "us-east-1"))
    with reported_errors():
        settings = load_settings(config)
        found = [*findings(settings, resolve=resolve), *_budgets(settings, timeout)]
    for finding in found:
        _print(finding)
    errors = sum(finding.level == "error" for finding in found)
    warnings = sum(finding.level == "warning" for finding in found)
    out().print(f"\n{_counted(errors, 'error')}, {_counted(warnings, 'warning')}")
    if errors:
        raise typer.Exit(WRONG_USAGE)


def findings(settings: Settings, *, resolve: bool) -> Iterator[Finding]:
    """Everything there is to say about the configuration."""
    clients = Clients()
    yield from _decryption(settings, clients, resolve=resolve)
    events: dict[str, type[NotificationEvent]] = {}  # stays empty where they are broken
    yield _tried("hooks.events", lambda: events.update(load_events(settings.hooks, ())))
    yield from _hooks(settings, clients)
    yield from _observability(settings)
    yield from _providers(settings, clients, resolve=resolve)
    yield from route_findings(settings)
    yield from sandbox_findings(settings.sandbox)
    yield from _templates(settings, events)
    yield from _ledger(settings, clients, resolve=resolve)


def _decryption(settings: Settings, clients: Clients, *, resolve: bool) -> Iterator[Finding]:
    wanted = settings.decryption
    yield _tried("decryption", lambda: check_references(wanted, path="decryption"))
    if wanted.key_arns or (wanted.local_key and resolve):
        yield _tried("decryption keys", lambda: make_decryptor(wanted, clients.aws, folder=settings.folder))
    elif wanted.local_key and Reference.parse(literal := wanted.local_key.get_secret_value()) is None:
        yield _tried("decryption keys", lambda: local_key(literal))
    if wanted.local_key:
        yield Finding("warning", "decryption.local_key", "a local key is for development; inside Lambda it is refused")
    if not wanted.key_arns and not wanted.local_key:
        yield Finding("warning", "decryption", "no key: events of Cognito cannot be decrypted")


def _ledger(settings: Settings, clients: Clients, *, resolve: bool) -> Iterator[Finding]:
    kind = settings.ledger.use
    if kind != "memory":
        yield _tried(f"ledger ({kind})", partial(_try_ledger, settings, clients, resolve=resolve))
    if kind in _NOT_FOR_PRODUCTION:
        yield Finding("warning", "ledger", f"{kind}: {_NOT_FOR_PRODUCTION[kind]}")


def _try_ledger(settings: Settings, clients: Clients, *, resolve: bool) -> None:
    ledger = make_ledger(settings.ledger, clients.aws)
    if resolve:
        ledger.probe()


def _hooks(settings: Settings, clients: Clients) -> Iterator[Finding]:
    yield _tried("hooks.resolver", lambda: make_resolver(settings.hooks, clients.aws))
    yield _tried("hooks.observers", lambda: make_observers(settings.observability, settings.hooks, ()))
    yield _tried("hooks.on_undeliverable", lambda: load_on_undeliverable(settings.hooks))


def _observability(settings: Settings) -> Iterator[Finding]:
    wanted = settings.observability
    where = {"emf": "emf", "none": "none", None: "emf inside Lambda, none elsewhere"}[wanted.metrics]
    namespace = "" if wanted.metrics == "none" else f", namespace {wanted.namespace}"
    yield Finding("ok", "observability.metrics", where + namespace)
    traces = _tried("observability.traces", lambda: make_tracer(settings.observability))
    yield traces._replace(text=traces.text or wanted.traces)


def _providers(settings: Settings, clients: Clients, *, resolve: bool) -> Iterator[Finding]:
    configured = ConfiguredProviders(settings, clients)
    routed = {name for route in settings.routes for name in route.providers}
    for name, table in settings.providers.items():
        build = configured.get if resolve else configured.check_build
        yield _tried(f"providers.{name} ({table.use})", partial(build, name))
        if name not in routed:
            yield Finding("warning", f"providers.{name}", "no route names it")
    yield from channel_findings(settings, configured)


def _budgets(settings: Settings, timeout_s: float) -> Iterator[Finding]:
    """The time that each provider would have, in a function with that time-out."""
    if work_of(settings, timeout_s) == 0:
        text = f"takes all of a time-out of {timeout_s:g} s, so that nothing could be sent; lower it"
        yield Finding("error", "delivery.reserve_ms", text)
        return
    for budgets in budgets_of(settings, timeout_s):
        hint = "; a longer time-out or fewer providers would give them more" if budgets.short else ""
        text = f"of a time-out of {timeout_s:g} s, {budgets}{hint}"
        yield Finding("warning" if budgets.short else "ok", f"time for {budgets.what}", text)


def _trigger_names(settings: Settings, known: Collection[str]) -> Iterator[Finding]:
    """A misspelt trigger matches no event, and nothing else would ever say so."""
    by_lower = {name.lower(): name for name in known}
    named = [(f"routes.{number}.triggers", name) for number, r in enumerate(settings.routes) for name in r.triggers]
    for path, name in [*named, *(("triggers", name) for name in settings.triggers)]:
        if name in known:
            continue
        _, short = split_source(name) or ("", name)
        close = difflib.get_close_matches(short.lower(), by_lower, n=1)
        hint = f"; did you mean {by_lower[close[0]]!r}?" if close else ""
        yield Finding(
            "warning", path, f"{name!r} is no trigger of Cognito, no event and no template folder of yours{hint}"
        )


def _templates(settings: Settings, events: Mapping[str, type[NotificationEvent]]) -> Iterator[Finding]:
    known = [*TRIGGERS, *events]
    try:
        renderer = make_renderer(settings)
    except NotifyHubError as error:
        yield Finding("error", "templates", str(error))
        yield from _trigger_names(settings, known)
        return
    # A folder of the user's own is how a trigger that Cognito adds later gets its message.
    yield from _trigger_names(settings, [*known, *sorted(renderer.index.folders())])
    channels = routed_channels(settings)
    for source in [*source_names(), *(f"{prefix}NotKnownYet" for prefix in PREFIXES.values())]:
        yield from _built_in_event(renderer, source, channels)
    for kind in events.values():
        yield from _own_event(renderer, kind, channels)


def _built_in_event(renderer: Renderer, source: str, channels: list[Channel]) -> Iterator[Finding]:
    channel: Channel = sample(source)[0].all_channels[0]
    if channel not in channels:
        return
    folder = sample(source)[0].template_folders[-1]
    for locale in sorted(renderer.index.locales(folder, channel)):
        event, secret = sample(source, locale=locale)
        shown = f"template {source}" if locale == BUILT_IN_LOCALE else f"template {source} ({locale})"
        yield _tried(shown, partial(renderer.render, event, channel, ADDRESSES[channel], secret))
    yield from _incomplete(renderer, folder, channel)


def _own_event(renderer: Renderer, kind: type[NotificationEvent], channels: list[Channel]) -> Iterator[Finding]:
    for channel in kind.channels:
        if channel not in channels:
            yield Finding("error", f"event {kind.name}", f"no route takes {channel}")
        yield _tried(f"template {kind.name} {channel}", partial(renderer.compile, (kind.name,), channel))
        yield from _incomplete(renderer, kind.name, channel)


def _incomplete(renderer: Renderer, folder: str, channel: Channel) -> Iterator[Finding]:
    try:
        chosen = renderer.index.choose((folder,), channel, ())
    except NotifyHubError:
        return  # reported above
    if chosen.text is None:
        yield Finding("warning", f"template {folder} {channel}", "no text part: it is derived from the HTML")
    if channel == "email" and chosen.html is None:
        yield Finding("warning", f"template {folder} {channel}", "no HTML part: the mail is plain text")
    if channel == "email" and chosen.subject is None:
        yield Finding("warning", f"template {folder} {channel}", "no subject: the application's name stands in")


def _tried(subject: str, attempt: Callable[[], object]) -> Finding:
    try:
        attempt()
    except NotifyHubError as error:
        return Finding("error", subject, str(error))
    except Exception as error:  # noqa: BLE001 - a plugin's own defect
        return Finding("error", subject, f"it raised {type(error).__name__}")
    return Finding("ok", subject)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _print(finding: Finding) -> None:
    mark, style = {"ok": ("ok     ", "green"), "warning": ("warning", "yellow"), "error": ("error  ", "bold red")}[
        finding.level
    ]
    text = f"{finding.subject}: {finding.text}" if finding.text else finding.subject
    out().print(Text.assemble((mark, style), "  ", text))
