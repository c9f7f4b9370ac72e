"""The application's own events: each channel is claimed, delivered and settled by itself."""

import time

import pytest
from pydantic import model_validator

from notifyhub import Dispatcher, NotificationEvent, Secret
from notifyhub.deadline import Deadline
from notifyhub.errors import (
    ConfigurationError,
    DeliveryFailed,
    EventError,
    NotifyHubError,
    RecipientRejected,
    RefusedHere,
    Undeliverable,
)
from tests.support.hub import EMAIL, PHONE, Hub, KnownAddresses, Waiting, settings_of, signing_up


class OrderShipped(NotificationEvent):
    channels = ("email", "sms")

    order_number: str
    pickup_code: Secret | None = None


class InvoiceDue(NotificationEvent):
    name = "invoice_due"


class NoMailAddresses(KnownAddresses):
    """A resolver with a mistake in it that concerns one channel."""

    def resolve(self, event, channel, deadline):
        if channel == "email":
            raise LookupError
        return super().resolve(event, channel, deadline)


TEMPLATES = {
    "OrderShipped/email.subject.txt.j2": "Order {{ event.order_number }} is on its way",
    "OrderShipped/email.body.html.j2": "<p>Order <b>{{ event.order_number }}</b>, says {{ app.name }}.</p>",
    "OrderShipped/email.body.de.html.j2": "<p>Bestellung <b>{{ event.order_number }}</b>.</p>",
    "OrderShipped/sms.body.txt.j2": "Order {{ event.order_number }}. Code: {{ event.pickup_code | default('none') }}",
    "invoice_due/email.body.txt.j2": "Please pay {{ event.id }}.",
}


@pytest.fixture
def settings(tmp_path):
    for name, text in TEMPLATES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return settings_of(templates={"path": tmp_path})


@pytest.fixture
def hub(settings):
    return Hub(settings, events=[OrderShipped, InvoiceDue])


def shipped(number="A-7", **recipient):
    return OrderShipped(
        id="order-7", recipient=recipient or {"email": EMAIL, "phone_number": PHONE}, order_number=number
    )


def test_both_channels_are_delivered_and_the_receipt_shows_both(hub):
    receipt = hub.dispatcher.dispatch(shipped())
    assert receipt.status == "accepted"
    assert [(d.channel, d.provider, d.status) for d in receipt.deliveries] == [
        ("email", "mail", "accepted"),
        ("sms", "text", "accepted"),
    ]
    (mail,), (text,) = hub.sent("mail"), hub.sent("text")
    assert (mail.to, mail.subject, mail.trigger) == (EMAIL, "Order A-7 is on its way", "OrderShipped")
    assert "<b>A-7</b>, says Acme." in mail.html
    assert "Order A-7, says Acme." in mail.text
    assert (text.to, text.text) == (PHONE, "Order A-7. Code: none")
    assert hub.decryptor.calls == 0


def test_fields_are_escaped_in_html_alone(hub):
    hub.dispatcher.dispatch(shipped("<script>"))
    assert "<b>&lt;script&gt;</b>" in hub.sent("mail")[0].html
    assert hub.sent("text")[0].text.startswith("Order <script>.")


def test_a_secret_field_is_shown_by_templates_alone(hub):
    event = shipped().model_copy(update={"pickup_code": Secret("4471")})
    hub.dispatcher.dispatch(event)
    assert "Code: 4471" in hub.sent("text")[0].text
    assert "4471" not in repr(event)


def test_the_recipients_locale_picks_the_template(hub):
    hub.dispatcher.dispatch(shipped(email=EMAIL, phone_number=PHONE, locale="de-AT"))
    assert "Bestellung" in hub.sent("mail")[0].html


@pytest.mark.parametrize(("failing", "well"), [("mail", "text"), ("text", "mail")])
def test_a_channel_that_fails_does_not_stop_the_other(hub, failing, well):
    hub.providers[failing].fail_with(RefusedHere)
    with pytest.raises(DeliveryFailed) as caught:
        hub.dispatcher.dispatch(shipped())
    assert (len(hub.sent(failing)), len(hub.sent(well))) == (0, 1)
    assert caught.value.receipt is not None
    assert caught.value.receipt.status == "failed"
    statuses = {delivery.provider: delivery.status for delivery in caught.value.receipt.deliveries}
    assert statuses == {None: "failed", well: "accepted"}


def test_a_channel_that_takes_its_time_leaves_the_other_its_own(settings):
    waiting = Waiting()
    hub = Hub(settings, providers={"mail": waiting}, events=[OrderShipped])
    began = time.monotonic()
    with pytest.raises(DeliveryFailed) as caught:
        hub.dispatcher.dispatch(shipped(), deadline=Deadline.after(1))
    waiting.let.set()
    assert time.monotonic() - began < 2.5
    assert caught.value.receipt is not None
    assert [delivery.status for delivery in caught.value.receipt.deliveries] == ["failed", "accepted"]


def test_a_redelivery_sends_only_what_is_open(hub):
    hub.providers["mail"].fail_with(RefusedHere)
    with pytest.raises(DeliveryFailed):
        hub.dispatcher.dispatch(shipped())
    receipt = hub.dispatcher.dispatch(shipped())
    assert [(d.channel, d.status) for d in receipt.deliveries] == [("email", "accepted"), ("sms", "duplicate")]
    assert receipt.status == "accepted"
    assert hub.dispatcher.dispatch(shipped()).status == "duplicate"
    assert (len(hub.sent("mail")), len(hub.sent("text"))) == (1, 1)


