"""AWS on loopback and an application's hooks, for every test that wants them."""

import importlib
import signal
from pathlib import Path

import pytest

from notifyhub.clients.aws import AwsClients
from notifyhub.delivery import backoff
from notifyhub.testing.contracts.aws_provider import moto_server, set_aws_environment
from tests.support import http_library
from tests.support.configured import CANARY

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


@pytest.fixture
def clients():
    clients = AwsClients()
    yield clients
    clients.close()


@pytest.fixture
def hooks(monkeypatch, tmp_path):
    """The application's module, importable as `acme_hooks`; `acme_failing_hooks` fails as it is imported."""
    (tmp_path / "acme_failing_hooks.py").write_text(f"raise KeyError({CANARY!r})")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.syspath_prepend(Path(__file__).parent / "data" / "hooks")
    return importlib.import_module("acme_hooks")


@pytest.fixture
def interruptible():
    """Ctrl-C raises KeyboardInterrupt, also where the tests run in the background and SIGINT is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
