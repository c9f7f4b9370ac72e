"""Outside production no message reaches a real person unless it is meant to."""

import pytest

from notifyhub.delivery.sandbox import SandboxedFailover
from notifyhub.errors import ConfigurationError
from notifyhub.settings import load_settings
from tests.support.hub import EMAIL, PHONE, Hub, settings_of, signing_up

SMS = "CustomSMSSender_SignUp"


def hub_in(**sandbox):
    return Hub(settings_of(sandbox=sandbox))


def dispatched(hub, source="CustomEmailSender_SignUp"):
    (delivery,) = hub.dispatcher.dispatch(signing_up(source)).deliveries
    return delivery


def test_messages_are_redirected_on_each_channel():
    hub = hub_in(redirect_email="qa@acme.example", redirect_sms="+15005550001")
    mail, text = dispatched(hub), dispatched(hub, SMS)
    assert [message.to for message in (*hub.sent("mail"), *hub.sent("text"))] == ["qa@acme.example", "+15005550001"]
    assert (mail.status, mail.recipient, text.status, text.recipient) == (
        "accepted",
        "q***@a***.example",
        "accepted",
        "+1******0001",
    )


def test_a_channel_without_a_redirection_is_held_back():
    """Whoever redirects mail alone does not mean to text real people."""
    hub = hub_in(redirect_email="qa@acme.example")
    delivery = dispatched(hub, SMS)
    assert (delivery.status, delivery.reason, hub.sent("text")) == ("dry_run", "not_allowed", [])


@pytest.mark.parametrize(
    ("pattern", "allowed"),
    [
        (EMAIL, True),
        (EMAIL.upper(), True),
        ("*@example.com", True),
        ("jane.*", True),
        ("*", True),
        ("*@example.co", False),
        ("example.com", False),
        ("jane?roe@example.com", False),
        ("[a-z]*@example.com", False),
        ("jane-roe@example.com", False),
    ],
)
def test_who_is_allowed_gets_messages_and_others_do_not(pattern, allowed):
    hub = hub_in(allow=[pattern])
    assert dispatched(hub).status == ("accepted" if allowed else "dry_run")
    assert [message.to for message in hub.sent()] == ([EMAIL] if allowed else [])


def test_numbers_are_allowed_alike():
    hub = hub_in(allow=["+1500555*"])
    assert dispatched(hub, SMS).status == "accepted"
    assert hub.sent("text")[0].to == PHONE


def test_who_is_allowed_is_not_redirected():
    hub = hub_in(allow=["*@example.com"], redirect_email="qa@acme.example")
    dispatched(hub)
    hub.dispatcher.dispatch(signing_up(attributes={"email": "somebody@else.example"}))
    assert [message.to for message in hub.sent()] == [EMAIL, "qa@acme.example"]


def test_a_dry_run_does_everything_but_send():
    hub = hub_in(dry_run=True)
    delivery = dispatched(hub)
    assert (delivery.status, delivery.reason, delivery.recipient) == ("dry_run", "dry_run", "j***@e***.com")
    assert (hub.decryptor.calls, hub.providers["mail"].contexts) == (1, [])


def test_a_dry_run_is_settled():
    hub, event = hub_in(dry_run=True), signing_up()
    assert hub.dispatcher.dispatch(event).status == "dry_run"
    assert hub.dispatcher.dispatch(event).status == "duplicate"


def test_a_dry_run_sends_not_even_to_those_who_are_allowed():
    hub = hub_in(dry_run=True, allow=["*"], redirect_email="qa@acme.example")
    assert dispatched(hub).status == "dry_run"
    assert hub.sent() == []


def test_an_empty_list_allows_nobody():
    """Whoever writes one, in the file or as a variable, does not mean everybody."""
    assert dispatched(hub_in(allow=[])).reason == "not_allowed"
    variables = {"NOTIFYHUB__APP__NAME": "Acme", "NOTIFYHUB__SANDBOX__ALLOW": ""}
    assert load_settings(environ=variables).sandbox.restricts


def test_without_a_sandbox_there_is_none():
    assert not isinstance(Hub().delivery, SandboxedFailover)


@pytest.mark.parametrize(
    ("sandbox", "path"),
    [
        ({"redirect_email": "nobody"}, "sandbox.redirect_email"),
        ({"redirect_sms": "12345"}, "sandbox.redirect_sms"),
        ({"allow": [""]}, "sandbox.allow.0"),
        ({"redirect": "qa@acme.example"}, "sandbox.redirect"),
    ],
)
def test_a_sandbox_with_a_hole_in_it_is_refused(sandbox, path):
    """A redirection that is misspelt must not be one that is missing."""
    with pytest.raises(ConfigurationError) as caught:
        settings_of(sandbox=sandbox)
    assert caught.value.path == path
