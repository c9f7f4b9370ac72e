import importlib.metadata
import json

import pytest

from notifyhub.errors import MissingExtra
from notifyhub.events.triggers import source_names
from notifyhub.provider.registry import Registry
from notifyhub.testing.forge import EMAIL, PHONE, POOL_ID
from notifyhub.testing.samples import ADDRESSES

CONFIG = """
[app]
name = "Initech"
[templates]
path = "mine"
[hooks]
events = ["render_events:OrderShipped"]
"""
EVENTS = """
from notifyhub import NotificationEvent
class OrderShipped(NotificationEvent):
    order_number: str
"""


@pytest.mark.parametrize("source", source_names())
def test_every_message_can_be_looked_at_without_any_configuration(notifyhub, source):
    done = notifyhub("render", source)
    assert done.exit_code == 0
    assert "--- text" in done.stdout
    assert ("--- html" in done.stdout) is source.startswith("CustomEmailSender")


def test_a_part_alone_is_printed_as_it_is(notifyhub):
    assert notifyhub("render", "SignUp", "--part", "subject").stdout == "Confirm your email address for Acme\n"
    assert notifyhub("render", "SignUp", "--part", "html").stdout.startswith("<!DOCTYPE html>")


def test_the_configurations_templates_and_events_are_used(notifyhub, monkeypatch):
    monkeypatch.syspath_prepend(notifyhub.folder)
    notifyhub.write("render_events.py", EVENTS)
    notifyhub.write("notifyhub.toml", CONFIG)
    for folder in ("mine", "mine/OrderShipped", "mine/SignUp"):
        (notifyhub.folder / folder).mkdir()
    notifyhub.write("mine/OrderShipped/email.body.html.j2", "<p>Order {{ event.order_number }} is on its way")
    notifyhub.write("mine/SignUp/email.subject.txt.j2", "{{ app.name }} wants to know you")
    notifyhub.write(
        "event.json",
        json.dumps(
            {"event": "OrderShipped", "id": "1", "recipient": {"email": "a@example.com"}, "order_number": "A<7"}
        ),
    )
    assert "Order A&lt;7 is on its way" in notifyhub("render", "event.json", "--part", "html").stdout
    assert notifyhub("render", "SignUp", "--part", "subject").stdout == "Initech wants to know you\n"


def test_a_broken_template_is_named_with_its_line(notifyhub):
    notifyhub.write("notifyhub.toml", CONFIG.replace('events = ["render_events:OrderShipped"]', ""))
    (notifyhub.folder / "mine" / "SignUp").mkdir(parents=True)
    notifyhub.write("mine/SignUp/email.body.html.j2", "fine\n{{ nonsense }}")
    done = notifyhub("render", "SignUp")
    assert done.exit_code == 1
    assert "email.body.html.j2:2: 'nonsense' has no value here" in done.stderr


def test_providers_lists_what_is_installed(notifyhub):
    done = notifyhub("providers")
    assert done.exit_code == 0
    for entry in importlib.metadata.entry_points(group="notifyhub.providers"):
        assert f"\n{entry.name} " in done.stdout


def test_nothing_is_coloured_when_it_is_piped(notifyhub):
    assert "\x1b" not in notifyhub("providers").stdout + notifyhub("check").output


def test_every_command_has_help_and_no_command_shows_it(notifyhub):
    commands = ("demo", "forge", "send", "render", "route", "providers", "check")
    shown = notifyhub().output
    for command in commands:
        assert command in shown
        assert notifyhub(command, "--help").exit_code == 0


def test_the_remedy_for_a_missing_library_is_printed_whole(notifyhub, monkeypatch):
    """Its brackets look like markup."""

    def missing(_registry, _name):
        raise MissingExtra("acme", module="acme")

    monkeypatch.setattr(Registry, "load", missing)
    assert "[acme]" in "".join(notifyhub("providers").stdout.split())


def test_the_sample_addresses_are_those_of_forged_events(notifyhub):
    assert notifyhub.event("SignUp")["userPoolId"] == POOL_ID
    assert notifyhub.event("SignUp")["request"]["userAttributes"]["email"] == ADDRESSES["email"] == EMAIL
    assert ADDRESSES["sms"] == PHONE
