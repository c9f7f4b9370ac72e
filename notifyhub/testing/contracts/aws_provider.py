"""The provider contract for providers that reach an AWS service through boto3.

```python
class TestSes(AwsProviderContract):
    provider = Ses
    service = "SESV2"
    settings = {"sender": "Acme <no-reply@acme.example>"}
    answers = Path(__file__).parent / "ses" / "answers.json"
```

`service` is the name in botocore's `AWS_ENDPOINT_URL_<SERVICE>`; answers are in the wire format of that service. The
fixture `moto` is AWS as the library moto plays it, in this process, so that its backends can be looked into.
"""

from __future__ import annotations

import contextlib
import os
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from notifyhub.clients.aws import AwsClients
from notifyhub.provider.toolkit import Clients
from notifyhub.testing.contracts.provider import ProviderContract

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from notifyhub.provider.contract import Provider
    from notifyhub.testing.vendor_server import VendorServer

REGION = "eu-west-1"
AWS_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLEOFTHETEST",
    "AWS_SECRET_ACCESS_KEY": "secret-access-key-of-the-test",
    "AWS_SESSION_TOKEN": "session-token-of-the-test",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "no_proxy": "127.0.0.1",
}
"""All that boto3 may find of the machine it runs on: made-up credentials, no files, no metadata service, no proxy."""


class AwsProviderContract(ProviderContract):
    """Inherit it as `ProviderContract`, and name the service."""

    service: ClassVar[str]
    timeout_s: ClassVar[float] = 0.5
    """Seconds that the SDK waits for a silent service; outside tests, `delivery` bounds the call by wall clock."""

    @pytest.fixture
    def provider_with(
        self, vendor: VendorServer, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[Callable[[dict[str, Any]], Provider]]:
        """Builds the provider from a table of settings; botocore points it at the loopback vendor."""
        set_aws_environment(monkeypatch, endpoint=vendor.url, service=self.service)
        clients = Clients(aws=AwsClients(timeout_s=self.timeout_s))
        yield partial(self.build, clients)
        clients.aws.close()

    @pytest.fixture
    def ready(self, provider_with: Callable[[dict[str, Any]], Provider]) -> Provider:
        """The provider with the settings of the test."""
        return provider_with(self.settings)

    @pytest.fixture
    def moto(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clients]:
        """Clients of an empty AWS that moto plays on loopback."""
        with moto_server() as url:
            set_aws_environment(monkeypatch, endpoint=url)
            clients = Clients()
            yield clients
            clients.aws.close()


def set_aws_environment(monkeypatch: pytest.MonkeyPatch, *, endpoint: str | None = None, service: str = "") -> None:
    """Replaces all that boto3 may find of this machine; the endpoint is for one service, or for every one."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in AWS_ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    if endpoint:
        monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}".rstrip("_"), endpoint)


@contextlib.contextmanager
def moto_server() -> Iterator[str]:
    """The address of moto's server on a free loopback port, its backends empty."""
    from moto.moto_api._internal.models import moto_api_backend
    from moto.server import ThreadedMotoServer

    server: Any = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    moto_api_backend.reset()
    try:
        yield "http://{}:{}".format(*server.get_host_and_port())
    finally:
        server.stop()
        server._server.server_close()  # noqa: SLF001 - its own stop leaves the socket open
