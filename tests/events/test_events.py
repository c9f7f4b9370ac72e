"""Cognito's events: what is read from them, and what they refuse."""

import copy

import pytest

from notifyhub.errors import EventError
from notifyhub.events import CodeEvent, TakeOverEvent, handles, parse_event
from notifyhub.events.triggers import TRIGGERS, source_names
from notifyhub.secret import Secret
from notifyhub.testing import assert_absent, traces_of
from tests.events.files import ALL, CANARY, captured


def refusal(raw):
    """The error, which carries neither the input nor Pydantic's own error."""
    with pytest.raises(EventError) as caught:
        parse_event(raw)
    assert caught.value.__context__ is None
    assert_absent([CANARY], traces_of(caught.value))
    return caught.value


@pytest.mark.parametrize("name", ALL)
def test_every_captured_event_is_read_and_meant_for_us(name):
    raw = captured(name)
    event = parse_event(raw)
    assert handles(raw)
    assert isinstance(event, CodeEvent | TakeOverEvent)
    assert event.trigger_source == raw["triggerSource"]
    assert (event.user_pool_id, event.user_name) == (raw["userPoolId"], raw["userName"])
    assert event.channel == ("email" if "Email" in raw["triggerSource"] else "sms")
    assert event.all_channels == (event.channel,)
    assert event.ciphertext == raw["request"]["code"]


@pytest.mark.parametrize("source", source_names())
def test_every_source_has_a_captured_event_and_is_known(source):
    event = parse_event(captured(source))
    assert isinstance(event, CodeEvent | TakeOverEvent)
    assert event.known
    assert event.template_folders == (event.trigger,)
    assert event.lifetime == TRIGGERS[event.trigger].lifetime


@pytest.mark.parametrize(
    ("name", "channel"), [("email_unknown_source", "email"), ("sms_unknown_source", "sms"), ("sms_take_over", "sms")]
)
def test_a_source_that_is_not_known_is_the_generic_event_of_its_channel(name, channel):
    event = parse_event(captured(name))
    assert isinstance(event, CodeEvent)
    assert (event.known, event.channel, event.lifetime) == (False, channel, None)
    assert event.template_folders == (event.trigger, "default")
    assert event.needs_code


def test_both_spellings_of_the_sms_prefix_are_one_trigger():
    event = parse_event(captured("sms_other_spelling"))
    assert isinstance(event, CodeEvent)
    assert (event.channel, event.trigger, event.known) == ("sms", "Authentication", True)


def test_a_user_is_read_as_cognito_describes_it():
    event = parse_event(captured("CustomSMSSender_ForgotPassword"))
    assert event.subject_id == "6f1c2a44-58a0-4f0e-9d4a-0f2d8f6f7a10"
    assert event.preferred_locales == ("fr", "de-AT")
    values = event.template_values()
    assert values["user"]["custom:tenant"] == "acme"
    assert values["client_metadata"] == {"locale": "fr", "page": "checkout"}
    assert values["user_name"] == "jane"


def test_null_stands_for_an_empty_map_and_for_an_absent_entry():
    event = parse_event(captured("CustomEmailSender_SignUp", userAttributes={"name": None, "email": "a@b.example"}))
    assert isinstance(event, CodeEvent)
    assert event.request.user_attributes == {"email": "a@b.example"}
    assert event.request.client_metadata == {}
    assert event.preferred_locales == ()


@pytest.mark.parametrize(("given_value", "read"), [(True, "true"), (False, "false"), (7, "7"), ("x", "x")])
def test_attributes_are_texts_whatever_json_made_of_them(given_value, read):
    event = parse_event(captured("CustomEmailSender_SignUp", userAttributes={"custom:flag": given_value}))
    assert event.template_values()["user"] == {"custom:flag": read}


@pytest.mark.parametrize(
    ("name", "client_id"),
    [
        ("CustomEmailSender_SignUp", "4abc0example1client2id3"),
        ("CustomEmailSender_AdminCreateUser", "CLIENT_ID_NOT_APPLICABLE"),
        ("CustomSMSSender_Authentication", None),
        ("no_caller_context", None),
        ("moved_elements", None),
    ],
)
def test_the_app_client_may_be_named_null_or_absent(name, client_id):
    event = parse_event(captured(name))
    assert isinstance(event, CodeEvent)
    assert event.app_client == client_id


def test_unknown_keys_are_ignored():
    assert parse_event(captured("extra_keys")).template_values()["user"]["given_name"] == "Jane"


def test_an_event_without_a_code_says_that_it_would_need_one():
    event = parse_event(captured("no_code"))
    assert (event.ciphertext, event.needs_code) == (None, True)
    assert parse_event(captured("no_code", code="")).ciphertext is None


def test_a_warning_of_a_take_over_needs_no_code_and_hides_its_links():
    event = parse_event(captured("CustomEmailSender_AccountTakeOverNotification"))
    login = event.template_values()["login"]
    assert (event.needs_code, event.ciphertext, event.subject_id, event.lifetime) == (False, None, None, None)
    assert event.preferred_locales == ()
    assert (login["city"], login["action"]) == ("Dublin", "MFA_IF_CONFIGURED")
    assert isinstance(login["link_valid"], Secret)
    assert login["link_valid"].reveal().endswith("value=valid")
    assert login["link_invalid"].reveal().endswith("value=invalid")
    assert not any("token" in name for name in login)


