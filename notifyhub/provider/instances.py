"""The provider instances that the configuration names, each built from its table when it is first needed."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from typing import TYPE_CHECKING

from notifyhub.errors import ConfigurationError
from notifyhub.provider.contract import HttpSettings, Provider
from notifyhub.provider.registry import Registry
from notifyhub.settings.loading import validate
from notifyhub.settings.references import SecretReferences, check_references, with_placeholders
from notifyhub.settings.runtime import in_lambda

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notifyhub.provider.contract import ProviderSettings
    from notifyhub.provider.toolkit import Clients
    from notifyhub.settings.model import Settings
    from notifyhub.settings.tables import ProviderTable

REFRESH_S = 10.0
"""Seconds within which secrets that were refused are not fetched once more."""


class ConfiguredProviders:
    """Builds the configuration's provider instances, each when it is first asked for; safe to use from many threads."""

    def __init__(
        self,
        settings: Settings,
        clients: Clients,
        *,
        registry: Registry | None = None,
        given: Mapping[str, Provider] | None = None,
    ) -> None:
        self._settings = settings
        self._clients = clients
        self._registry = registry or Registry()
        self._references = SecretReferences(clients.aws, folder=settings.folder)
        self._lock = threading.RLock()
        self._building = {name: threading.Lock() for name in settings.providers}
        self._checked: dict[str, tuple[type[Provider], ProviderSettings]] = {}
        self._refreshed_at: dict[str, float] = {}
        self._resolved: dict[str, ProviderSettings] = {}
        self._built: dict[str, Provider] = {name: self._require(name, part) for name, part in (given or {}).items()}

    def get(self, name: str) -> Provider:
        """Returns the instance of that name; raises ConfigurationError if it cannot be built."""
        if built := self._built.get(name):
            return built
        provider_class, settings = self.check(name)
        # Its own lock: a secret that is slow to fetch holds up nobody who waits for another provider.
        with self._building[name]:
            if name not in self._built:
                self._build(name, provider_class, self._references.resolve(settings, path=f"providers.{name}"))
            return self._built[name]

    def keeps_deadline(self, name: str) -> bool:
        """Whether a call of the instance surely ends with its deadline; False while the instance is not built yet."""
        built = self._built.get(name)
        return built is not None and built.capabilities.keeps_deadline and self._clients.http.keeps_deadlines

    def timeout_s(self, name: str) -> float:
        """Returns how many seconds one call of the instance may take."""
        return self._settings.timeout_s(name)

    def refresh(self, name: str, failed: Provider | None) -> bool:
        """Whether refetching the secrets gave new values; if so, the next `get` returns a new instance.

        They are fetched even if they are still kept, but not for every message that a vendor refuses.
        """
        if name not in self._checked:
            return False  # given in code, it refers to no secrets
        with self._building[name]:
            if self._built.get(name) is not failed:
                return True  # somebody else was faster
            provider_class, settings = self._checked[name]
            if time.monotonic() - self._refreshed_at.get(name, -math.inf) < REFRESH_S:
                return False  # they were the same just now
            self._refreshed_at[name] = time.monotonic()
            try:
                resolved = self._references.resolve(settings, path=f"providers.{name}", refetch=True)
                if resolved == self._resolved.get(name):
                    return False
                self._build(name, provider_class, resolved)
            except Exception:  # noqa: BLE001 - what the vendor said of the old ones says enough, whatever a plugin raises
                return False
            return True

    def prewarm(self, name: str) -> None:
        """Builds the instance ahead of its first message; an error is left to that message, which logs it."""
        with contextlib.suppress(Exception):  # whatever a plugin raises, the next in the route can send
            if isinstance(self.get(name).settings, HttpSettings):
                self._clients.http.open()

    def check_build(self, name: str) -> None:
        """Builds an instance with made-up secrets and forgets it; raises ConfigurationError where that fails."""
        provider_class, settings = self.check(name)
        provider_class(
            with_placeholders(settings, path=f"providers.{name}"), self._clients.toolkit(provider_class.name)
        )

    def provider_class(self, name: str) -> type[Provider]:
        """Returns the class of the instance; checks its settings, but builds nothing."""
        with self._lock:
            return type(self._built[name]) if name in self._built else self.check(name)[0]

    def check(self, name: str) -> tuple[type[Provider], ProviderSettings]:
        """Returns the class and its settings, references unresolved; raises ConfigurationError with the key's path."""
        with self._lock:
            if name not in self._checked:
                table = self._settings.providers.get(name)
                if table is None:
                    raise ConfigurationError(f"there is no [providers.{name}]")
                provider_class = self._load_class(name, table)
                path = f"providers.{name}"
                settings = validate(
                    provider_class.Settings, table.own_keys(), folder=self._settings.folder, prefix=path
                )
                check_references(settings, path=path)
                self._checked[name] = (provider_class, settings)
            return self._checked[name]

    def _build(self, name: str, provider_class: type[Provider], resolved: ProviderSettings) -> None:
        self._built[name] = provider_class(resolved, self._clients.toolkit(provider_class.name))
        self._resolved[name] = resolved

    def _require(self, name: str, part: object) -> Provider:
        if name not in self._settings.providers:
            known = ", ".join(self._settings.providers) or "none"
            raise ConfigurationError(f"there is no [providers.{name}] to take the place of; there are: {known}")
        if not isinstance(part, Provider):
            raise ConfigurationError("an instance of a Provider is needed", path=f"providers.{name}")
        return part

    def _load_class(self, name: str, table: ProviderTable) -> type[Provider]:
        provider_class = self._registry.load(table.use)
        if provider_class.capabilities.development_only and in_lambda() and not table.allow_in_lambda:
            raise ConfigurationError(
                f"{table.use} shows messages with their codes and is for development; inside Lambda use another "
                "provider, or set allow_in_lambda = true",
                path=f"providers.{name}.use",
            )
        return provider_class
