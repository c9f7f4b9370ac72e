"""What events show of themselves, the keys by which they are known again, and input that nobody thought of."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifyhub.errors import EventError
from notifyhub.events import CodeEvent, Event, TakeOverEvent, handles, parse_event
from notifyhub.testing import assert_absent, traces_of
from tests.events.files import ALL, CANARY, captured

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(CANARY),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4) | st.just(CANARY), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize("name", ALL)
def test_events_and_their_parts_show_nobodys_data(name):
    """Canaries in all values but the three that a repr may show: source, pool and `sub`."""
    raw = _planted(captured(name))
    event = parse_event(raw)
    assert isinstance(event, CodeEvent | TakeOverEvent)
    parts = [event, event.request, event.caller_context, getattr(event.request, "user_attributes", None)]
    for part in parts if isinstance(event, TakeOverEvent) else parts[:3]:
        assert_absent([CANARY], [str(part), repr(part), f"{part}", "%s" % part])  # noqa: UP031 - as logging does
    assert event.trigger_source in repr(event)


def _planted(raw):
    planted = copy.deepcopy(raw)
    shown = ("triggerSource", "userPoolId", "sub", "EVENT_ID", "ACCOUNT_TAKE_OVER_ACTION", "clientId")
    for table in (planted, planted["request"], planted["request"]["userAttributes"], planted.get("callerContext", {})):
        for key, value in table.items():
            if isinstance(value, str) and key not in shown:
                table[key] = CANARY
    return planted


def test_the_same_event_has_the_same_key():
    raw = captured("CustomEmailSender_SignUp")
    assert parse_event(raw).key("email", "first") == parse_event(copy.deepcopy(raw)).key("email", "second")


@pytest.mark.parametrize(
    "changes",
    [
        {"userPoolId": "eu-west-1_Another00"},
        {"triggerSource": "CustomEmailSender_ResendCode"},
        {"request": {"code": "AYADeOther"}},
    ],
    ids=str,
)
def test_another_pool_source_or_ciphertext_has_another_key(changes):
    raw = captured("CustomEmailSender_SignUp")
    assert parse_event(raw).key("email", "r") != parse_event({**raw, **changes}).key("email", "r")


def test_another_channel_has_another_key():
    event = parse_event(captured("CustomEmailSender_SignUp"))
    assert event.key("email", "r") != event.key("sms", "r")


def test_without_a_code_the_request_makes_the_key():
    event = parse_event(captured("no_code"))
    assert event.key("email", "first") == event.key("email", "first") != event.key("email", "second")


def test_a_take_over_is_known_again_by_its_event_id():
    raw = captured("take_over_with_nulls")
    event, other = parse_event(raw), copy.deepcopy(raw)
    other["request"]["userAttributes"]["EVENT_ID"] = "another"
    assert event.key("email", "first") == event.key("email", "second")
    assert event.key("email", "first") != parse_event(other).key("email", "first")
    other["request"]["userAttributes"]["EVENT_ID"] = None
    assert parse_event(other).key("email", "first") != parse_event(other).key("email", "second")


def test_a_key_shows_nothing_of_the_event_and_copes_with_broken_text():
    """JSON may hold half of a surrogate pair, which UTF-8 cannot write."""
    key = parse_event({**captured("CustomEmailSender_SignUp", code="\ud800"), "userPoolId": "\ud800"}).key("email", "r")
    assert len(key) == 64
    assert set(key) <= set("0123456789abcdef")


@given(json_values)
def test_arbitrary_json_is_an_event_or_an_event_error(raw):
    _read(raw)


@given(st.sampled_from(ALL), st.data())
def test_a_captured_event_with_anything_in_any_place_is_an_event_or_an_event_error(name, data):
    raw = captured(name)
    tables = [raw, raw["request"], raw["request"]["userAttributes"], raw.get("callerContext", raw)]
    table = data.draw(st.sampled_from(tables))
    table[data.draw(st.sampled_from(sorted(table)) | st.just(CANARY))] = data.draw(json_values)
    _read(raw)


def _read(raw):
    handles(raw)
    try:
        event = parse_event(raw)
    except EventError as caught:
        error = caught
    else:
        assert isinstance(event, Event)
        assert len(event.key("email", "r")) == 64
        event.template_values()
        return
    assert error.__context__ is None
    if not isinstance(raw, dict) or raw.get("triggerSource") != CANARY:  # quoted, to help who wired the function wrong
        assert_absent([CANARY], traces_of(error))
