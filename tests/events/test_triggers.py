"""The table of trigger sources."""

from datetime import timedelta

import pytest

from notifyhub.events.triggers import TRIGGERS, source_names, split_source


def test_there_are_eight_email_and_seven_sms_sources():
    names = source_names()
    assert len(set(names)) == 15
    assert sum(name.startswith("CustomEmailSender_") for name in names) == 8
    assert sum(name.startswith("CustomSMSSender_") for name in names) == 7
    assert "CustomSMSSender_AccountTakeOverNotification" not in names


@pytest.mark.parametrize("source", source_names())
def test_every_source_splits_into_a_channel_and_a_known_trigger(source):
    parts = split_source(source)
    assert parts is not None
    assert parts[0] in TRIGGERS[parts[1]].channels


@pytest.mark.parametrize("prefix", ["CustomSMSSender_", "CustomSmsSender_"])
def test_the_sms_prefix_is_spelled_in_two_ways(prefix):
    assert split_source(f"{prefix}SignUp") == ("sms", "SignUp")


@pytest.mark.parametrize(
    "source",
    [
        "",
        "SignUp",
        "PreSignUp_SignUp",
        "CustomEmailSender",
        "CustomEmailSender_",
        "customEmailSender_SignUp",
        "CustomMessage_SignUp",
    ],
)
def test_other_triggers_are_none_of_ours(source):
    assert split_source(source) is None


@pytest.mark.parametrize("name", ["../../etc", "a/b", "a b", "a\n", "a.b", "ä", "x" * 65])
def test_a_name_that_could_leave_the_template_folder_is_refused(name):
    assert split_source(f"CustomEmailSender_{name}") is None


@pytest.mark.parametrize(
    ("name", "lifetime"),
    [
        ("SignUp", timedelta(hours=24)),
        ("ForgotPassword", timedelta(hours=1)),
        ("AdminCreateUser", timedelta(days=7)),
        ("Authentication", timedelta(minutes=3)),
        ("AccountTakeOverNotification", None),
    ],
)
def test_lifetimes_are_cognitos_defaults(name, lifetime):
    assert TRIGGERS[name].lifetime == lifetime