def test_the_same_id_is_the_same_message_whatever_else_it_says(hub):
    hub.dispatcher.dispatch(shipped("A-7"))
    assert hub.dispatcher.dispatch(shipped("A-8")).status == "duplicate"


def test_a_failure_that_may_pass_is_raised_rather_than_a_verdict(hub):
    """A verdict on the mail alone would end the event, and the text message with it."""
    hub.providers["mail"].fail_with(RecipientRejected)
    hub.providers["text"].fail_with(RefusedHere)
    with pytest.raises(DeliveryFailed) as caught:
        hub.dispatcher.dispatch(shipped())
    assert caught.value.receipt is not None
    assert [d.status for d in caught.value.receipt.deliveries] == ["undeliverable", "failed"]
    with pytest.raises(Undeliverable) as verdict:
        hub.dispatcher.dispatch(shipped())
    assert verdict.value.reason == "recipient_rejected"
    assert verdict.value.receipt is not None
    assert [d.status for d in verdict.value.receipt.deliveries] == ["undeliverable", "accepted"]
    assert len(hub.providers["mail"].contexts) == 1, "the verdict stands: nobody is asked again"


def test_a_verdict_on_one_channel_is_raised_when_the_other_is_delivered(hub):
    with pytest.raises(Undeliverable) as caught:
        hub.dispatcher.dispatch(shipped(email=EMAIL))
    assert caught.value.reason == "no_usable_address"
    assert caught.value.receipt is not None
    assert [d.status for d in caught.value.receipt.deliveries] == ["accepted", "undeliverable"]


def test_a_defect_on_one_channel_does_not_stop_the_other(settings):
    hub = Hub(settings, events=[OrderShipped], resolver=NoMailAddresses())
    with pytest.raises(NotifyHubError, match="LookupError in resolve") as caught:
        hub.dispatcher.dispatch(shipped())
    assert len(hub.sent("text")) == 1
    assert caught.value.receipt is not None
    assert [d.status for d in caught.value.receipt.deliveries] == ["failed", "accepted"]


def test_the_wire_form_is_dispatched_as_well(hub):
    wire = {
        "event": "OrderShipped",
        "id": "order-8",
        "recipient": {"email": EMAIL, "phoneNumber": PHONE},
        "orderNumber": "B-8",
    }
    assert hub.dispatcher.dispatch(wire).status == "accepted"
    assert "B-8" in hub.sent("text")[0].text
    same = OrderShipped(id="order-8", recipient={"email": EMAIL, "phone_number": PHONE}, order_number="B-8")
    assert hub.dispatcher.dispatch(same).status == "duplicate"


def test_a_set_name_is_the_wire_name_and_the_folder(hub):
    hub.dispatcher.dispatch({"event": "invoice_due", "id": "2027-1", "recipient": {"email": EMAIL}})
    assert hub.sent("mail")[0].text == "Please pay 2027-1."
    assert hub.sent("mail")[0].subject == "Acme"


def test_an_event_named_in_the_configuration_is_registered_as_well(tmp_path, monkeypatch):
    (tmp_path / "shop_events.py").write_text(
        "from notifyhub import NotificationEvent\nclass Returned(NotificationEvent):\n    channels = ('sms',)\n"
    )
    (tmp_path / "Returned").mkdir()
    (tmp_path / "Returned" / "sms.body.txt.j2").write_text("Back: {{ event.id }}")
    monkeypatch.syspath_prepend(tmp_path)
    settings = settings_of(templates={"path": tmp_path}, hooks={"events": ["shop_events:Returned"]})
    hub = Hub(settings)
    hub.dispatcher.dispatch({"event": "Returned", "id": "r-1", "recipient": {"phoneNumber": PHONE}})
    assert hub.sent("text")[0].text == "Back: r-1"


def test_an_event_that_is_not_registered_raises_and_names_those_that_are(hub):
    with pytest.raises(EventError, match="OrderShipped, invoice_due"):
        hub.dispatcher.dispatch({"event": "OrderLost", "id": "1", "recipient": {}})


def test_what_is_no_event_class_is_refused_when_the_dispatcher_is_made():
    wrong: list = [str]
    with pytest.raises(ConfigurationError, match=r"hooks\.events"):
        Dispatcher(settings_of(), events=wrong)


def test_a_function_that_serves_other_triggers_may_ask_first(hub):
    handles = hub.dispatcher.handles
    assert handles(signing_up())
    assert handles({"triggerSource": "CustomSmsSender_NotYetKnown"})
    assert handles({"event": "OrderShipped"})
    assert handles(shipped())
    others: list = [{"triggerSource": "PreSignUp_SignUp"}, {"event": "OrderLost"}, {"Records": []}, None, "text", {}]
    assert not any(map(handles, others))


def test_a_validator_s_own_error_leaves_the_dispatcher_as_an_event_error(settings):
    class Checked(NotificationEvent):
        @model_validator(mode="before")
        @classmethod
        def _known(cls, data):
            raise KeyError(data["recipient"]["email"])

    hub = Hub(settings, events=[Checked])
    with pytest.raises(EventError, match=r"cannot be read \(KeyError\)") as caught:
        hub.dispatcher.dispatch({"event": "Checked", "id": "1", "recipient": {"email": EMAIL}})
    assert EMAIL not in str(caught.value)
