"""The configuration's tables and keys."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    StringConstraints,
    field_validator,
    model_serializer,
    model_validator,
)

from notifyhub.errors import ConfigurationError
from notifyhub.events.triggers import TRIGGERS, split_source
from notifyhub.messages import Channel
from notifyhub.section import FilePath, Section

if TYPE_CHECKING:
    from collections.abc import Iterator

WebAddress = Annotated[str, StringConstraints(pattern=r"^https?://[^\s<>\"']+$")]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def _duration(value: Any) -> timedelta:
    """`90s`, `15m`, `24h`, `7d`, or a number of seconds."""
    if isinstance(value, timedelta):
        return value
    match = re.fullmatch(r"([0-9]{1,8}(?:\.[0-9]{1,3})?)\s*([smhd]?)", str(value))
    if match is None:
        raise ValueError("write 90s, 15m, 24h, 7d, or a number of seconds")
    return timedelta(seconds=float(match[1]) * _UNITS[match[2]])


def _table(value: Any) -> Any:
    """A table as JSON, which is how an environment variable writes it."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        pass
    raise ValueError("must be a table; an environment variable writes it as JSON")


def _trigger(name: str) -> str:
    """A trigger of Cognito by any spelling of its letters' case; other names as they are."""
    return next((known for known in TRIGGERS if known.lower() == name.lower()), name)


Duration = Annotated[timedelta, BeforeValidator(_duration), Field(gt=timedelta(0))]


class App(Section):
    """What templates say of the application; all but the name may be left out."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    url: WebAddress | None = None
    support_url: WebAddress | None = None
    support_email: Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+$")] | None = None
    domain: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]+$")] | None = None
    """The website's host; SMS then end with the line by which browsers bind the code to it."""
    logo_url: WebAddress | None = None
    color: Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")] | None = None


class Decryption(Section):
    """How secrets are decrypted: under KMS keys by their ARNs, or under a local key for development."""

    key_arns: tuple[str, ...] = ()
    local_key: SecretStr | None = None
    allow_missing_pool_id: bool = False
    allow_in_lambda: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> Decryption:
        if self.key_arns and self.local_key:
            raise ValueError("set key_arns or local_key, not both")
        return self


class Templates(Section):
    """The user's own folder of templates, which takes precedence over the built-in ones."""

    path: FilePath | None = None
    default_locale: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]+)*$")] = "en"


class ProviderTable(Section):
    """A named instance of a provider; the keys beyond these are the provider's own."""

    model_config = ConfigDict(extra="allow")

    use: Name
    allow_in_lambda: bool = False

    def __repr_args__(self) -> Iterator[tuple[str, Any]]:
        """Without the provider's own keys, which may be credentials written out."""
        return ((name, getattr(self, name)) for name in ("use", "allow_in_lambda"))

    @model_serializer
    def _without_own_keys(self) -> dict[str, Any]:
        """Dumps are logged and compared; they too leave out what may be credentials."""
        return {"use": self.use, "allow_in_lambda": self.allow_in_lambda}

    def own_keys(self) -> dict[str, Any]:
        """What the provider's settings are made from."""
        return dict(self.model_extra or {})


class Route(Section):
    """Which providers take a message, in order; without triggers the route takes all of its channel."""

    channel: Channel
    providers: Annotated[tuple[Name, ...], Field(min_length=1)]
    triggers: tuple[str, ...] = ()

    @field_validator("triggers")
    @classmethod
    def _short_names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        """As events name their trigger: a full source would match none of them."""
        if any(split_source(name) for name in names):
            raise ValueError("write the triggers' names alone, without CustomEmailSender_ or CustomSMSSender_")
        return tuple(map(_trigger, names))


class TriggerTable(Section):
    """What differs for one trigger; `lifetime` is what the user is told, Cognito's default unless set."""

    lifetime: Duration | None = None


class Delivery(Section):
    """The time that sending may take."""

    attempt_timeout_s: Annotated[float, Field(gt=0, le=60)] = 10.0
    reserve_ms: Annotated[int, Field(ge=0, le=60_000)] = 500
    """What is kept of a Lambda invocation for settling and for the reply."""
    lease_s: Annotated[float, Field(gt=0, lt=60)] = 45.0
    """How long a claim holds; below Lambda's first retry, which comes after about a minute."""


class Ledger(Section):
    """Where claims and receipts are kept."""

    use: Literal["memory"] = "memory"


class Hooks(Section):
    """Python objects as dotted paths, such as `myapp.events:OrderShipped`."""

    events: tuple[str, ...] = ()
    resolver: str | None = None
    on_undeliverable: str | None = None
    observers: tuple[str, ...] = ()


class Settings(Section):
    """The whole configuration."""

    app: App
    decryption: Decryption = Decryption()
    templates: Templates = Templates()
    providers: dict[Name, Annotated[ProviderTable, BeforeValidator(_table)]] = Field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    triggers: dict[str, Annotated[TriggerTable, BeforeValidator(_table)]] = Field(default_factory=dict)
    delivery: Delivery = Delivery()
    ledger: Ledger = Ledger()
    hooks: Hooks = Hooks()
    _folder: Path = PrivateAttr(default_factory=Path)

    def model_post_init(self, context: Any) -> None:
        """Remembers the folder that relative paths start at."""
        self._folder = Path((context or {}).get("folder", "."))

    @property
    def folder(self) -> Path:
        """Where relative paths start: the folder of the configuration file."""
        return self._folder

    def lifetimes(self) -> dict[str, timedelta]:
        """The configured lifetimes by trigger."""
        return {name: table.lifetime for name, table in self.triggers.items() if table.lifetime}

    @model_validator(mode="before")
    @classmethod
    def _trigger_names(cls, data: Any) -> Any:
        """Environment variables come in lower case; the triggers of Cognito are known by any spelling."""
        if not isinstance(data, dict) or not isinstance(data.get("triggers"), dict):
            return data
        return {**data, "triggers": {_trigger(name): table for name, table in data["triggers"].items()}}

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
