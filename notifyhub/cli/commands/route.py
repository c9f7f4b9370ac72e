"""`notifyhub route`: which providers an event's messages would take, and why."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer
from rich.text import Text

from notifyhub.cli.commands.providers import abilities
from notifyhub.cli.commands.send import read_event
from notifyhub.cli.options import ChannelName, Config
from notifyhub.cli.output import NOT_DELIVERED, WRONG_USAGE, err, fail, out, print_table, reported_errors, table
from notifyhub.deadline import Deadline
from notifyhub.delivery.sandbox import redirect
from notifyhub.errors import NoRoute
from notifyhub.events.cognito import TakeOverEvent
from notifyhub.events.parsing import parse_event
from notifyhub.hooks import load_events
from notifyhub.provider.instances import ConfiguredProviders
from notifyhub.provider.toolkit import Clients
from notifyhub.recipients.resolver import EventRecipients
from notifyhub.redaction.masking import mask
from notifyhub.routing.router import Router
from notifyhub.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notifyhub.channels import Channel
    from notifyhub.events.base import Event
    from notifyhub.routing.router import Explanation, Plan
    from notifyhub.settings import Settings
    from notifyhub.settings.policy import Route


def route(
    event: Annotated[
        Path, typer.Argument(metavar="EVENT.json", help="A Cognito event or one of your own; - reads stdin.")
    ],
    config: Config = None,
    channel: Annotated[
        Optional[ChannelName],  # noqa: UP045 - typer reads the annotation at run time
        typer.Option("--channel", help="email or sms; all channels of the event unless given."),
    ] = None,
) -> None:
    """Shows which route takes an event and in which order providers would be tried. Decrypts nothing, sends nothing."""
    with reported_errors():
        settings = load_settings(config)
        clients = Clients()
        guide = _Guide(settings, Router(settings.routes), ConfiguredProviders(settings, clients))
        guide.router.check(guide.providers.provider_class)
        typed = parse_event(read_event(event), own=load_events(settings.hooks, ()))
        recipients = EventRecipients(clients.aws)
        plans = [guide.show(typed, wanted, to=_address(typed, wanted, recipients)) for wanted in _of(typed, channel)]
    if None in plans:
        raise typer.Exit(NOT_DELIVERED)


@dataclass(frozen=True, slots=True)
class _Guide:
    """Prints where messages go."""

    settings: Settings
    router: Router
    providers: ConfiguredProviders

    def show(self, event: Event, channel: Channel, *, to: str | None) -> Plan | None:
        """One channel's routes, and the plan if there is one."""
        explanation = self.router.explain(event, channel, to=to or "", key=event.key(channel, ""))
        whom = mask(to) if to else _nobody(event)
        out().print(Text.assemble((f"{event.trigger}, {channel}", "bold"), f" to {whom}\n"))
        self._verdicts(explanation, channel)
        if explanation.plan is None:
            no_route = NoRoute(channel=channel, trigger=event.trigger)
            err().print(Text.assemble(("NoRoute: ", "bold red"), str(no_route)))
        else:
            self._plan(explanation.plan)
            self._sandbox(channel, to)
        return explanation.plan

    def _sandbox(self, channel: Channel, to: str | None) -> None:
        """What becomes of the message all the same, outside production."""
        sandbox = self.settings.sandbox
        place = redirect(sandbox, channel, to or "")
        if place is None:
            out().print("sandbox: held back, as its recipient is not in allow", style="yellow")
        elif sandbox.dry_run:
            out().print("sandbox: dry_run, nothing is sent", style="yellow")
        elif place != (to or ""):
            out().print(f"sandbox: redirected to {mask(place)}", style="yellow")

    def _verdicts(self, explanation: Explanation, channel: Channel) -> None:
        taken = explanation.plan.route if explanation.plan else None
        rows = table("route", "matches", "why it is not taken")
        for verdict in explanation.verdicts:
            if self.settings.routes[verdict.route].channel == channel:
                late = verdict.matches and verdict.route != taken
                word = Text("yes", style="yellow" if late else "green") if verdict.matches else Text("no")
                why_not = f"route {taken} comes first" if late else verdict.why_not
                rows.add_row(Text(str(verdict.route)), word, Text(why_not))
        if rows.row_count:
            print_table(rows)
            out().print()

    def _plan(self, plan: Plan) -> None:
        rows = table("try", "instance", "provider", "can", "why")
        reasons = _reasons(plan, self.settings.routes[plan.route])
        for number, (name, reason) in enumerate(zip(plan.providers, reasons, strict=True), start=1):
            kind = self.providers.provider_class(name)
            rows.add_row(*map(Text, (str(number), name, kind.name, abilities(kind.capabilities), reason)))
        print_table(rows)
        out().print()


def _of(event: Event, wanted: ChannelName | None) -> tuple[Channel, ...]:
    if wanted is None:
        return event.all_channels
    if wanted.value not in event.all_channels:
        fail(f"{event.trigger} goes out on {', '.join(event.all_channels)} only", code=WRONG_USAGE)
    return (wanted.value,)


def _address(event: Event, channel: Channel, recipients: EventRecipients) -> str | None:
    """What the event itself says. Neither Cognito nor a resolver of the configuration is asked."""
    if isinstance(event, TakeOverEvent):
        return None
    return recipients.resolve(event, channel, Deadline.never())


def _nobody(event: Event) -> str:
    asked = isinstance(event, TakeOverEvent)
    return "the address that Cognito will be asked for" if asked else "nobody: the event has no address for it"


def _reasons(plan: Plan, taken: Route) -> Iterator[str]:
    """Why each instance of the plan stands where it does."""
    first = plan.providers[0]
    if taken.strategy == "weighted":
        weight = dict(zip(taken.providers, taken.weights, strict=True))[first]
        yield f"weighted: this event's hash falls into {first}'s {weight} of {sum(taken.weights)}"
    else:
        yield f"first in route {plan.route}"
    yield from (f"if {before} does not accept it" for before in plan.providers[:-1])
