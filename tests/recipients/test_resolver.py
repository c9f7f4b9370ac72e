import threading
import time

import pytest

from notifyhub.clients.aws import AwsClients
from notifyhub.deadline import Deadline
from notifyhub.errors import EventError, RecipientLookupError, Undeliverable
from notifyhub.events.base import Event
from notifyhub.events.notification import NotificationEvent
from notifyhub.events.parsing import parse_event
from notifyhub.events.triggers import source_names
from notifyhub.recipients import resolver
from notifyhub.recipients.resolver import LOOKUP_ATTEMPTS, EventRecipients, RecipientResolver
from notifyhub.testing import VendorAnswer, VendorServer, assert_absent, forge_event, traces_of
from notifyhub.testing.contracts.aws_provider import set_aws_environment

MAIL, PHONE = "jane.roe@example.com", "+15005550009"
TAKE_OVER = "CustomEmailSender_AccountTakeOverNotification"
POOL = "eu-west-1_AbCdEfGhI"


class OrderShipped(NotificationEvent):
    channels = ("email", "sms")


@pytest.fixture
def clients(monkeypatch):
    monkeypatch.setattr(resolver, "LOOKUP_TIMEOUT_S", 30.0)  # moto's first answer takes its time
    clients = AwsClients(timeout_s=30)
    yield clients
    clients.close()


@pytest.fixture
def recipients(clients):
    return EventRecipients(clients)


@pytest.fixture
def cognito(monkeypatch):
    """A loopback server in the place of Cognito, and of Cognito alone."""
    with VendorServer().running() as server:
        set_aws_environment(monkeypatch, endpoint=server.url, service="COGNITO_IDENTITY_PROVIDER")
        yield server


def code_event(source, *, metadata=None, **attributes):
    request = {"code": "AYADe", "clientMetadata": metadata, "userAttributes": attributes}
    return parse_event({"triggerSource": source, "userPoolId": POOL, "userName": "jane", "request": request})


def take_over(*, pool=POOL, user="jane"):
    attributes = {"EVENT_ID": "e-1", "email": "mallory@example.com", "FEEDBACK_TOKEN": "feedback-token"}
    request = {"code": None, "userAttributes": attributes}
    return parse_event({"triggerSource": TAKE_OVER, "userPoolId": pool, "userName": user, "request": request})


def address(recipients, event, channel="email", deadline=None):
    return recipients.address(event, channel, deadline or Deadline.after(30))


@pytest.mark.parametrize("source", [source for source in source_names() if source != TAKE_OVER])
def test_every_source_with_a_code_goes_to_its_channel_s_attribute(recipients, source):
    channel = "email" if "Email" in source else "sms"
    event = code_event(source, email=MAIL, phone_number=PHONE)
    assert address(recipients, event, channel) == (MAIL if channel == "email" else PHONE)


def test_an_own_event_names_its_recipient(recipients):
    event = OrderShipped(id="1", recipient={"email": MAIL, "phone_number": PHONE})
    assert [address(recipients, event, channel) for channel in ("email", "sms")] == [MAIL, PHONE]


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_client_metadata_never_supplies_a_recipient(recipients, channel):
    """Whoever calls Cognito writes it."""
    metadata = {"email": "mallory@example.com", "phone_number": "+15005550001", "recipient": "mallory@example.com"}
    prefix = "CustomEmailSender" if channel == "email" else "CustomSMSSender"
    assert recipients.resolve(code_event(f"{prefix}_SignUp", metadata=metadata), channel, Deadline.never()) is None


@pytest.mark.parametrize(
    "usable",
    [MAIL, "a@b", "o'brien+tag=1@sub.example.co.uk", "jörg@exämple.de", "x" * 64 + "@example.com"],
)
def test_usual_mail_addresses_are_usable(recipients, usable):
    assert address(recipients, code_event("CustomEmailSender_SignUp", email=usable)) == usable