def test_what_is_null_in_a_take_over_is_left_out():
    login = parse_event(captured("take_over_with_nulls")).template_values()["login"]
    assert {"city", "country", "device_name"}.isdisjoint(login)
    assert None not in login.values()


@pytest.mark.parametrize("raw", [None, 7, "text", [], [{}], b"{}"], ids=repr)
def test_what_is_no_object_is_no_event(raw):
    assert "JSON object" in str(refusal(raw))
    assert not handles(raw)


@pytest.mark.parametrize("odd", [7, 1.5, True, "text", [CANARY], {CANARY: [CANARY]}, "\ud800"], ids=repr)
@pytest.mark.parametrize(
    "path",
    [
        "version",
        "region",
        "callerContext",
        "callerContext.clientId",
        "callerContext.awsSdkVersion",
        "request.clientMetadata",
    ],
)
def test_an_odd_field_that_no_message_needs_makes_no_event_unreadable(path, odd):
    """Its code would be lost; the field is read as absent, unless it has the form that it should have."""
    raw = copy.deepcopy(captured("CustomEmailSender_SignUp"))
    place, steps = raw, path.split(".")
    for step in steps[:-1]:
        place = place[step]
    place[steps[-1]] = odd
    event = parse_event(raw)
    assert isinstance(event, CodeEvent)
    assert (event.trigger, event.channel) == ("SignUp", "email")
    assert event.request.user_attributes["email"] == raw["request"]["userAttributes"]["email"]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"triggerSource": None}, "triggerSource"),
        ({"triggerSource": 7}, "triggerSource"),
        ({"triggerSource": ""}, "triggerSource"),
        ({"triggerSource": f"CustomEmailSender_{CANARY} x"}, "triggerSource"),
        ({"userName": None}, "userName"),
        ({"userName": ""}, "userName"),
        ({"userName": {CANARY: CANARY}}, "userName"),
        ({"userPoolId": [CANARY]}, "userPoolId"),
        ({"request": None}, "request"),
        ({"request": CANARY}, "request"),
        ({"request": {"code": {CANARY: CANARY}}}, "request.code"),
        ({"request": {"userAttributes": [CANARY]}}, "request.userAttributes"),
    ],
    ids=str,
)
def test_what_is_wrong_is_named_by_its_path(changes, path):
    error = refusal({**captured("CustomEmailSender_SignUp"), **changes})
    assert error.path == path
    assert str(error).startswith(f"{path}: ")


@pytest.mark.parametrize("key", ["triggerSource", "userPoolId", "userName", "request"])
def test_what_is_missing_is_named_by_its_path(key):
    raw = captured("CustomEmailSender_SignUp")
    del raw[key]
    error = refusal(raw)
    assert error.path == key
    assert "is missing" in str(error)


def test_a_take_over_is_checked_like_the_rest():
    error = refusal(captured("take_over_with_nulls", userAttributes={"EVENT_ID": [CANARY], "FEEDBACK_TOKEN": 7}))
    assert error.path == "request.userAttributes.EVENT_ID"
    assert "request.userAttributes.FEEDBACK_TOKEN: a text is needed" in str(error)


def test_a_trigger_of_another_kind_is_told_how_to_wire_the_function():
    raw = captured("pre_sign_up")
    error = refusal(raw)
    assert not handles(raw)
    assert "wire the function as CustomEmailSender or CustomSMSSender only" in str(error)
    assert "handles(event)" in str(error)
    assert "PreSignUp_SignUp" in str(error)


@pytest.mark.parametrize("source", [None, 7, "", "PreSignUp_SignUp", "CustomEmailSender_", "CustomEmailSender_../x"])
def test_other_sources_are_not_meant_for_us(source):
    assert not handles({"triggerSource": source})


def test_an_event_that_was_made_by_hand_needs_a_senders_source_too():
    event = CodeEvent.model_validate({**captured("CustomEmailSender_SignUp"), "triggerSource": "PreSignUp_SignUp"})
    with pytest.raises(ValueError, match="not the source of a custom sender"):
        _ = event.trigger


def test_an_event_that_was_read_already_is_taken_as_it_is():
    event = parse_event(captured("CustomEmailSender_SignUp"))
    assert parse_event(event) is event
    assert handles(event)


def test_an_attribute_that_is_nested_deeper_than_python_calls_is_refused():
    """How deep that is depends on the version of Python: 3.12 and newer write more of it out."""
    deep: dict = {}
    for _ in range(200_000):
        deep = {CANARY: deep}
    assert str(refusal(captured("CustomEmailSender_SignUp", userAttributes={"a": deep}))) == (
        "cannot be read (RecursionError)"
    )


def test_routes_see_the_pool_the_client_and_the_users_attributes():
    raw = captured("CustomEmailSender_SignUp")
    event = parse_event(raw)
    assert isinstance(event, CodeEvent)
    assert (event.user_pool, event.app_client) == (raw["userPoolId"], raw["callerContext"]["clientId"])
    assert event.attributes == event.request.user_attributes


def test_what_a_take_over_event_holds_is_no_attribute_of_the_user():
    """It carries one-click links and a token, which are secrets, and nothing of the user's profile."""
    event = parse_event(captured("CustomEmailSender_AccountTakeOverNotification"))
    assert event.attributes == {}
    assert event.user_pool
