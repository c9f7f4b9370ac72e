"""The model of a whole configuration file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field, PrivateAttr, model_validator

from notifyhub.errors import ConfigurationError
from notifyhub.events.triggers import split_source
from notifyhub.settings.fields import Name, trigger_name, unpack_table
from notifyhub.settings.policy import DeliverySettings, Route, Sandbox, TriggerTable
from notifyhub.settings.section import Section
from notifyhub.settings.tables import App, Decryption, Hooks, LedgerSettings, Observability, ProviderTable, Templates

if TYPE_CHECKING:
    from datetime import timedelta


_ORDINARY = TriggerTable()


class Settings(Section):
    """The whole configuration: one field for each table of `notifyhub.toml`."""

    app: App
    decryption: Decryption = Decryption()
    templates: Templates = Templates()
    providers: dict[Name, Annotated[ProviderTable, BeforeValidator(unpack_table)]] = Field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    triggers: dict[str, Annotated[TriggerTable, BeforeValidator(unpack_table)]] = Field(default_factory=dict)
    delivery: DeliverySettings = DeliverySettings()
    ledger: LedgerSettings = LedgerSettings()
    sandbox: Sandbox = Sandbox()
    observability: Observability = Observability()
    hooks: Hooks = Hooks()
    _folder: Path = PrivateAttr(default_factory=Path)

    def model_post_init(self, context: Any) -> None:
        """Remembers the folder that relative paths start at."""
        self._folder = Path((context or {}).get("folder", "."))

    @property
    def folder(self) -> Path:
        """The folder of the configuration file, at which relative paths start."""
        return self._folder

    def timeout_s(self, name: str) -> float:
        """Returns how many seconds one call of a provider instance may take."""
        return self.providers[name].timeout_s or self.delivery.attempt_timeout_s

    def longest_timeout_s(self) -> float:
        """Returns the longest time-out of all provider instances, in seconds."""
        return max(map(self.timeout_s, self.providers), default=self.delivery.attempt_timeout_s)

    def trigger(self, name: str) -> TriggerTable:
        """Returns the table of a trigger, or the defaults where there is no such table."""
        return self.triggers.get(name, _ORDINARY)

    def lifetimes(self) -> dict[str, timedelta]:
        """Returns the configured lifetimes by trigger."""
        return {name: table.lifetime for name, table in self.triggers.items() if table.lifetime}

    @model_validator(mode="before")
    @classmethod
    def _trigger_names(cls, data: Any) -> Any:
        """Corrects the case of letters in triggers' names: environment variables come in lower case."""
        if not isinstance(data, dict) or not isinstance(data.get("triggers"), dict):
            return data
        tables = data["triggers"]
        if prefixed := next((name for name in tables if split_source(str(name))), None):
            # No ValueError: rebuilt without the values of its table, it could not name the trigger.
            problem = "write the trigger's name alone, without CustomEmailSender_ or CustomSMSSender_"
            raise ConfigurationError(problem, path=f"triggers.{prefixed}")
        return {**data, "triggers": {trigger_name(name): table for name, table in tables.items()}}

    @model_validator(mode="after")
    def _routes_name_providers(self) -> Settings:
        for number, route in enumerate(self.routes):
            for name in route.providers:
                if name not in self.providers:
                    known = ", ".join(self.providers) or "none"
                    # No ValueError: rebuilt without the values of its table, it could not name the provider.
                    raise ConfigurationError(
                        f"there is no [providers.{name}]; there are: {known}", path=f"routes.{number}.providers"
                    )
        return self
