"""Receipts: the worst of their deliveries, and nothing in them that must not be kept."""

import dataclasses
import itertools

import pytest

from notifyhub.receipts import Attempt, Delivery, Receipt

FROM_GOOD_TO_BAD = ("duplicate", "dry_run", "accepted", "undeliverable", "failed")


def delivery(status, **more):
    return Delivery(channel="email", status=status, **more)


@pytest.mark.parametrize(("better", "worse"), list(itertools.combinations(FROM_GOOD_TO_BAD, 2)))
def test_a_receipt_has_the_worst_status_of_its_deliveries(better, worse):
    for statuses in ((better, worse), (worse, better)):
        assert Receipt.of(tuple(map(delivery, statuses))).status == worse


def test_a_receipt_of_one_has_its_status():
    for status in FROM_GOOD_TO_BAD:
        assert Receipt.of((delivery(status),)).status == status


def test_a_settled_delivery_that_comes_again_is_the_same_but_for_its_status():
    first = delivery("accepted", provider="mail", message_id="m-1", recipient="j***@e***.com")
    assert Receipt.of((first,)).as_duplicate() == dataclasses.replace(first, status="duplicate")


def test_an_attempt_reads_as_a_line():
    assert str(Attempt(provider="mail", outcome="accepted", duration_ms=1.0)) == "mail accepted"
    failed = Attempt(provider="mail", outcome="NotSent", duration_ms=1.0, status=503, detail="acme: status 503")
    assert str(failed) == "mail NotSent (acme: status 503)"


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (Attempt, {"provider", "outcome", "duration_ms", "status", "code", "request_id", "detail"}),
        (Delivery, {"channel", "status", "provider", "message_id", "attempts", "recipient", "error", "reason"}),
        (Receipt, {"status", "deliveries"}),
    ],
)
def test_what_is_kept_is_frozen_and_has_no_field_for_content(kind, fields):
    """A receipt is stored and logged: a new field has to be judged, and be added here. `code` is the vendor's."""
    assert {field.name for field in dataclasses.fields(kind)} == fields
    assert kind.__dataclass_params__.frozen
