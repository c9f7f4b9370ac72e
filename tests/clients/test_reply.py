"""A vendor's answer."""

import math
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifyhub.clients.reply import Reply, seconds, seconds_until

BODY = b'{"errors": [{"code": 21211, "message": "bad"}], "text": "words", "none": null}'


def answered(text: str) -> Reply:
    return Reply(429, {"retry-after": text})


@pytest.mark.parametrize(
    ("status", "successful"), [(199, False), (200, True), (202, True), (299, True), (302, False), (503, False)]
)
def test_success_is_the_class_of_200(status, successful):
    assert Reply(status).successful is successful


def test_the_body_is_read_as_json():
    assert Reply(200, body=BODY).json()["text"] == "words"


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b'{"cut": ', b"\xff\xfe", b"[" * 60_000, b"1" * 5_000],
    ids=["empty", "html", "cut", "not UTF-8", "nested too deep", "number too long"],
)
def test_what_is_not_json_is_an_empty_dict(body):
    assert Reply(200, body=body).json() == {}
    assert Reply(200, body=body).field("errors", 0) is None


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("errors", 0, "code"), 21211),
        (("text",), "words"),
        (("none",), None),
        (("none", "deeper"), None),
        (("missing",), None),
        (("missing", 0, "code"), None),
        (("errors", 1), None),
        (("errors", "code"), None),
        (("errors", 0, "code", "deeper"), None),
        (("text", 0), None),
        (("text", "deeper"), None),
        ((0,), None),
    ],
    ids=str,
)
def test_a_field_is_found_by_its_path_or_is_none(path, value):
    assert Reply(200, body=BODY).field(*path) == value


def test_a_field_without_a_path_is_the_body():
    assert Reply(200, body=b"[1]").field() == [1]


@pytest.mark.parametrize(("text", "wait"), [("120", 120.0), (" 7 ", 7.0), ("0", 0.0), ("1.5", 1.5)])
def test_retry_after_may_be_seconds(text, wait):
    assert answered(text).retry_after == wait


@pytest.mark.parametrize("zone", [UTC, None], ids=["with a zone", "without a zone, which means UTC"])
def test_retry_after_may_be_a_date(zone):
    moment = datetime.now(UTC) + timedelta(seconds=90)
    wait = answered(format_datetime(moment.replace(tzinfo=zone))).retry_after
    assert wait is not None
    assert 85 < wait <= 90


def test_a_date_in_the_past_means_now():
    assert answered("Wed, 21 Oct 2015 07:28:00 GMT").retry_after == 0.0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "-5",
        "\u00b2",
        "\u0663",
        "nan",
        "inf",
        "1e999",
        "9" * 400,
        "Wed, 99 Oct 2015 07:28:00 GMT",
        "Wed, 21 Oct 99999999999 07:28:00 GMT",
        "Wed, 21 Oct 2015 07:28:00 +99999999999",
    ],
)
def test_garbage_is_no_wait(text):
    assert answered(text).retry_after is None


def test_no_header_is_no_wait():
    assert Reply(429).retry_after is None


@given(st.text() | st.from_regex(r"Wed, [0-9]{1,12} Oct [0-9]{1,12} [0-9:]{1,12} [-+]?[0-9]{1,12}", fullmatch=True))
def test_no_header_breaks_the_reading_of_it(text):
    wait = answered(text).retry_after
    assert wait is None or 0 <= wait < math.inf


@pytest.mark.parametrize(
    ("value", "wait"), [(3, 3.0), (0.25, 0.25), (0, 0.0), (1e-9, 1e-9), ("3", 3.0), (" 0.25 ", 0.25), ("007", 7.0)]
)
def test_a_number_of_seconds_may_be_text_or_a_number(value, wait):
    assert seconds(value) == wait


@pytest.mark.parametrize(
    "value",
    [None, True, [3], {"a": 3}, b"3", -1, -0.5, math.nan, math.inf, -math.inf, 10**5000, 1e12,
     "", "-1", "+1", "1e3", "1e999", "nan", "inf", "0x10", "1_000", "1,5", ".5", "\u00b2", "\u0663", "9" * 13, "3\n4"],
    ids=lambda value: repr(value)[:20] if not isinstance(value, int) else str(value > 0),
)  # fmt: skip
def test_what_is_no_sensible_number_of_seconds_is_none(value):
    assert seconds(value) is None
    assert seconds_until(value) is None


@given(st.text() | st.integers() | st.floats() | st.from_regex(r"[-+]?[0-9.eE]{1,400}", fullmatch=True))
def test_no_value_breaks_the_reading_of_a_wait_or_makes_it_endless(value):
    for wait in (seconds(value), seconds_until(value)):
        assert wait is None or 0 <= wait < math.inf


def test_the_seconds_until_a_unix_time_end_at_zero():
    for moment in (time.time() + 30, str(int(time.time()) + 30)):
        assert 25 < (seconds_until(moment) or 0) <= 30
    assert seconds_until(1) == seconds_until("1") == 0.0


def test_it_shows_neither_headers_nor_body():
    reply = Reply(200, {"x-token": "c4n4ry"}, b"c4n4ry", code="c4n4ry")
    assert repr(reply) == str(reply) == "<Reply 200, 6 bytes>"
