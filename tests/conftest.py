"""AWS on loopback, for every test that wants it."""

import pytest

from notifyhub.delivery import backoff
from notifyhub.testing.contracts.aws_provider import moto_server, set_aws_environment
from tests.support import http_library

http_library.hide_the_other()


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    """Before a provider is asked again, tests do not wait as long as production does."""
    monkeypatch.setattr(backoff, "BASE_S", 0.01)


@pytest.fixture(scope="session")
def moto():
    """The URL of moto's server. Its backends belong to the process: make what a test needs inside the test."""
    with moto_server() as url:
        yield url


@pytest.fixture
def aws_env(moto, monkeypatch):
    """Made-up credentials in eu-west-1, nothing of this machine's configuration, every service at moto."""
    set_aws_environment(monkeypatch, endpoint=moto)
    return moto
