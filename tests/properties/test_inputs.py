"""What comes from outside may be anything: events, ciphertexts, vendors' answers."""

import base64
import copy
import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifyhub.clients.reply import Reply
from notifyhub.deadline import Deadline
from notifyhub.errors import DecryptionError, NotifyHubError, ProviderError, Undeliverable
from notifyhub.provider.registry import Registry
from notifyhub.provider.toolkit import Clients
from notifyhub.testing import assert_absent, traces_of
from tests.support.hub import CODE, EMAIL, Hub, signing_up
from tests.support.leak_search import LeakSearch

EVENT = signing_up()
CIPHERTEXT = base64.b64decode(EVENT["request"]["code"])
HUB = Hub()

texts = st.text(max_size=30) | st.just(f"{CODE} {EMAIL}")
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
PATHS = [
    ("triggerSource",), ("region",), ("userPoolId",), ("userName",), ("callerContext",), ("callerContext", "clientId"),
    ("request",), ("request", "code"), ("request", "clientMetadata"), ("request", "userAttributes"),
    ("request", "userAttributes", "email"), ("request", "userAttributes", "locale"), ("version",), ("unknown",),
]  # fmt: skip


def changed(path, value):
    event = copy.deepcopy(EVENT)
    place = event
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return event


@settings(max_examples=200, deadline=None)
@given(raw=st.builds(changed, st.sampled_from(PATHS), values) | values)
def test_an_event_is_delivered_or_ends_in_a_typed_error_that_shows_nothing_of_it(raw):
    with LeakSearch() as search:
        try:
            search.note(HUB.dispatcher.dispatch(raw, deadline=Deadline.after(20)))
        except NotifyHubError as error:
            search.note(error)
        search.assert_absent(CODE)
        assert EMAIL in json.dumps(EVENT)
        search.assert_absent(EMAIL)
    for message in HUB.sent():
        assert message.channel == "email"
    HUB.sent().clear()


@st.composite
def broken(draw):
    """A ciphertext with something wrong in it: cut, prolonged, or with other bytes at some places."""
    data = bytearray(CIPHERTEXT)
    for at in draw(st.lists(st.integers(0, len(data) - 1), max_size=4)):
        data[at] ^= draw(st.integers(1, 255))
    data = data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data
    return bytes(data) + draw(st.binary(max_size=6))


@settings(max_examples=200, deadline=None)
@given(data=broken())
def test_a_ciphertext_that_was_changed_is_refused_and_says_which_check_failed(data):
    if data.startswith(CIPHERTEXT):
        return  # what follows a whole message is no part of it
    raw = changed(("request", "code"), base64.b64encode(data).decode())
    with pytest.raises(NotifyHubError) as caught:
        HUB.dispatcher.dispatch(raw)
    assert_absent([CODE, raw["request"]["code"] or EMAIL], traces_of(caught.value))
    if data:
        assert isinstance(caught.value, DecryptionError)
        assert caught.value.check in {"format", "integrity", "key", "data_keys", "pool_id"}
    else:
        assert isinstance(caught.value, Undeliverable)


def refusal_of(code):
    """What the error says in which an event with this code ends."""
    with pytest.raises(NotifyHubError) as caught:
        HUB.dispatcher.dispatch(changed(("request", "code"), code))
    return str(caught.value)


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=60))
def test_what_is_no_ciphertext_at_all_is_a_typed_error(text):
    """It does not show the text, which may be a word of our own sentences by chance."""
    own_words = [refusal_of(code) for code in ("", "!", "AAAA", base64.b64encode(CIPHERTEXT[:40]).decode())]
    said = refusal_of(text)
    assert len(text) < 4 or text not in said or any(text in words for words in own_words)


SETTINGS = {
    "sendgrid": {"api_key": "k", "sender": "a@acme.example"},
    "twilio": {"account_sid": f"AC{'0' * 32}", "auth_token": "t", "sender": "+15005550006"},
    "ses": {"sender": "a@acme.example", "region": "eu-west-1"},
    "sns": {"region": "eu-west-1"},
    "aws_sms": {"region": "eu-west-1"},
    "smtp": {"host": "127.0.0.1", "sender": "a@acme.example"},
    "console": {},
    "file": {"path": "nowhere"},
}
STAGES = ["connect", "ehlo", "starttls", "login", "auth", "mail", "rcpt", "data", "dot"]
bodies = st.binary(max_size=60) | st.builds(lambda value: json.dumps(value).encode(), values)
headers = st.dictionaries(
    st.sampled_from(["retry-after", "x-ratelimit-reset", "ratelimit-reset", "x-message-id", "x-amzn-requestid"]), texts
)
replies = st.builds(
    lambda status, head, body, code, stage: Reply(status, {**head, "stage": stage}, body, code),
    st.integers(100, 599) | st.integers(-5, 1000),
    headers,
    bodies,
    st.none() | texts,
    st.sampled_from(STAGES),
)


@pytest.fixture(scope="module")
def providers():
    clients = Clients()
    registry = Registry()
    assert set(SETTINGS) == {name for name in registry.names() if registry.origin(name) == "notifyhub-core"}
    kinds = {name: registry.load(name) for name in SETTINGS}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield [k(k.Settings.model_validate(SETTINGS[n]), clients.toolkit(n)) for n, k in kinds.items()]
    clients.close()


@settings(max_examples=300, deadline=None)
@given(reply=replies)
def test_every_answer_of_a_vendor_has_a_class_and_a_wait_that_ends(providers, reply):
    for provider in providers:
        error = provider.classify(reply)
        assert error is None or isinstance(error, ProviderError)
        assert error is not None or reply.successful or provider.name == "smtp"
        wait = provider.wait(reply)
        assert wait is None or 0 <= wait < math.inf
        if error is not None:
            assert_absent([f"{CODE} {EMAIL}"], traces_of(error))
