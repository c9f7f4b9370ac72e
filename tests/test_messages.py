"""Messages and the addresses in them."""

import dataclasses
import logging

import pytest

from notifyhub.channels import CHANNELS
from notifyhub.messages import Mailbox, Message
from notifyhub.secret import Secret
from notifyhub.testing import assert_absent

CANARY = "c4n4ry"
MESSAGE = Message(
    channel="email",
    to="jane.roe@example.com",
    trigger="SignUp",
    text=f"text {CANARY}",
    subject=f"subject {CANARY}",
    html=f"<b>{CANARY}</b>",
    sender=f"{CANARY}@acme.example",
    reply_to=f"{CANARY}@acme.example",
    headers={"X-Canary": CANARY},
    tags=(CANARY,),
    locale="en",
    secret=Secret(CANARY),
    variables={"name": CANARY},
)


def test_a_message_shows_trigger_channel_and_masked_recipient_only(caplog):
    assert repr(MESSAGE) == str(MESSAGE) == "<Message SignUp email to j***@e***.com>"
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("app").warning("%s %r %s", MESSAGE, MESSAGE, [MESSAGE])
    assert_absent([CANARY, "jane", "example.com"], [repr(MESSAGE), f"{MESSAGE}", caplog.text])


def test_a_message_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        MESSAGE.to = "other@example.com"  # type: ignore[misc]


def test_the_secret_can_be_taken_out_and_nothing_else_changes():
    bare = MESSAGE.without_secret()
    assert bare.secret is None
    assert dataclasses.replace(bare, secret=MESSAGE.secret) == MESSAGE
    assert bare.without_secret() is bare


def test_there_are_two_channels():
    assert CHANNELS == ("email", "sms")


@pytest.mark.parametrize(
    ("text", "address", "name"),
    [
        ("a@b.example", "a@b.example", ""),
        ("Acme <a@b.example>", "a@b.example", "Acme"),
        ('"Acme, Inc." <a@b.example>', "a@b.example", "Acme, Inc."),
        ("Café <a@b.example>", "a@b.example", "Café"),
        ("<a@b.example>", "a@b.example", ""),
    ],
)
def test_a_mailbox_is_an_address_with_or_without_a_name(text, address, name):
    assert Mailbox.parse(text) == Mailbox(address, name)
    assert Mailbox.parse(str(Mailbox(address, name))).address == address


@pytest.mark.parametrize(
    "text", ["", "Acme", "@", "Acme <>", "a@b.example\r\nBcc: x@y.example", "Acme\n <a@b.example>"]
)
def test_what_is_no_mail_address_is_refused_without_quoting_it(text):
    with pytest.raises(ValueError, match="write a mail address, such as") as caught:
        Mailbox.parse(text)
    assert not text or text not in str(caught.value).removesuffix("Acme <no-reply@acme.example>")


@pytest.mark.parametrize(
    ("mailbox", "written"),
    [
        (Mailbox("a@b.example"), "a@b.example"),
        (Mailbox("a@b.example", "Acme"), "Acme <a@b.example>"),
        (Mailbox("a@b.example", "Acme, Inc."), '"Acme, Inc." <a@b.example>'),
        (Mailbox("a@b.example", "Café"), "=?utf-8?b?Q2Fmw6k=?= <a@b.example>"),
    ],
    ids=str,
)
def test_a_mailbox_is_written_as_a_header_wants_it(mailbox, written):
    assert str(mailbox) == written
