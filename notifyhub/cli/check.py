"""`notifyhub check`: whether the configuration and the templates would work."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer
from rich.text import Text

from notifyhub.assembly import decryptor_of, events_of, renderer_of
from notifyhub.cli.options import Config
from notifyhub.cli.output import WRONG_USAGE, out, reported_errors
from notifyhub.cli.samples import PREFIXES, sample
from notifyhub.errors import NotifyHubError
from notifyhub.events.triggers import source_names
from notifyhub.registry import ConfiguredProviders
from notifyhub.routing import Router
from notifyhub.settings import load_settings
from notifyhub.settings.references import check_references
from notifyhub.toolkit import Clients

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from notifyhub.events.notification import NotificationEvent
    from notifyhub.messages import Channel
    from notifyhub.rendering import Renderer
    from notifyhub.settings.model import Settings


class Finding(NamedTuple):
    """One line of the report; `level` is ok, warning or error."""

    level: str
    subject: str
    text: str = ""


def check(
    config: Config = None,
    resolve: Annotated[bool, typer.Option("--resolve", help="Also fetch the secrets that the file refers to.")] = False,
) -> None:
    """Checks configuration, providers, routes and templates; needs no AWS account unless --resolve is given."""
    with reported_errors():
        settings = load_settings(config)
        found = list(findings(settings, resolve=resolve))
    for finding in found:
        _print(finding)
    errors = sum(finding.level == "error" for finding in found)
    warnings = sum(finding.level == "warning" for finding in found)
    out().print(f"\n{errors} errors, {warnings} warnings")
    if errors:
        raise typer.Exit(WRONG_USAGE)


def findings(settings: Settings, *, resolve: bool) -> Iterator[Finding]:
    """Everything there is to say about the configuration."""
    clients = Clients()
    yield from _decryption(settings, clients, resolve=resolve)
    yield _tried("hooks", lambda: events_of(settings, ()))
    yield from _providers(settings, clients, resolve=resolve)
    yield from _routes(settings)
    yield from _templates(settings)
    yield Finding("warning", "ledger", "memory: an event that comes again is recognised by the same container only")


def _decryption(settings: Settings, clients: Clients, *, resolve: bool) -> Iterator[Finding]:
    wanted = settings.decryption
    yield _tried("decryption", lambda: check_references(wanted, path="decryption"))
    if wanted.key_arns or (wanted.local_key and resolve):
        yield _tried("decryption keys", lambda: decryptor_of(settings, clients.aws))
    if wanted.local_key:
        yield Finding("warning", "decryption.local_key", "a local key is for development; inside Lambda it is refused")
    if not wanted.key_arns and not wanted.local_key:
        yield Finding("warning", "decryption", "no key: events of Cognito cannot be decrypted")


def _providers(settings: Settings, clients: Clients, *, resolve: bool) -> Iterator[Finding]:
    configured = ConfiguredProviders(settings, clients)
    routed = Router(settings.routes).providers()
    for name, table in settings.providers.items():
        yield _tried(f"providers.{name} ({table.use})", partial(configured.check, name))
        if resolve:
            yield _tried(f"providers.{name} built", partial(configured.get, name))
        if name not in routed:
            yield Finding("warning", f"providers.{name}", "no route names it")
    yield from _channels(settings, configured)


def _channels(settings: Settings, configured: ConfiguredProviders) -> Iterator[Finding]:
    """A provider must be able to send on the channels of its routes."""
    for number, route in enumerate(settings.routes):
        for name in route.providers:
            try:
                kind = configured.kind(name)
            except NotifyHubError:
                continue  # reported above
            if route.channel not in kind.channels:
                text = f"{name} ({kind.name}) does not send {route.channel}, only {', '.join(kind.channels)}"
                yield Finding("error", f"routes.{number}", text)


def _routes(settings: Settings) -> Iterator[Finding]:
    if not settings.routes:
        yield Finding("error", "routes", 'nothing can be sent; add a [[routes]] with channel = "email" and providers')
    for channel in Router(settings.routes).channels():
        if all(route.triggers for route in settings.routes if route.channel == channel):
            yield Finding("error", f"routes for {channel}", "none takes every trigger; add one without `triggers`")
    for channel in PREFIXES:
        if channel not in Router(settings.routes).channels():
            yield Finding("warning", f"routes for {channel}", "none; do not attach that trigger to the pool")


def _templates(settings: Settings) -> Iterator[Finding]:
    try:
        renderer = renderer_of(settings)
    except NotifyHubError as error:
        yield Finding("error", "templates", str(error))
        return
    channels = Router(settings.routes).channels()
    for source in source_names():
        yield from _built_in_event(renderer, source, channels)
    for kind in events_of(settings, ()).values():
        yield from _own_event(renderer, kind, channels)


def _built_in_event(renderer: Renderer, source: str, channels: list[Channel]) -> Iterator[Finding]:
    event, secret = sample(source)
    channel: Channel = event.all_channels[0]
    if channel in channels:
        address = "jane.roe@example.com" if channel == "email" else "+15005550009"
        yield _tried(f"template {source}", partial(renderer.render, event, channel, address, secret))
        yield from _incomplete(renderer, event.template_folders[0], channel)


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
    return Finding("ok", subject)


def _print(finding: Finding) -> None:
    mark, style = {"ok": ("ok     ", "green"), "warning": ("warning", "yellow"), "error": ("error  ", "bold red")}[
        finding.level
    ]
    text = f"{finding.subject}: {finding.text}" if finding.text else finding.subject
    out().print(Text.assemble((mark, style), "  ", text))