@pytest.mark.parametrize(
    "refused",
    [
        "jane.roe",
        "jane@example.com,mallory@example.com",
        "jane@example.com;mallory@example.com",
        "jane@example.com mallory@example.com",
        "jane@example.com@example.com",
        "jane@example.com\r\nBcc: mallory@example.com",
        "jane@example.com\n",
        "jane@example.com\x00",
        "jane@example.com\x85",
        "jane@example.com\u2028",
        "Jane <jane@example.com>",
        '"jane roe"@example.com',
        "group:jane@example.com",
        "jane(comment)@example.com",
        "jane@[203.0.113.7]",
        "@example.com",
        "jane@",
        "x" * 65 + "@example.com",
        "jane@" + "x" * 256,
        " ",
    ],
)
def test_what_could_become_a_second_recipient_or_a_header_is_undeliverable(recipients, refused):
    with pytest.raises(Undeliverable, match=r"^SignUp email: this is no usable mail address$") as caught:
        address(recipients, code_event("CustomEmailSender_SignUp", email=refused))
    assert caught.value.reason == "no_usable_address"
    if refused.strip():
        assert_absent([refused], traces_of(caught.value))


@pytest.mark.parametrize(
    "refused",
    [
        "15005550009",
        "0015005550009",
        "+05005550009",
        "+12345",
        "+1 500 555 0009",
        "+1-500-555-0009",
        "+15005550009,+15005550001",
        "+15005550009\n",
        "+1500555000955555",
        "tel:+15005550009",
        "+1\u0665\u0660\u0660\u0665\u0665\u0665\u0660\u0660\u0660\u0669",
        MAIL,
    ],
)
def test_a_phone_number_is_in_e164_form_or_undeliverable(recipients, refused):
    with pytest.raises(Undeliverable, match=r"SignUp sms: this is no usable phone number in E\.164 form") as caught:
        address(recipients, code_event("CustomSMSSender_SignUp", phone_number=refused), "sms")
    assert_absent([refused], traces_of(caught.value))


@pytest.mark.parametrize("attributes", [{}, {"email": ""}, {"email": None}, {"phone_number": PHONE}])
def test_no_address_is_said_to_be_none(recipients, attributes):
    with pytest.raises(Undeliverable, match=r"there is no mail address"):
        address(recipients, code_event("CustomEmailSender_SignUp", **attributes))


def test_an_own_event_without_the_channel_s_address_is_undeliverable(recipients):
    with pytest.raises(Undeliverable, match=r"OrderShipped sms: there is no phone number"):
        address(recipients, OrderShipped(id="1", recipient={"email": MAIL}), "sms")


@pytest.fixture
def pool(aws_env, clients):
    """A user pool at moto, as a function that adds a user and returns the take-over event about them."""
    cognito = clients.get("cognito-idp", "eu-west-1")
    pool_id = cognito.create_user_pool(PoolName="made-up")["UserPool"]["Id"]

    def add(user, **attributes):
        listed = [{"Name": name, "Value": value} for name, value in attributes.items()]
        cognito.admin_create_user(UserPoolId=pool_id, Username=user, UserAttributes=listed)
        return take_over(pool=pool_id, user=user)

    return add


def test_a_take_over_goes_to_the_verified_address_that_cognito_knows(pool, recipients):
    assert address(recipients, pool("jane", email=MAIL, email_verified="true")) == MAIL


@pytest.mark.parametrize(
    "attributes",
    [{"email": MAIL, "email_verified": "false"}, {"email": MAIL}, {"email_verified": "true"}, {"phone_number": PHONE}],
)
def test_a_take_over_never_goes_to_an_address_that_is_not_verified(pool, recipients, attributes):
    with pytest.raises(Undeliverable, match=r"there is no mail address") as caught:
        address(recipients, pool("jane", **attributes))
    assert caught.value.reason == "no_usable_address"


def test_a_user_that_is_gone_is_undeliverable(pool, clients, recipients):
    event = pool("jane", email=MAIL, email_verified="true")
    clients.get("cognito-idp", "eu-west-1").admin_delete_user(UserPoolId=event.user_pool_id, Username="jane")
    with pytest.raises(Undeliverable, match=r"the user does not exist any more") as caught:
        address(recipients, event)
    assert caught.value.reason == "no_usable_address"


