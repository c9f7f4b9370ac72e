"""AWS services as providers, the resolver and secret references see them: the function's role, one attempt, replies."""

from __future__ import annotations

import json
import os
import threading
from typing import TYPE_CHECKING, Any

from notifyhub.clients.reply import Reply, seconds
from notifyhub.errors import ConfigurationError, NotSent, ProviderError, ProviderUnusable, RefusedHere
from notifyhub.redaction.library_logs import quiet_aws
from notifyhub.redaction.tracebacks import rebuilt

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

    def get(self, service: str, region: str | None = None, *, attempts: int = 1, timeout_s: float | None = None) -> Any:
        """The boto3 client, made once per service and region; raises ConfigurationError where no region is set.

        `attempts` and `timeout_s` (seconds, per attempt) count for whoever asks first: each service has one user.
        """
        with self._lock:
            key = (service, region)
            if key not in self._clients:
                self._clients[key] = self._make(service, region, attempts, timeout_s or self._timeout_s)
            return self._clients[key]

    def close(self) -> None:
        """Closes the pooled connections."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    def _make(self, service: str, region: str | None, attempts: int, timeout_s: float) -> Any:
        from botocore.exceptions import BotoCoreError

        return rebuilt(
            lambda: self._make_client(service, region, attempts, timeout_s),
            by=lambda error: ConfigurationError(f"{service}: {_explain_configuration(error)}"),
            of=BotoCoreError,
        )

    def _make_client(self, service: str, region: str | None, attempts: int, timeout_s: float) -> Any:
        import boto3
        from botocore.config import Config

        quiet_aws()  # before: botocore may fetch credentials while it makes a client, and logs what it gets
        self._session = self._session or boto3.Session()
        # With one attempt by default: the SDK's retries would spend the time of the next provider, and may send twice.
        config = Config(
            connect_timeout=min(CONNECT_TIMEOUT_S, timeout_s),
            read_timeout=timeout_s,
            retries={"total_max_attempts": attempts, "mode": "standard"},
        )
        # botocore itself looks at AWS_DEFAULT_REGION only; Lambda sets both.
        client = self._session.client(service, region_name=region or os.environ.get("AWS_REGION"), config=config)
        quiet_aws()  # and after, for the loggers that came with it
        return client


class AwsService:
    """One service in the hands of one provider, whose name its errors carry."""

    def __init__(self, provider: str, client: Any) -> None:
        self._provider = provider
        self._client = client

    def call(self, operation: str, parameters: Mapping[str, Any]) -> Reply:
        """Calls an operation by its boto3 name, as `notifyhub.provider.Aws` describes it."""
        from botocore.exceptions import ClientError

        method = getattr(self._client, operation)

        def call() -> Reply:
            try:
                return _reply(method(**parameters))
            except ClientError as error:  # the service answered, with an error
                return _reply(error.response)

        # Any error: where a body is none of AWS's, botocore's parsers raise what they like, and quote it.
        return rebuilt(call, by=lambda error: _explain_failure(self._provider, error))


def _explain_configuration(error: Exception) -> str:
    if type(error).__name__ == "NoRegionError":
        return "no region is set; set `region` or the environment variable AWS_REGION"
    return f"botocore refuses the AWS configuration of this process: {type(error).__name__}"


def _reply(response: Mapping[str, Any]) -> Reply:
    metadata = response.get("ResponseMetadata", {})
    body = {name: value for name, value in response.items() if name != "ResponseMetadata"}
    headers = {name.lower(): value for name, value in metadata.get("HTTPHeaders", {}).items()}
    if request_id := metadata.get("RequestId"):
        headers.setdefault("x-amzn-requestid", request_id)
    if (wait_ms := seconds(headers.get("x-amz-retry-after"))) is not None:  # botocore's own retries read it so
        headers.setdefault("retry-after", f"{wait_ms / 1000:.3f}")
    code = response.get("Error", {}).get("Code")
    return Reply(metadata.get("HTTPStatusCode", 200), headers, json.dumps(body, default=str).encode(), code)


def _explain_failure(provider: str, error: Exception) -> ProviderError:
    from notifyhub.clients.failures import judge

    error_class = NotSent if _is_distrust(error) else judge(error, ERRORS_BEFORE_SEND)
    return error_class(provider, type(error).__name__)


def _is_distrust(error: Exception) -> bool:
    """Whether the certificate was refused; other TLS errors may also come after the request left."""
    from botocore.exceptions import SSLError

    return isinstance(error, SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error)


def _index(classes: Mapping[type[ProviderError], str]) -> dict[str, type[ProviderError]]:
    return {name: error_class for error_class, names in classes.items() for name in names.split()}


ERRORS_BEFORE_SEND = _index(
    {
        NotSent: "EndpointConnectionError ConnectTimeoutError ProxyConnectionError",
        ProviderUnusable: """
            NoCredentialsError PartialCredentialsError CredentialRetrievalError UnknownCredentialError SSOError
            LoginError RefreshWithMFAUnsupportedError TokenRetrievalError UnknownTokenProviderError NoAuthTokenError
            MetadataRetrievalError InvalidIMDSEndpointError InvalidIMDSEndpointModeError MissingDependencyException
            ProfileNotFound ConfigNotFound ConfigParseError InvalidConfigError InvalidProxiesConfigError
            UnknownRegionError InvalidRegionError ServiceNotInRegionError BaseEndpointResolverError
            EndpointProviderError InvalidEndpointConfigurationError UnknownSignatureVersionError
            UnsupportedSignatureVersionError
            """,
        RefusedHere: "ParamValidationError ValidationError MissingParametersError InvalidHostLabelError",
    }
)
"""The errors of botocore (with subclasses) after which no request left; `judge` reads it."""
