"""Secrets that the configuration refers to: `env:NAME`, `file:/path`, `ssm:/path`, `secretsmanager:id#json-key`."""

from __future__ import annotations

import json
import math
import os
import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from pydantic import BaseModel, SecretStr

from notifyhub.clients.aws import AwsService
from notifyhub.errors import ConfigurationError, ProviderError
from notifyhub.redaction.tracebacks import rebuilt

if TYPE_CHECKING:
    from collections.abc import Callable

    from notifyhub.clients.aws import AwsClients
    from notifyhub.clients.reply import Reply

TTL_S = 300.0
"""Seconds that a fetched secret is kept."""
TIMEOUT_S = 3.0
ATTEMPTS = 2

S = TypeVar("S", bound=BaseModel)


class Reference(NamedTuple):
    """Where a secret is kept."""

    scheme: str
    name: str

    @classmethod
    def parse(cls, text: str) -> Reference | None:
        """The reference that a text is; None for a literal secret."""
        scheme, colon, name = text.partition(":")
        return cls(scheme, name) if colon and scheme in {"env", "file", "ssm", "secretsmanager"} else None

    def __str__(self) -> str:
        return f"{self.scheme}:{self.name}"


class SecretReferences:
    """Fetches the secrets that settings refer to, and keeps each for a while; safe to use from many threads."""

    def __init__(self, clients: AwsClients, *, folder: Path) -> None:
        self._clients = clients
        self._folder = folder
        self._lock = threading.Lock()
        self._fetching: dict[Reference, threading.Lock] = {}
        self._kept: dict[Reference, tuple[float, str]] = {}

    def resolve(self, settings: S, *, path: str, refetch: bool = False) -> S:
        """The same settings with every reference replaced by its secret; raises ConfigurationError with the key's path.

        `refetch` also fetches what is kept, for secrets that were refused and may have been rotated.
        """
        result: S = _replace(settings, path, partial(self._get, keep_s=0.0 if refetch else TTL_S))
        return result

    def _get(self, reference: Reference, path: str, *, keep_s: float) -> str:
        with self._lock:
            fetching = self._fetching.setdefault(reference, threading.Lock())
        with fetching:  # one fetch for all who ask, while other references are not held up
            fetched_at, value = self._kept.get(reference, (-math.inf, ""))
            if time.monotonic() - fetched_at >= keep_s:
                value = self._fetch(reference, path)
                self._kept[reference] = (time.monotonic(), value)
            return value

    def _fetch(self, reference: Reference, path: str) -> str:
        fetch = {"env": _read_env, "file": self._file, "ssm": self._ssm, "secretsmanager": self._secretsmanager}
        value = fetch[reference.scheme](reference.name, path)
        if not value:
            raise ConfigurationError(f"{reference} is empty", path=path)
        return value

    def _file(self, name: str, path: str) -> str:
        return rebuilt(
            lambda: (self._folder / Path(name).expanduser()).read_text(encoding="utf-8").strip(),
            by=lambda error: ConfigurationError(f"file:{name} cannot be read ({type(error).__name__})", path=path),
            of=(OSError, ValueError, RuntimeError),  # also: no UTF-8, a NUL in the path, no home folder
        )

    def _ssm(self, name: str, path: str) -> str:
        reply = self._call("ssm", "get_parameter", {"Name": name, "WithDecryption": True}, path)
        return _require_text(reply.field("Parameter", "Value"), reply, f"ssm:{name}", path)

    def _secretsmanager(self, name: str, path: str) -> str:
        secret_id, _, key = name.partition("#")
        reply = self._call("secretsmanager", "get_secret_value", {"SecretId": secret_id}, path)
        text = _require_text(reply.field("SecretString"), reply, f"secretsmanager:{secret_id}", path)
        return _read_key(text, key, f"secretsmanager:{name}", path) if key else text

    def _call(self, service: str, operation: str, parameters: dict[str, Any], path: str) -> Reply:
        def call() -> Reply:
            client = self._clients.get(service, attempts=ATTEMPTS, timeout_s=TIMEOUT_S)
            return AwsService(service, client).call(operation, parameters)

        return rebuilt(
            call,
            by=lambda error: ConfigurationError(f"the secret could not be fetched: {error}", path=path),
            of=(ConfigurationError, ProviderError),
        )


def check_references(settings: BaseModel, *, path: str) -> None:
    """Raises ConfigurationError where a reference is not well formed; fetches nothing."""

    def check(reference: Reference, where: str) -> str:
        if not reference.name.strip() or (reference.scheme == "secretsmanager" and reference.name.startswith("#")):
            raise ConfigurationError(f"{reference.scheme}: needs a name behind it", path=where)
        return str(reference)

    _replace(settings, path, check)


def with_placeholders(settings: S, *, path: str) -> S:
    """The same settings with a made-up text for every reference, to see without AWS whether a provider can be built."""
    result: S = _replace(settings, path, lambda reference, where: "placeholder")  # noqa: ARG005 - the others use them
    return result


def _read_env(name: str, path: str) -> str:
    value = os.environ.get(name)
    if value is None:
        raise ConfigurationError(f"the environment variable {name} is not set", path=path)
    return value


def _require_text(value: Any, reply: Reply, reference: str, path: str) -> str:
    if not isinstance(value, str):
        raise ConfigurationError(f"{reference} could not be fetched ({reply.code or 'no text in it'})", path=path)
    return value


def _read_key(text: str, key: str, reference: str, path: str) -> str:
    try:
        value = json.loads(text)[key]
    except (ValueError, KeyError, TypeError, IndexError):
        value = None
    if not isinstance(value, str | int):
        raise ConfigurationError(f"{reference}: the secret is no JSON object with that key", path=path)
    return str(value)


def _replace(value: Any, path: str, replacement: Callable[[Reference, str], str]) -> Any:
    """The value with the references in its SecretStr fields replaced, at any depth."""
    if isinstance(value, SecretStr):
        if not value.get_secret_value():
            raise ConfigurationError("is empty", path=path)
        reference = Reference.parse(value.get_secret_value())
        return SecretStr(replacement(reference, path)) if reference else value
    if isinstance(value, BaseModel):
        fields = {name: getattr(value, name) for name in type(value).model_fields}
        return value.model_copy(update={n: _replace(v, f"{path}.{n}", replacement) for n, v in fields.items()})
    if isinstance(value, dict):
        return {name: _replace(item, f"{path}.{name}", replacement) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return type(value)(_replace(item, f"{path}.{number}", replacement) for number, item in enumerate(value))
    return value
