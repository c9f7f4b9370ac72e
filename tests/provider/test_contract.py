"""What a provider makes of a reply by default, and what its class may say of it."""

import time

import pytest

from notifyhub.clients.reply import Reply, seconds, seconds_until
from notifyhub.delivery.scrubbing import scrub_error
from notifyhub.errors import NotSent, OutcomeUnknown, ProviderUnusable, RefusedHere
from notifyhub.messages import Message
from notifyhub.provider import Provider, ProviderReceipt, ProviderSettings
from notifyhub.provider.toolkit import Clients
from notifyhub.testing.contracts.provider import _compare


class Pigeon(Provider):
    name = "pigeon"
    channels = ("sms",)

    def send(self, message, context):
        return ProviderReceipt()


class Epoch(Pigeon):
    def wait(self, reply):
        return seconds_until(reply.headers.get("x-ratelimit-reset"))


class Field(Pigeon):
    def wait(self, reply):
        return seconds(reply.field("parameters", "retry_after"))


def made(kind):
    return kind(ProviderSettings(), Clients().toolkit("pigeon"))


def judged(status, *, kind=Pigeon, body=b"", **headers):
    return made(kind).classify(Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, body))


@pytest.mark.parametrize(
    ("statuses", "kind"),
    [
        ((200, 201, 202, 204, 299), None),
        ((408, 421, 425, 429, 503), NotSent),
        ((401, 402, 403, 407, 101, 300, 301, 302, 304, 307, 308), ProviderUnusable),
        ((400, 404, 405, 406, 409, 410, 413, 415, 418, 422, 451, 499), RefusedHere),
        ((303, 500, 501, 502, 504, 505, 520, 599), OutcomeUnknown),
    ],
    ids=["accepted", "not sent", "unusable", "refused", "unknown"],
)
def test_the_status_says_what_an_answer_means_where_the_vendor_does_not(statuses, kind):
    for status in statuses:
        assert type(judged(status)) is (kind or type(None)), status


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, {}, None),
        (429, {"retry_after": "7"}, 7.0),
        (429, {"ratelimit_reset": "4"}, 4.0),
        (429, {"retry_after": "7", "ratelimit_reset": "4"}, 7.0),
        (429, {"retry_after": "0", "ratelimit_reset": "4"}, 0.0),
        (429, {"retry_after": "soon", "ratelimit_reset": "4"}, 4.0),
        (429, {"ratelimit_reset": "nan"}, None),
        (429, {"x_ratelimit_reset": "4"}, None),
        (503, {"retry_after": "7"}, 7.0),
        (503, {"ratelimit_reset": "4"}, None),
    ],
)
def test_a_wait_is_retry_after_or_at_a_limit_the_reset_of_the_draft(status, headers, wait):
    """X-RateLimit-Reset is a Unix time with some vendors and a number of seconds with others: nobody may guess."""
    assert judged(status, **headers).retry_after == wait


def test_a_vendor_s_own_wait_is_one_line():
    wait = judged(429, kind=Epoch, x_ratelimit_reset=str(int(time.time()) + 60)).retry_after
    assert 50 < wait <= 60
    assert judged(429, kind=Epoch).retry_after is None
    assert judged(429, kind=Field, body=b'{"parameters": {"retry_after": 35}}').retry_after == 35.0
    assert judged(429, kind=Field, body=b'{"parameters": {"retry_after": 1e999}}').retry_after is None


@pytest.mark.parametrize(("status", "authentication"), [(401, True), (402, False), (403, False), (302, False)])
def test_credentials_were_refused_where_the_status_says_so(status, authentication):
    assert judged(status).authentication is authentication


def test_a_provider_is_not_unusable_by_authentication_unless_somebody_says_so():
    assert ProviderUnusable("pigeon").authentication is False


def test_refused_credentials_are_still_known_once_a_quotation_was_taken_out():
    message = Message(channel="sms", to="+15005550009", trigger="SignUp", text="x")
    error = ProviderUnusable("pigeon", "no such user: +15005550009", status=401)
    error.authentication = True
    kept = scrub_error(error, message, provider="acme")
    assert isinstance(kept, ProviderUnusable)
    assert "5550009" not in str(kept)
    assert kept.authentication is True


def test_a_documented_answer_may_say_whether_credentials_were_refused():
    error = judged(401)
    _compare(error, {"error": "ProviderUnusable", "authentication": True})
    with pytest.raises(AssertionError):
        _compare(error, {"error": "ProviderUnusable", "authentication": False})
    with pytest.raises(AssertionError):
        _compare(judged(404), {"error": "RefusedHere", "authentication": False})
