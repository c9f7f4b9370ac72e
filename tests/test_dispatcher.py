"""From a raw event to a message, for every source of Cognito."""

import logging
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from notifyhub import Dispatcher
from notifyhub.deadline import Deadline
from notifyhub.errors import ConfigurationError, EventError, InProgress, NoRoute, NotifyHubError, Undeliverable
from notifyhub.events.triggers import TRIGGERS, source_names, split_source
from notifyhub.provider import Capabilities
from notifyhub.secret import Secret
from notifyhub.testing import RecordingProvider
from tests.support.hub import CODE, EMAIL, LOCAL_KEY, PHONE, Hub, KnownAddresses, settings_of, signing_up

PASSWORD = "Kd7<m&2z'Rt"


class Verify(RecordingProvider):
    """A vendor that takes the bare code."""

    capabilities = Capabilities(needs_secret=True)


def parts_of(source):
    parts = split_source(source)
    assert parts is not None
    return parts


def secret_of(trigger):
    return PASSWORD if trigger == "AdminCreateUser" else CODE


@pytest.mark.parametrize("source", source_names())
def test_every_source_is_sent_with_its_own_template_to_the_right_address(source):
    channel, trigger = parts_of(source)
    hub = Hub(resolver=KnownAddresses() if trigger == "AccountTakeOverNotification" else None)
    receipt = hub.dispatcher.dispatch(signing_up(source, code=secret_of(trigger)))

    name = "mail" if channel == "email" else "text"
    (message,) = hub.sent(name)
    assert (message.trigger, message.channel, message.tags) == (trigger, channel, (trigger,))
    assert message.to == (EMAIL if channel == "email" else PHONE)
    assert hub.decryptor.calls == (0 if trigger == "AccountTakeOverNotification" else 1)
    expected = "made-up&v=invalid" if trigger == "AccountTakeOverNotification" else secret_of(trigger)
    assert expected in message.text
    (delivery,) = receipt.deliveries
    assert (receipt.status, delivery.status, delivery.channel, delivery.provider) == (
        "accepted",
        "accepted",
        channel,
        name,
    )
    assert delivery.message_id == "recorded-1"
    assert [attempt.outcome for attempt in delivery.attempts] == ["accepted"]
    assert delivery.recipient in {"j***@e***.com", "+1******0009"}


@pytest.mark.parametrize("source", source_names())
def test_every_source_is_rendered_from_the_folder_of_its_trigger(source, tmp_path):
    channel, trigger = parts_of(source)
    body = "email.body.html.j2" if channel == "email" else "sms.body.txt.j2"
    for other in TRIGGERS:
        (tmp_path / other).mkdir()
        (tmp_path / other / body).write_text(f"This is {other}.")
    hub = Hub(settings_of(templates={"path": tmp_path}), resolver=KnownAddresses())
    hub.dispatcher.dispatch(signing_up(source))
    (message,) = hub.sent("mail" if channel == "email" else "text")
    assert message.text.strip() == f"This is {trigger}."


def test_a_temporary_password_arrives_as_the_user_must_type_it():
    """Cognito escapes it for HTML; the plain text holds it bare, the HTML escaped once."""
    hub = Hub()
    hub.dispatcher.dispatch(signing_up("CustomEmailSender_AdminCreateUser", code=PASSWORD))
    (message,) = hub.sent()
    assert PASSWORD in message.text
    assert message.html is not None
    assert "Kd7&lt;m&amp;2z&#39;Rt" in message.html


def test_an_event_that_comes_again_is_a_duplicate_and_is_not_decrypted():
    hub, event = Hub(), signing_up()
    first = hub.dispatcher.dispatch(event, correlation="one")
    again = hub.dispatcher.dispatch(event, correlation="two")
    assert (again.status, again.deliveries[0].status) == ("duplicate", "duplicate")
    assert again.deliveries[0].message_id == first.deliveries[0].message_id == "recorded-1"
    assert (len(hub.sent()), hub.decryptor.calls) == (1, 1)


def test_a_new_code_for_the_same_user_is_no_duplicate():
    hub = Hub()
    for _ in range(2):
        assert hub.dispatcher.dispatch(signing_up()).status == "accepted"
    assert len(hub.sent()) == 2


def test_an_event_without_a_code_is_not_sent_and_is_loud(caplog):
    hub = Hub()
    with pytest.raises(Undeliverable) as caught:
        hub.dispatcher.dispatch(with_code(None))
    assert caught.value.reason == "no_code"
    assert caught.value.receipt is not None
    assert [delivery.status for delivery in caught.value.receipt.deliveries] == ["undeliverable"]
    assert (hub.sent(), hub.decryptor.calls) == ([], 0)
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


def test_an_unknown_source_is_served_by_the_default_template_with_a_warning(caplog):
    hub = Hub()
    raw = {**signing_up(), "triggerSource": "CustomEmailSender_BrandNew"}
    assert hub.dispatcher.dispatch(raw).status == "accepted"
    (message,) = hub.sent()
    assert CODE in message.text
    assert message.trigger == "BrandNew"
    assert [(r.levelno, r.outcome) for r in caplog.records] == [(logging.WARNING, "unknown_source")]


def test_an_unknown_source_without_a_code_is_undeliverable():
    hub = Hub()
    with pytest.raises(Undeliverable) as caught:
        hub.dispatcher.dispatch({**with_code(None), "triggerSource": "CustomSMSSender_BrandNew"})
    assert caught.value.reason == "no_code"


