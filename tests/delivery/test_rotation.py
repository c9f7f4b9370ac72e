"""A secret that was rotated while the process lives is fetched again when the old one is refused."""

import boto3
import pytest
from pydantic import SecretStr

from notifyhub import Dispatcher
from notifyhub.decryption.local_key import LocalKeyDecryptor
from notifyhub.errors import DeliveryFailed, ProviderUnusable
from notifyhub.provider import ProviderSettings
from notifyhub.provider.registry import Registry
from notifyhub.testing import RecordingProvider, VendorAnswer, VendorServer
from tests.support.hub import LOCAL_KEY, Hub, settings_of, signing_up

NAME = "/prod/sendgrid-key"


class Picky(VendorServer):
    """Knows one key at a time."""

    def __init__(self):
        super().__init__()
        self.key = "old"

    @property
    def answer(self):
        right = self.requests and self.requests[-1].headers["authorization"] == f"Bearer {self.key}"
        return VendorAnswer(status=202, headers={"x-message-id": "m-1"}) if right else VendorAnswer(status=401)

    @answer.setter
    def answer(self, answer):
        """It answers by itself."""


@pytest.fixture
def vendor():
    with Picky().running() as server:
        yield server


@pytest.fixture
def parameters(aws_env):
    client = boto3.client("ssm")
    client.put_parameter(Name=NAME, Value="old", Type="SecureString", Overwrite=True)
    yield client
    client.close()


@pytest.fixture
def dispatcher(vendor, parameters):
    mail = {"use": "sendgrid", "api_key": f"ssm:{NAME}", "sender": "a@acme.example", "base_url": vendor.url}
    settings = settings_of(email=("mail",), sms=(), providers={"mail": mail})
    dispatcher = Dispatcher(settings, decryptor=LocalKeyDecryptor(LOCAL_KEY))
    yield dispatcher
    dispatcher.close()


def rotate(parameters, vendor, *, to="new"):
    parameters.put_parameter(Name=NAME, Value=to, Type="SecureString", Overwrite=True)
    vendor.key = to


def test_the_new_secret_is_used_and_the_message_goes_out(dispatcher, vendor, parameters):
    assert dispatcher.dispatch(signing_up()).status == "accepted"
    rotate(parameters, vendor)
    (delivery,) = dispatcher.dispatch(signing_up()).deliveries
    assert delivery.status == "accepted"
    assert "fetched again" in str(delivery.attempts[0].detail)
    assert [request.headers["authorization"] for request in vendor.requests] == [
        "Bearer old",
        "Bearer old",
        "Bearer new",
    ]
    dispatcher.dispatch(signing_up())
    assert len(vendor.requests) == 4, "from then on it is the secret"


def test_a_secret_that_did_not_change_is_not_tried_again(dispatcher, vendor):
    vendor.key = "another"
    with pytest.raises(DeliveryFailed) as caught:
        dispatcher.dispatch(signing_up())
    assert [attempt.outcome for attempt in caught.value.attempts] == ["ProviderUnusable"]
    assert len(vendor.requests) == 1


def test_a_new_secret_that_is_refused_as_well_is_not_tried_for_ever(dispatcher, vendor, parameters):
    dispatcher.dispatch(signing_up())
    rotate(parameters, vendor)
    vendor.key = "neither"
    with pytest.raises(DeliveryFailed):
        dispatcher.dispatch(signing_up())
    assert len(vendor.requests) == 3


def test_a_store_that_is_gone_leaves_what_the_vendor_said(dispatcher, vendor, parameters):
    """Some two seconds long: the AWS client that fetches parameters is each test's own."""
    dispatcher.dispatch(signing_up())
    parameters.delete_parameter(Name=NAME)
    vendor.key = "another"
    with pytest.raises(DeliveryFailed) as caught:
        dispatcher.dispatch(signing_up())
    assert caught.value.attempts[0].status == 401


def test_a_new_secret_that_the_plugin_cannot_take_leaves_the_others_their_turn(tmp_path, monkeypatch):
    class Fussy(RecordingProvider):
        class Settings(ProviderSettings):
            key: SecretStr

        def __init__(self, settings, toolkit):
            super().__init__()
            if settings.key.get_secret_value() == "new":
                raise ValueError(settings.key.get_secret_value())

        def send(self, message, context):
            error = ProviderUnusable("fussy", status=401)
            error.authentication = True
            raise error

    (tmp_path / "key").write_text("old")
    fussy = {"use": "fussy", "key": f"file:{tmp_path / 'key'}"}
    settings = settings_of(email=("first", "second"), providers={"first": fussy})
    load = Registry.load
    monkeypatch.setattr(Registry, "load", lambda registry, name: Fussy if name == "fussy" else load(registry, name))
    hub = Hub(settings)
    for secret in ("old", "new", "new"):
        (tmp_path / "key").write_text(secret)
        assert hub.dispatcher.dispatch(signing_up()).deliveries[0].provider == "second"


def test_not_every_message_that_is_refused_fetches_the_secret(dispatcher, vendor, parameters):
    dispatcher.dispatch(signing_up())
    fetched = []
    real = dispatcher.providers._references._fetch

    def fetch(*arguments):
        fetched.append(1)
        return real(*arguments)

    dispatcher.providers._references._fetch = fetch
    vendor.key = "another"
    for _ in range(5):
        with pytest.raises(DeliveryFailed):
            dispatcher.dispatch(signing_up())
    assert fetched == [1]


def test_where_another_thread_was_faster_its_secret_is_used(dispatcher, vendor, parameters):
    dispatcher.dispatch(signing_up())
    before = dispatcher.providers.get("mail")
    rotate(parameters, vendor)
    assert dispatcher.providers.refresh("mail", before) is True
    assert dispatcher.providers.refresh("mail", before) is True
    assert dispatcher.providers.refresh("mail", dispatcher.providers.get("mail")) is False


def test_a_provider_that_was_given_in_code_refers_to_no_secret():
    hub = Hub()
    assert hub.dispatcher.providers.refresh("mail", hub.providers["mail"]) is False
