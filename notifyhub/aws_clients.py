"""AWS services as providers, the resolver and secret references see them: the function's role, one attempt, replies."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

from notifyhub.errors import ConfigurationError, NotSent, OutcomeUnknown, ProviderError, ProviderUnusable, RefusedHere
from notifyhub.log_guard import guard_aws
from notifyhub.reply import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

CONNECT_TIMEOUT_S = 3.0


class AwsClients:
    """Makes boto3 clients, one per service and region, and keeps them; safe to use from many threads."""

    def __init__(self, *, timeout_s: float = 10.0) -> None:
        self._timeout_s = timeout_s
        self._lock = threading.Lock()  # boto3 sessions are not thread-safe while they make a client
        self._session: Any = None
        self._clients: dict[tuple[str, str | None], Any] = {}

    def get(self, service: str, region: str | None = None) -> Any:
        """The boto3 client; raises ConfigurationError where no region is set anywhere."""
        with self._lock:
            key = (service, region)
            if key not in self._clients:
                self._clients[key] = self._new(service, region)
            return self._clients[key]

    def _new(self, service: str, region: str | None) -> Any:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import NoRegionError

        self._session = self._session or boto3.session.Session()
        # The SDK's own retries would spend the time of the next provider, and may send a message twice.
        config = Config(
            connect_timeout=min(CONNECT_TIMEOUT_S, self._timeout_s),
            read_timeout=self._timeout_s,
            retries={"total_max_attempts": 1, "mode": "standard"},
        )
        try:
            client = self._session.client(service, region_name=region, config=config)
        except NoRegionError:
            client = None
        if client is None:
            raise ConfigurationError(f"no region for {service}; set `region` or the environment variable AWS_REGION")
        guard_aws()
        return client


class AwsService:
    """One service in the hands of one provider, whose name its errors carry."""

    def __init__(self, provider: str, client: Any) -> None:
        self._provider = provider
        self._client = client

    def call(self, operation: str, parameters: Mapping[str, Any]) -> Reply:
        """Calls an operation by its boto3 name, as `notifyhub.provider.Aws` describes it."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return _reply(getattr(self._client, operation)(**parameters))
        except ClientError as error:
            return _reply(error.response)
        except BotoCoreError as error:
            failure = _failure(self._provider, error)
        # Outside the except block: botocore's messages quote endpoints and parameters.
        raise failure


def _reply(response: Mapping[str, Any]) -> Reply:
    metadata = response.get("ResponseMetadata", {})
    body = {name: value for name, value in response.items() if name != "ResponseMetadata"}
    headers = {name.lower(): value for name, value in metadata.get("HTTPHeaders", {}).items()}
    if request_id := metadata.get("RequestId"):
        headers.setdefault("x-amzn-requestid", request_id)
    code = response.get("Error", {}).get("Code")
    return Reply(metadata.get("HTTPStatusCode", 200), headers, json.dumps(body, default=str).encode(), code)


def _failure(provider: str, error: Exception) -> ProviderError:
    from botocore import exceptions

    kinds: dict[tuple[type[Exception], ...], type[ProviderError]] = {
        (
            exceptions.EndpointConnectionError,
            exceptions.ConnectTimeoutError,
            exceptions.ProxyConnectionError,
            exceptions.SSLError,
        ): NotSent,
        (
            exceptions.NoCredentialsError,
            exceptions.PartialCredentialsError,
            exceptions.CredentialRetrievalError,
            exceptions.TokenRetrievalError,
            exceptions.MetadataRetrievalError,
            exceptions.NoAuthTokenError,
        ): ProviderUnusable,
        (exceptions.ParamValidationError, exceptions.InvalidEndpointConfigurationError): RefusedHere,
    }
    kind = next((kind for classes, kind in kinds.items() if isinstance(error, classes)), OutcomeUnknown)
    return kind(provider, type(error).__name__)