def test_a_pool_that_is_gone_is_a_failed_lookup(aws_env, recipients):
    with pytest.raises(RecipientLookupError, match=r"there is no such pool in this account and region") as caught:
        address(recipients, take_over())
    assert caught.value.code == "ResourceNotFoundException"


@pytest.mark.parametrize(
    ("code", "remedy", "requests"),
    [
        ("AccessDeniedException", "grant the function's role cognito-idp:AdminGetUser", 1),
        ("NotAuthorizedException", "grant the function's role cognito-idp:AdminGetUser", 1),
        ("TooManyRequestsException", "Cognito is throttling", LOOKUP_ATTEMPTS),
        ("SomethingNewException", "see the error code in the Cognito API reference", 1),
    ],
)
def test_a_refused_lookup_is_tried_again_later_and_names_the_remedy(cognito, recipients, code, remedy, requests):
    cognito.answer = VendorAnswer(status=400, body={"__type": code, "message": f"User jane {MAIL}"})
    with pytest.raises(RecipientLookupError, match=remedy) as caught:
        address(recipients, take_over())
    assert caught.value.code == code
    assert len(cognito.requests) == requests
    assert_absent([MAIL, "feedback-token"], traces_of(caught.value))


def test_silence_is_a_failed_lookup(cognito, recipients):
    cognito.answer = VendorAnswer(hang_up=True)
    with pytest.raises(RecipientLookupError, match=r"AdminGetUser did not answer: cognito-idp: ") as caught:
        address(recipients, take_over())
    assert caught.value.code is None


def test_an_attribute_without_a_value_is_no_address(cognito, recipients):
    cognito.answer = VendorAnswer(
        body={"UserAttributes": [{"Name": "email"}, {"Name": "email_verified", "Value": "true"}]}
    )
    with pytest.raises(Undeliverable):
        address(recipients, take_over())


def test_without_time_nobody_is_asked(cognito, recipients):
    with pytest.raises(RecipientLookupError, match=r"raise the function's time-out"):
        address(recipients, take_over(), deadline=Deadline.after(0))
    assert cognito.requests == []


def test_the_pool_s_own_region_is_asked(cognito, recipients):
    cognito.answer = VendorAnswer(status=400, body={"__type": "UserNotFoundException"})
    with pytest.raises(Undeliverable):
        address(recipients, take_over(pool="ap-south-1_AbCdEfGhI"))
    assert "/ap-south-1/cognito-idp/" in cognito.requests[0].headers["authorization"]
    assert cognito.requests[0].json() == {"UserPoolId": "ap-south-1_AbCdEfGhI", "Username": "jane"}


class Directory(RecipientResolver):
    """A resolver of the application: addresses are kept elsewhere."""

    def __init__(self, found):
        self.found = found

    def resolve(self, event, channel, deadline):
        return self.found


def test_a_resolver_of_the_application_replaces_the_default():
    assert address(Directory(MAIL), take_over()) == MAIL


@pytest.mark.parametrize("found", [None, "", "jane@example.com\nBcc: mallory@example.com"])
def test_what_it_finds_is_checked_all_the_same(found):
    with pytest.raises(Undeliverable):
        address(Directory(found), take_over())


def test_an_event_of_another_kind_needs_a_resolver_of_its_own(recipients):
    class Other(Event):
        @property
        def trigger(self):
            return "Other"

        @property
        def all_channels(self):
            return ("email",)

        def template_values(self):
            return {}

        def key(self, channel, correlation):
            return ""

    with pytest.raises(EventError, match=r"Other needs a resolver of its own: \[hooks\] resolver"):
        address(recipients, Other())


def test_a_cognito_that_does_not_answer_takes_no_more_than_the_deadline(monkeypatch):
    let = threading.Event()
    monkeypatch.setattr(EventRecipients, "_fetch_user", lambda *arguments: let.wait(20))
    event = parse_event(forge_event("CustomEmailSender_AccountTakeOverNotification", bytes(32)))
    began = time.monotonic()
    with pytest.raises(RecipientLookupError, match="did not answer in time; raise the function's time-out"):
        EventRecipients(AwsClients()).address(event, "email", Deadline.after(0.3))
    let.set()
    assert time.monotonic() - began < 5
