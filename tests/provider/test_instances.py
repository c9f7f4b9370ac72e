import threading

import pytest

from notifyhub.errors import ConfigurationError
from notifyhub.provider.instances import ConfiguredProviders
from notifyhub.provider.toolkit import Clients
from notifyhub.settings import Settings
from notifyhub.testing import RecordingProvider, assert_absent, traces_of

CANARY = "c4n4ry-value"


@pytest.fixture
def pigeons(install):
    """The providers of these tables, with the made-up distribution installed."""
    install("acme-pigeon", pigeon="acme_pigeon:Pigeon", parrot="acme_pigeon:Parrot")

    def configured(given=None, **tables):
        return ConfiguredProviders(Settings(app={"name": "Acme"}, providers=tables), Clients(), given=given)

    return configured


def test_threads_build_an_instance_once(pigeons):
    providers = pigeons(mail={"use": "pigeon"})
    threads = [threading.Thread(target=providers.get, args=("mail",)) for _ in range(8)]
    built = providers.provider_class("mail").built
    built.clear()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(built) == 1


def test_two_instances_of_one_provider_have_their_own_settings(pigeons):
    providers = pigeons(one={"use": "pigeon", "ring": "a"}, two={"use": "pigeon", "ring": "b"})
    rings = [providers.get(name).settings.ring.get_secret_value() for name in ("one", "two")]
    assert rings == ["a", "b"]


def test_a_given_instance_takes_precedence_over_its_table(pigeons):
    given = RecordingProvider()
    providers = pigeons({"mail": given}, mail={"use": "no_such_provider"})
    assert providers.get("mail") is given
    assert providers.provider_class("mail") is RecordingProvider


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"mail": RecordingProvider}, "providers.mail: an instance of a Provider is needed"),
        ({"mail": object()}, "providers.mail: an instance of a Provider is needed"),
        ({"maill": RecordingProvider()}, r"no \[providers.maill\] to take the place of; there are: mail"),
    ],
)
def test_what_is_given_in_code_must_be_a_provider_with_a_table(pigeons, given, message):
    with pytest.raises(ConfigurationError, match=message):
        pigeons(given, mail={"use": "console"})


def test_an_instance_without_a_table_is_refused(pigeons):
    with pytest.raises(ConfigurationError, match=r"there is no \[providers\.absent\]"):
        pigeons(mail={"use": "pigeon"}).get("absent")


def test_wrong_settings_are_named_by_their_path(pigeons):
    with pytest.raises(ConfigurationError, match=r"'ring'") as caught:
        pigeons(mail={"use": "pigeon", "rng": CANARY, "ring": CANARY}).provider_class("mail")
    assert caught.value.path == "providers.mail.rng"
    assert_absent([CANARY], traces_of(caught.value))


def test_a_malformed_reference_is_found_before_anything_is_built(pigeons):
    with pytest.raises(ConfigurationError) as caught:
        pigeons(mail={"use": "pigeon", "ring": "ssm:"}).provider_class("mail")
    assert caught.value.path == "providers.mail.ring"


def test_a_reference_that_failed_is_tried_again(pigeons, monkeypatch):
    providers = pigeons(mail={"use": "pigeon", "ring": "env:MADE_UP_RING"})
    with pytest.raises(ConfigurationError, match=r"MADE_UP_RING is not set"):
        providers.get("mail")
    providers.prewarm("mail")
    monkeypatch.setenv("MADE_UP_RING", CANARY)
    assert providers.get("mail").settings.ring.get_secret_value() == CANARY


def test_a_provider_for_development_is_refused_inside_lambda_unless_allowed(pigeons, monkeypatch):
    tables = {"seen": {"use": "parrot"}, "allowed": {"use": "parrot", "allow_in_lambda": True}}
    assert pigeons(**tables).get("seen")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "sender")
    providers = pigeons(**tables)
    with pytest.raises(ConfigurationError, match=r"allow_in_lambda = true") as caught:
        providers.get("seen")
    assert caught.value.path == "providers.seen.use"
    assert providers.get("allowed")
