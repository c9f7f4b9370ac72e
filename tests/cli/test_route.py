import json
import os
import re
import sys

import pytest

from notifyhub.testing import forge_event
from tests.cli.conftest import plain

CONFIG = """
[app]
name = "Acme"
[decryption]
key_arns = ["arn:aws:kms:eu-west-1:111122223333:key/0b6f2a3c-0000-4000-8000-000000000000"]
[providers.mail]
use = "sendgrid"
api_key = "ssm:/prod/sendgrid"
sender = "Acme <no-reply@acme.example>"
[providers.mail_backup]
use = "ses"
sender = "Acme <no-reply@acme.example>"
[providers.text]
use = "twilio"
account_sid = "AC00000000000000000000000000000000"
auth_token = "env:NO_SUCH_VARIABLE"
sender = "+15005550006"
[providers.text_uk]
use = "sns"
[[routes]]
channel = "email"
triggers = ["Authentication"]
providers = ["mail_backup", "mail"]
[[routes]]
channel = "email"
strategy = "weighted"
weights = [80, 20]
providers = ["mail", "mail_backup"]
[[routes]]
channel = "email"
providers = ["mail"]
[[routes]]
channel = "sms"
countries = ["GB"]
providers = ["text_uk", "text"]
"""
SIGN_UP = "CustomEmailSender_SignUp"
SMS = "CustomSMSSender_SignUp"


