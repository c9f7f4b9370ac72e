"""A vendor's answer."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifyhub.reply import Reply

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


@pytest.mark.parametrize(("text", "seconds"), [("120", 120.0), (" 7 ", 7.0), ("0", 0.0)])
def test_retry_after_may_be_seconds(text, seconds):
    assert answered(text).retry_after == seconds


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
        "1.5",
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
    assert wait is None or wait >= 0


def test_it_shows_neither_headers_nor_body():
    reply = Reply(200, {"x-token": "c4n4ry"}, b"c4n4ry", code="c4n4ry")
    assert repr(reply) == str(reply) == "<Reply 200, 6 bytes>"
