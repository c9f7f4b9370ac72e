"""`notifyhub render`: what a message looks like."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from notifyhub.cli.configuration import load_settings_or_defaults
from notifyhub.cli.events import read_event
from notifyhub.cli.options import ChannelOption, Config
from notifyhub.cli.output import report_errors
from notifyhub.events.parsing import parse_event
from notifyhub.hooks import load_events
from notifyhub.rendering.factory import make_renderer
from notifyhub.settings import Settings
from notifyhub.testing.samples import ADDRESSES, find_source, make_sample

if TYPE_CHECKING:
    from notifyhub.channels import Channel
    from notifyhub.events.base import Event
    from notifyhub.messages import Message
    from notifyhub.secret import Secret


class Part(StrEnum):
    """The part of a message to print."""

    all = "all"
    subject = "subject"
    html = "html"
    text = "text"


def render(
    trigger: Annotated[str, typer.Argument(help="SignUp, …, a full source, or a JSON file with an event of your own.")],
    channel: ChannelOption = None,
    part: Annotated[Part, typer.Option(help="What to print.")] = Part.all,
    locale: Annotated[Optional[str], typer.Option(help="The user's locale, such as de-AT.")] = None,  # noqa: UP045
    config: Config = None,
) -> None:
    """Prints a message with a made-up code, rendered from the configuration's templates or the built-in ones."""
    with report_errors():
        settings = load_settings_or_defaults(config)
        wanted: Channel | None = channel.value if channel else None
        event, secret = _make_event(trigger, wanted, locale, settings)
        chosen = wanted if wanted in event.all_channels else event.all_channels[0]
        message = make_renderer(settings).render(event, chosen, ADDRESSES[chosen], secret)
        sys.stdout.write(_format(message, part))


def _make_event(
    trigger: str, channel: Channel | None, locale: str | None, settings: Settings
) -> tuple[Event, Secret | None]:
    if not trigger.endswith(".json"):
        return make_sample(find_source(trigger, channel), locale=locale)
    event = parse_event(read_event(Path(trigger)), own=load_events(settings.hooks, ()))
    return event, make_sample(find_source("SignUp", "email"))[1] if event.needs_code else None


def _format(message: Message, part: Part) -> str:
    parts = {Part.subject: message.subject, Part.html: message.html, Part.text: message.text}
    if part is not Part.all:
        return (parts[part] or "").rstrip("\n") + "\n"
    shown = [f"--- {name.value}\n{text.rstrip()}\n" for name, text in parts.items() if text]
    return "\n".join(shown)