def test_a_user_without_a_usable_address_is_undeliverable():
    hub = Hub()
    for address in (None, "jane.roe@example.com, eve@example.net", ""):
        with pytest.raises(Undeliverable) as caught:
            hub.dispatcher.dispatch(signing_up(attributes={"email": address}))
        assert caught.value.reason == "no_usable_address"
    assert (hub.sent(), hub.decryptor.calls) == ([], 0)


def test_an_address_in_the_callers_metadata_is_never_used():
    hub = Hub()
    hub.dispatcher.dispatch(signing_up(client_metadata={"email": "eve@example.net", "phone_number": "+15005550001"}))
    assert [message.to for message in hub.sent()] == [EMAIL]


def test_only_a_provider_that_declares_it_is_given_the_bare_secret():
    settings = settings_of(email=("mail", "verify"))
    hub = Hub(settings, providers={"verify": Verify()})
    hub.dispatcher.dispatch(signing_up())
    assert hub.sent()[0].secret is None

    hub.providers["mail"].fail_with(OSError())
    hub.dispatcher.dispatch(signing_up())
    assert hub.sent("verify")[0].secret == Secret(CODE)
    assert CODE not in hub.sent("verify")[0].variables.values()


def test_a_channel_without_a_route_raises_and_decrypts_nothing():
    hub = Hub(settings_of(sms=()))
    with pytest.raises(NoRoute, match='channel = "sms"'):
        hub.dispatcher.dispatch(signing_up("CustomSMSSender_SignUp"))
    assert hub.decryptor.calls == 0


def test_what_is_no_event_raises():
    with pytest.raises(EventError, match="triggerSource"):
        Hub().dispatcher.dispatch({"Records": []})


def test_without_decryption_settings_the_error_says_what_to_set():
    dispatcher = Dispatcher(settings_of(), providers={"mail": RecordingProvider(), "text": RecordingProvider()})
    with pytest.raises(ConfigurationError, match="key_arns"):
        dispatcher.dispatch(signing_up())


def test_a_dispatcher_from_a_file_sends_with_what_the_file_says(tmp_path, monkeypatch, capsys):
    """A provider of the registry, a local key by reference, lifetimes and the application's name."""
    import base64

    monkeypatch.setenv("THE_KEY", base64.b64encode(LOCAL_KEY).decode())
    config = tmp_path / "notifyhub.toml"
    config.write_text(
        '[app]\nname = "Acme"\n[decryption]\nlocal_key = "env:THE_KEY"\n[triggers.SignUp]\nlifetime = "2h"\n'
        '[providers.screen]\nuse = "console"\n[[routes]]\nchannel = "email"\nproviders = ["screen"]\n'
    )
    dispatcher = Dispatcher.from_config(config)
    dispatcher.warm_up()
    assert dispatcher.dispatch(signing_up()).deliveries[0].provider == "screen"
    shown = capsys.readouterr().out
    assert CODE in shown
    assert "2 hours" in shown


def test_a_misconfigured_provider_is_reported_when_the_dispatcher_is_made():
    settings = settings_of(email=("mail",), providers={"mail": {"use": "sendgrid", "api_key": "SG.key"}})
    with pytest.raises(ConfigurationError, match=r"providers\.mail\.sender"):
        Dispatcher(settings)


def test_sixteen_threads_deliver_a_hundred_events_once_each():
    hub = Hub()
    events = [signing_up(code=f"{100000 + number}") for number in range(100)]
    with ThreadPoolExecutor(16) as pool:
        receipts = list(pool.map(hub.dispatcher.dispatch, events))
    assert {receipt.status for receipt in receipts} == {"accepted"}
    for number in range(100):
        assert sum(f"{100000 + number}" in message.text for message in hub.sent()) == 1
    assert len(hub.sent()) == 100


def test_one_event_in_sixteen_threads_is_delivered_once():
    hub, event, together = Hub(), signing_up(), Barrier(16)

    def run(_):
        together.wait()
        try:
            return hub.dispatcher.dispatch(event).status
        except NotifyHubError as error:
            return type(error)

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(run, range(16)))
    assert outcomes.count("accepted") == 1
    assert set(outcomes) <= {"accepted", "duplicate", InProgress}
    assert (len(hub.sent()), hub.decryptor.calls) == (1, 1)


def with_code(code):
    """An event whose code is replaced on its way."""
    event = signing_up()
    return {**event, "request": {**event["request"], "code": code}}


def test_an_event_that_cannot_be_read_is_logged_with_its_field(caplog):
    with pytest.raises(EventError):
        Hub().dispatcher.dispatch({"triggerSource": "CustomEmailSender_SignUp", "userPoolId": "p"}, correlation="r-1")
    (record,) = [record for record in caplog.records if record.name == "notifyhub"]
    assert record.levelname == "ERROR"
    assert (record.__dict__["outcome"], record.__dict__["path"]) == ("unreadable", "userName")
    assert record.__dict__["correlation"] == "r-1"


@pytest.mark.parametrize("part", ["decryptor", "ledger", "resolver"])
def test_a_part_that_is_given_must_be_what_it_is_given_for(part):
    with pytest.raises(ConfigurationError, match=r"is needed, not object"):
        Dispatcher(settings_of(), **{part: object()})  # type: ignore[arg-type]


def test_connections_can_be_closed_and_are_opened_again_when_needed():
    dispatcher = Hub().dispatcher
    dispatcher.clients.http.open()
    dispatcher.close()
    assert not dispatcher.clients.http.open().is_closed
    dispatcher.close()


def test_the_configured_time_bounds_the_clients_too():
    dispatcher = Hub(settings_of(delivery={"attempt_timeout_s": 3})).dispatcher
    assert dispatcher.clients.http.timeout(Deadline.never()).read == 3
    assert dispatcher.clients.aws._timeout_s == 3
