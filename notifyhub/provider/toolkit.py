"""The toolkits that providers get, made from the clients that they share."""

from __future__ import annotations

from dataclasses import dataclass, field

from notifyhub.clients.aws import AwsClients, AwsService
from notifyhub.clients.http import HttpTransport, ProviderHttp


@dataclass(frozen=True, slots=True)
class Clients:
    """The sockets and clients that one dispatcher shares among all its providers; built lazily, each at first use."""

    http: HttpTransport = field(default_factory=HttpTransport)
    aws: AwsClients = field(default_factory=AwsClients)

    @classmethod
    def of(cls, seconds: float) -> Clients:
        """Makes clients that wait no longer than this for any answer."""
        return cls(HttpTransport(timeout_s=seconds), AwsClients(timeout_s=seconds))

    def toolkit(self, provider: str) -> ProviderToolkit:
        """Returns the toolkit for the provider of that name."""
        return ProviderToolkit(provider, self)

    def close(self) -> None:
        """Closes all connections that are kept open for the next message."""
        self.http.close()
        self.aws.close()


class ProviderToolkit:
    """The toolkit of one provider; see `notifyhub.provider.Toolkit`."""

    def __init__(self, provider: str, clients: Clients) -> None:
        self._provider = provider
        self._clients = clients

    @property
    def http(self) -> ProviderHttp:
        """The shared HTTP client."""
        return ProviderHttp(self._provider, self._clients.http)

    def aws(self, service: str, region: str | None = None) -> AwsService:
        """Returns a client of an AWS service; the region defaults to the function's."""
        return AwsService(self._provider, self._clients.aws.get(service, region))
