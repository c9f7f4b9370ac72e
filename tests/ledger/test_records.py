"""What a store keeps of a receipt."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from notifyhub.errors import LedgerError
from notifyhub.ledger.records import ERROR_LENGTH, dump_receipt, load_receipt, milliseconds, moment
from notifyhub.receipts import Attempt, Delivery, Receipt
from notifyhub.testing.contracts.ledger import ACCEPTED, UNDELIVERABLE

MAIL = {"channel": "email", "status": "accepted"}


def test_a_record_is_compact_and_leaves_out_what_is_empty():
    assert dump_receipt(ACCEPTED) == (
        '[{"channel":"email","status":"accepted","provider":"mail","message_id":"recorded-1"}]'
    )


def test_a_record_shows_neither_attempts_nor_recipients():
    attempt = Attempt(provider="hidden", outcome="hidden", duration_ms=1, code="hidden", detail="hidden")
    delivery = Delivery(channel="sms", status="accepted", attempts=(attempt,), recipient="hidden")
    assert dump_receipt(Receipt.of((delivery,))) == '[{"channel":"sms","status":"accepted"}]'


def test_every_field_that_is_kept_comes_back():
    kept = Delivery(channel="sms", status="undeliverable", provider="p", message_id="ü\u2028", reason="r", error="e")
    assert load_receipt(dump_receipt(Receipt.of((kept,)))).deliveries == (kept,)


def test_of_several_deliveries_the_worst_tells_the_status_as_before():
    both = Receipt.of((*ACCEPTED.deliveries, *UNDELIVERABLE.deliveries))
    found = load_receipt(dump_receipt(both))
    assert (found.status, [delivery.status for delivery in found.deliveries]) == (
        "undeliverable", ["accepted", "undeliverable"],
    )  # fmt: skip


def test_long_texts_are_cut_off():
    delivery = Delivery(channel="sms", status="undeliverable", error="x" * 501)
    assert load_receipt(dump_receipt(Receipt.of((delivery,)))).deliveries[0].error == "x" * ERROR_LENGTH


def test_fields_of_a_newer_version_are_passed_over():
    assert load_receipt(json.dumps([{**MAIL, "cost": 3, "nested": {"a": []}}])).status == "accepted"


@pytest.mark.parametrize(
    "record",
    [
        "", "no JSON", "null", "5", '"text"', "[]", "{}", "[null]", "[[]]", "[" * 100_000,
        json.dumps(MAIL),
        json.dumps([{**MAIL, "status": "parked"}]),
        json.dumps([{**MAIL, "channel": "push"}]),
        json.dumps([{**MAIL, "status": ["accepted"]}]),
        json.dumps([{**MAIL, "message_id": 5}]),
        json.dumps([{"status": "accepted"}]),
        json.dumps([MAIL, {}]),
    ],
    ids=lambda record: record[:40],
)  # fmt: skip
def test_what_cannot_be_understood_is_an_error_and_never_taken_for_a_delivery(record):
    """A duplicate that is none would lose a code; a ledger that fails costs a second one at worst."""
    with pytest.raises(LedgerError, match=r"^claim: the ledger holds a record that this version cannot read") as caught:
        load_receipt(record)
    assert (caught.value.operation, caught.value.code) == ("claim", None)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("text", ["2027-03-19T14:25:00.123", "1969-12-31T23:59:59.999", "9999-12-31T23:59:59.999"])
def test_a_moment_comes_back_to_the_millisecond(text):
    when = datetime.fromisoformat(text).replace(tzinfo=UTC)
    assert moment(milliseconds(when)) == when


def test_what_is_less_than_a_millisecond_is_cut_off():
    assert milliseconds(datetime(1970, 1, 1, 0, 0, 1, 999_999, tzinfo=UTC)) == 1999


def test_a_clock_of_another_zone_tells_the_same_moment():
    there = datetime(1970, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    assert milliseconds(there) == 0


def test_how_long_a_time_lasts():
    assert milliseconds(timedelta(days=15)) == 15 * 86_400_000
