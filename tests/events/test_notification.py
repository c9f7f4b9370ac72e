"""The application's own events."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, ClassVar

import pytest
from pydantic import AliasChoices, AliasPath, BaseModel, Field, RootModel, SecretBytes, SecretStr, field_validator
from pydantic import Secret as SecretOf

from notifyhub.channels import Channel
from notifyhub.errors import ConfigurationError, EventError
from notifyhub.events import Event, NotificationEvent, handles, parse_event
from notifyhub.secret import Secret
from notifyhub.testing import assert_absent, traces_of

CANARY = "c4n4ry"


class OrderShipped(NotificationEvent):
    channels = ("email", "sms")

    order_number: str
    shipped_at: datetime | None = None
    pickup_code: Secret | None = None
    parcels: list[dict[str, str]] = []


class Renamed(NotificationEvent):
    name = "invoice_due"


OWN: dict[str, type[Event]] = {"OrderShipped": OrderShipped, "invoice_due": Renamed}
WIRE = {
    "event": "OrderShipped",
    "id": "order-7",
    "recipient": {"email": "jane.roe@example.com", "phoneNumber": "+15005550009", "locale": "de"},
    "orderNumber": "A-7",
}


def shipped(**fields) -> OrderShipped:
    event = parse_event({**WIRE, **fields}, own=OWN)
    assert isinstance(event, OrderShipped)
    return event


def refusal(raw):
    with pytest.raises(EventError) as caught:
        parse_event(raw, own=OWN)
    assert caught.value.__context__ is None
    assert_absent([CANARY], traces_of(caught.value))
    return caught.value


def test_the_class_name_is_the_event_name_unless_one_is_set():
    assert OrderShipped.name == "OrderShipped"
    assert shipped().trigger == "OrderShipped"
    assert shipped().template_folders == ("OrderShipped",)
    assert Renamed(id="1", recipient={"email": "a@b.example"}).trigger == "invoice_due"


def test_a_set_name_is_not_inherited():
    class RenamedAgain(Renamed):
        pass

    assert RenamedAgain.name == "RenamedAgain"


def test_channels_are_overridden_with_and_without_an_annotation():
    class Annotated(NotificationEvent):
        channels: ClassVar[tuple[Channel, ...]] = ("sms",)

    assert shipped().all_channels == ("email", "sms")
    assert Annotated.channels == ("sms",)
    assert Renamed.channels == ("email",)
    assert "channels" not in OrderShipped.model_fields


@pytest.mark.parametrize("channels", [(), ("fax",), ("email", "fax"), "email"], ids=str)
def test_a_channel_that_does_not_exist_is_refused_where_the_class_is_written(channels):
    with pytest.raises(ConfigurationError, match="channels must be some of") as caught:
        type("Wrong", (NotificationEvent,), {"__module__": "myapp.events", "channels": channels})
    assert caught.value.path == "myapp.events:Wrong"


@pytest.mark.parametrize("name", ["", "../x", "a b", "7up"])
def test_a_name_that_is_no_identifier_is_refused_where_the_class_is_written(name):
    with pytest.raises(ConfigurationError, match="name an identifier"):
        type("Wrong", (NotificationEvent,), {"__module__": "myapp.events", "name": name})


def test_the_wire_form_is_camel_case_and_python_is_snake_case():
    event = shipped(shippedAt="2026-01-02T03:04:05Z", traceId="ignored")
    assert event.order_number == "A-7"
    assert event.shipped_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert event.recipient.address("email") == "jane.roe@example.com"
    assert event.recipient.address("sms") == "+15005550009"
    assert event.preferred_locales == ("de",)
    assert shipped(recipient={}).preferred_locales == ()


def test_snake_case_is_read_from_the_wire_too():
    assert parse_event({**WIRE, "order_number": "B-8", "orderNumber": None} | {"orderNumber": "A-7"}, own=OWN)
    raw = {key: value for key, value in WIRE.items() if key != "orderNumber"}
    event = parse_event({**raw, "order_number": "B-8"}, own=OWN)
    assert event.template_values()["event"]["order_number"] == "B-8"


def test_templates_see_the_fields_without_the_recipient_and_without_what_is_absent():
    values = shipped(shippedAt="2026-01-02T03:04:05Z", parcels=[{"weight": "1 kg"}]).template_values()
    assert values == {
        "event": {
            "id": "order-7",
            "order_number": "A-7",
            "shipped_at": "2026-01-02T03:04:05Z",
            "parcels": [{"weight": "1 kg"}],
        }
    }


def test_a_secret_stays_a_secret_on_its_way_to_the_template():
    pickup_code = shipped(pickupCode="7291").template_values()["event"]["pickup_code"]
    assert isinstance(pickup_code, Secret)
    assert pickup_code.reveal() == "7291"


def test_an_own_event_needs_no_code_and_has_no_lifetime():
    event = shipped()
    assert (event.needs_code, event.ciphertext, event.lifetime, event.subject_id) == (False, None, None, None)


def test_the_key_is_made_of_name_id_and_channel_alone():
    key = shipped().key("email", "first")
    assert key == shipped(orderNumber="B-8").key("email", "second")
    others = [shipped().key("sms", "first"), shipped(id="order-8").key("email", "first")]
    others.append(Renamed.model_validate({**WIRE, "event": "invoice_due"}).key("email", "first"))
    assert len({key, *others}) == 4


def test_an_event_shows_its_id_only():
    event = shipped(orderNumber=CANARY, pickupCode=CANARY, recipient={"email": CANARY, "phoneNumber": CANARY})
    assert repr(event) == "OrderShipped(id='order-7')"
    assert_absent([CANARY, "example.com"], [str(event), repr(event), repr(event.recipient), str(event.recipient)])


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"id": ""}, "id"),
        ({"id": None}, "id"),
        ({"recipient": None}, "recipient"),
        ({"recipient": {"phoneNumber": [CANARY]}}, "recipient.phoneNumber"),
        ({"orderNumber": {CANARY: CANARY}}, "orderNumber"),
        ({"shippedAt": CANARY}, "shippedAt"),
        ({"pickupCode": [CANARY]}, "pickupCode"),
    ],
    ids=str,
)
def test_what_is_wrong_is_named_by_its_path_on_the_wire(changes, path):
    assert refusal({**WIRE, **changes}).path == path


@pytest.mark.parametrize("name", [CANARY, None, 7, [CANARY]], ids=str)
def test_an_event_that_is_not_registered_is_told_where_to_register_it(name):
    error = refusal({**WIRE, "event": name})
    assert error.path == "event"
    assert "registered: OrderShipped, invoice_due" in str(error)
    assert "[hooks] events" in str(error)
    assert not handles({**WIRE, "event": name}, own=OWN)


def test_only_registered_events_are_meant_for_us():
    assert handles(WIRE, own=OWN)
    assert not handles(WIRE)
    with pytest.raises(EventError, match="registered: none"):
        parse_event(WIRE)


class Parcel(BaseModel):
    number: str
    door_code: Secret | None = None
    weight: int | None = None


class Codes(RootModel[list[Secret]]):
    pass


@dataclass
class Locker:
    place: str
    code: Secret


class Delivered(NotificationEvent):
    codes: list[Secret] = []
    by_door: dict[str, Secret | None] = {}
    parcels: tuple[Parcel, ...] = ()
    more: Codes | None = None
    locker: Locker | None = None


def test_secrets_stay_secrets_inside_of_lists_tables_and_models():
    event = Delivered(
        id="1",
        recipient={},
        codes=["12"],
        by_door={"front": "34", "back": None},
        parcels=[{"number": "A", "door_code": "56"}, {"number": "B", "weight": 2}],
        more=["78"],
        locker={"place": "hall", "code": "90"},
    )
    assert event.template_values()["event"] == {
        "id": "1",
        "codes": [Secret("12")],
        "by_door": {"front": Secret("34")},
        "parcels": [{"number": "A", "door_code": Secret("56")}, {"number": "B", "weight": 2}],
        "more": [Secret("78")],
        "locker": {"place": "hall", "code": Secret("90")},
    }


class Masked(BaseModel):
    inner: list[SecretStr]


@pytest.mark.parametrize(
    "kind", [SecretStr, SecretBytes | None, dict[str, list[SecretStr]], Masked, SecretOf[int]], ids=str
)
def test_a_secret_of_pydantic_is_refused_where_the_class_is_written(kind):
    with pytest.raises(ConfigurationError, match=r"pin would be sent as asterisks; use notifyhub\.Secret") as caught:
        type("Wrong", (NotificationEvent,), {"__module__": "myapp.events", "__annotations__": {"pin": kind}})
    assert caught.value.path == "myapp.events:Wrong"


class Weighed(BaseModel):
    weights: dict[str, int] = {}
    inner: "list[Weighed]" = []
    grams: int = Field(0, validation_alias=AliasChoices("inGrams", AliasPath("nested", "grams")))


class Checked(NotificationEvent):
    weights: dict[str, int] = {}
    parcel: Weighed | None = None
    contact: str = ""
    anything: Any = None

    @field_validator("contact")
    @classmethod
    def _known(cls, value: str) -> str:
        raise {"key": KeyError, "own": EventError}.get(value[:3], ValueError)(f"{value.upper()} is not known")

    @field_validator("weights", mode="before")
    @classmethod
    def _some(cls, value: Any) -> Any:
        if "x-c4n4ry" in value:
            raise ValueError(f"nobody knows {list(value)}")
        return value


def misread(**fields):
    raw = {**WIRE, "event": "Checked", **fields}
    with pytest.raises(EventError) as caught:
        parse_event(raw, own={"Checked": Checked})
    assert caught.value.__context__ is None
    assert_absent([CANARY, CANARY.upper()], traces_of(caught.value))
    return caught.value


@pytest.mark.parametrize(("contact", "name"), [(f"key {CANARY}", "KeyError"), (f"own {CANARY}", "EventError")])
def test_whatever_a_validator_raises_is_an_event_error_without_its_words(contact, name):
    error = misread(contact=contact)
    assert str(error) == f"cannot be read ({name})"


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"weights": {CANARY: "x"}}, "weights.[key]"),
        ({"weights": {f"x-{CANARY}": 1}}, "weights"),
        ({"parcel": {"weights": {CANARY: "x"}}}, "parcel.weights.[key]"),
        ({"parcel": {"inner": [{}, {"weights": 7}]}}, "parcel.inner.1.weights"),
        ({"parcel": {"inGrams": "x"}}, "parcel.inGrams"),
        ({"contact": CANARY}, "contact"),
    ],
    ids=str,
)
def test_a_path_shows_fields_and_indexes_but_no_key_of_a_table(fields, path):
    assert misread(**fields).path == path


def test_a_wrong_value_may_be_nested_deeper_than_python_calls():
    deep: Any = CANARY
    for _ in range(3000):
        deep = {"a": deep}
    assert misread(parcel={"inGrams": deep}).path == "parcel.inGrams"


class Plan(Enum):
    gold = "GOLD"
    level = 3


class Subscribed(NotificationEvent):
    plan: Plan
    seats: int
    price: float
    trial: bool
    pin: Secret
    note: str | None = None
    parcels: tuple[str, ...] = ()
    address: dict[str, str] = {}
    day: datetime | None = None


def test_routes_see_the_fields_of_one_value_as_texts():
    event = Subscribed(
        id="7",
        recipient={"email": f"{CANARY}@b.example"},
        plan=Plan.gold,
        seats=5,
        price=2.5,
        trial=True,
        pin=CANARY,
        parcels=("a",),
        address={"city": "Dublin"},
    )
    assert event.attributes == {"id": "7", "plan": "GOLD", "seats": "5", "price": "2.5", "trial": "true"}
    assert event.model_copy(update={"plan": Plan.level}).attributes["plan"] == "3"
    assert (event.user_pool, event.app_client) == (None, None)


@pytest.mark.filterwarnings("ignore:Field name:UserWarning")
@pytest.mark.parametrize("name", ["attributes", "lifetime", "key"])
def test_a_field_cannot_take_the_name_of_what_every_event_has(name):
    with pytest.raises(ConfigurationError, match=f"every event has {name!r} already; call the field something else"):
        type("Clashing", (NotificationEvent,), {"__annotations__": {name: str}, "__module__": __name__})