@pytest.fixture
def route(notifyhub, monkeypatch):
    """The command on a forged event. Nothing that AWS is asked with is there, and the code is under an unknown key."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    notifyhub.write("notifyhub.toml", CONFIG)

    def route(source=SIGN_UP, *options, **changes):
        notifyhub.write("event.json", json.dumps(forge_event(source, bytes(32), **changes)))
        return notifyhub("route", "event.json", *options)

    return route


def rows(done):
    """The lines of the tables, one blank between cells."""
    return [re.sub(r" {2,}", " | ", line.strip()) for line in done.stdout.splitlines()]


def test_every_route_of_the_channel_says_whether_it_takes_the_event(route):
    done = route("CustomEmailSender_Authentication")
    assert done.exit_code == 0, done.output
    assert rows(done) == [
        "Authentication, email to j***@e***.com",
        "",
        "route | matches | why it is not taken",
        "0 | yes",
        "1 | yes | route 0 comes first",
        "2 | yes | route 0 comes first",
        "",
        "try | instance | provider | can | why",
        "1 | mail_backup | ses | sends | first in route 0",
        "2 | mail | sendgrid | sends | if mail_backup does not accept it",
        "",
    ]


def test_a_weighted_route_tells_whose_share_the_event_falls_into(route):
    seen = set()
    for _ in range(60):  # each forged event has a ciphertext, and so a key, of its own
        done = route()
        assert "0 | no | trigger is SignUp" in rows(done)
        seen |= {row for row in rows(done) if "weighted" in row}
    assert seen == {
        "1 | mail | sendgrid | sends | weighted: this event's hash falls into mail's 80 of 100",
        "1 | mail_backup | ses | sends | weighted: this event's hash falls into mail_backup's 20 of 100",
    }


def test_the_same_event_is_always_routed_alike(route, notifyhub):
    assert len({route().stdout, *(notifyhub("route", "event.json").stdout for _ in range(5))}) == 1


def test_the_country_of_the_number_is_told_and_not_the_number(route):
    done = route(SMS, attributes={"phone_number": "+447400123456"})
    assert done.exit_code == 0
    assert "SignUp, sms to +4******3456" in done.stdout
    assert "2 | text | twilio | drops what is late | if text_uk does not accept it" in rows(done)
    assert "447400123456" not in done.output


def test_without_a_route_the_exit_code_is_one_and_the_remedy_is_shown(route):
    done = route(SMS)
    assert done.exit_code == 1
    assert "3 | no | country is US" in rows(done)
    assert 'NoRoute: no route takes sms for SignUp; add a [[routes]] with channel = "sms"' in done.stderr
    assert not [row for row in rows(done) if row.startswith("try")]


def test_a_channel_without_routes_shows_the_remedy_alone(route, notifyhub):
    route(SMS)
    notifyhub.write("notifyhub.toml", CONFIG.rpartition("[[routes]]")[0])
    done = notifyhub("route", "event.json")
    assert (done.exit_code, rows(done)) == (1, ["SignUp, sms to +1******0009", ""])
    assert "NoRoute: no route takes sms" in done.stderr


def test_an_event_without_an_address_is_routed_all_the_same(route):
    assert "SignUp, email to nobody: the event has no address for it" in route(attributes={"email": None}).stdout
    done = route(SMS, attributes={"phone_number": None})
    assert (done.exit_code, "3 | no | country is not known" in rows(done)) == (1, True)


def test_cognito_is_not_asked_for_the_address_of_a_take_over_event(route):
    done = route("CustomEmailSender_AccountTakeOverNotification")
    assert done.exit_code == 0
    assert "AccountTakeOverNotification, email to the address that Cognito will be asked for" in done.stdout


def test_an_event_of_ones_own_is_routed_on_all_of_its_channels_or_on_one(route, notifyhub, monkeypatch):
    monkeypatch.syspath_prepend(notifyhub.folder)
    notifyhub.write(
        "routed_events.py",
        "from notifyhub import NotificationEvent\nclass Parcel(NotificationEvent):\n    channels = ('email', 'sms')\n",
    )
    notifyhub.write("notifyhub.toml", f'{CONFIG}\n[hooks]\nevents = ["routed_events:Parcel"]\n')
    recipient = {"email": "ann@example.com", "phoneNumber": "+15005550009"}
    event = json.dumps({"event": "Parcel", "id": "7", "recipient": recipient})
    done = notifyhub("route", "-", stdin=event)
    assert done.exit_code == 1
    assert "Parcel, email to a***@e***.com" in done.stdout
    assert "Parcel, sms to +1******0009" in done.stdout
    assert notifyhub("route", "-", "--channel", "email", stdin=event).exit_code == 0
    assert "Parcel, email" not in notifyhub("route", "-", "--channel", "sms", stdin=event).stdout


def test_wrong_usage_and_configuration_exit_with_two(route, notifyhub, monkeypatch):
    assert route().exit_code == 0
    cases = {
        ("route", "absent.json"): "absent.json cannot be read",
        ("route", "event.json", "--channel", "sms"): "SignUp goes out on email only",
        ("route", "event.json", "-c", "absent.toml"): "there is no file absent.toml",
    }
    for arguments, message in cases.items():
        done = notifyhub(*arguments)
        assert (done.exit_code, message in plain(done.stderr)) == (2, True), arguments
    notifyhub.write("notifyhub.toml", CONFIG.replace('providers = ["text_uk", "text"]', 'providers = ["mail"]'))
    assert "mail (sendgrid) does not send sms" in notifyhub("route", "event.json").stderr
    notifyhub.write("notifyhub.toml", CONFIG)
    monkeypatch.setitem(sys.modules, "phonenumbers", None)
    done = notifyhub("route", "event.json")
    assert (done.exit_code, 'pip install "notifyhub-core[countries]"' in done.stderr) == (2, True)


def test_nothing_is_coloured_when_it_is_piped(route):
    assert "\x1b" not in route().output


@pytest.mark.parametrize("columns", [80, 200])
def test_the_reasons_are_readable_at_every_width(route, notifyhub, columns):
    """On a terminal: where there is none, tables take what room they need."""
    import pty
    import subprocess
    from pathlib import Path

    route()
    ours, theirs = pty.openpty()
    command = [str(Path(sys.executable).parent / "notifyhub"), "route", "event.json"]
    environ = {**os.environ, "COLUMNS": str(columns), "TERM": "dumb"}
    subprocess.run(command, cwd=notifyhub.folder, env=environ, stdout=theirs, check=True, timeout=60)
    os.close(theirs)
    shown = os.read(ours, 65536).decode()
    os.close(ours)
    assert max(len(line.rstrip()) for line in plain(shown).splitlines()) <= columns
    words = re.sub(r"\s+", " ", plain(shown))
    assert "this event's hash falls into mail" in words
    assert "…" not in words


@pytest.mark.parametrize(
    ("sandbox", "says"),
    [
        ("dry_run = true", "sandbox: dry_run, nothing is sent"),
        ('redirect_email = "qa@acme.example"', "sandbox: redirected to q***@a***.example"),
        ('allow = ["*@acme.example"]', "sandbox: held back, as its recipient is not in allow"),
        ('allow = ["*@example.com"]', None),
    ],
)
def test_what_the_sandbox_makes_of_it_is_said(notifyhub, sandbox, says):
    notifyhub.write("notifyhub.toml", f"{CONFIG}[sandbox]\n{sandbox}\n")
    notifyhub.write("event.json", json.dumps(forge_event(SIGN_UP, bytes(32))))
    done = notifyhub("route", "event.json", "-c", "notifyhub.toml")
    assert done.exit_code == 0, done.output
    assert (says in done.stdout) if says else ("sandbox" not in done.stdout)
