"""The tables from which the parts of a dispatcher are made."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import ConfigDict, Field, SecretStr, StringConstraints, model_serializer, model_validator

from notifyhub.errors import ConfigurationError
from notifyhub.settings.fields import Duration, FilePath, Locale, MailAddress, Name, WebAddress
from notifyhub.settings.section import Section

if TYPE_CHECKING:
    from collections.abc import Iterator


class App(Section):
    """Facts about the application for templates; all but the name may be left out."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    url: WebAddress | None = None
    support_url: WebAddress | None = None
    support_email: MailAddress | None = None
    domain: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]+$")] | None = None
    """The website's host; SMS then end with the line by which browsers bind the code to it."""
    logo_url: WebAddress | None = None
    color: Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")] | None = None


class Decryption(Section):
    """The keys that decrypt secrets: KMS keys by their ARNs, or a local key for development."""

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
    default_locale: Locale = "en"


class ProviderTable(Section):
    """A named instance of a provider; the keys beyond these are the provider's own."""

    model_config = ConfigDict(extra="allow")

    use: Name
    allow_in_lambda: bool = False
    timeout_s: Annotated[float, Field(gt=0, le=60)] | None = None
    """Seconds for one call, in place of `[delivery] attempt_timeout_s`."""

    def __repr_args__(self) -> Iterator[tuple[str, Any]]:
        """Leaves out the provider's own keys, which may be credentials written out."""
        return ((name, getattr(self, name)) for name in ("use", "allow_in_lambda"))

    @model_serializer
    def _without_own_keys(self) -> dict[str, Any]:
        """Leaves the provider's own keys out of dumps too, as those are logged and compared."""
        return {"use": self.use, "allow_in_lambda": self.allow_in_lambda}

    def own_keys(self) -> dict[str, Any]:
        """Returns the keys from which the provider's settings are made."""
        return dict(self.model_extra or {})


class LedgerSettings(Section):
    """Where claims and receipts are kept; a key that the chosen ledger has no use for is an error.

    Attributes:
        table: name or ARN, for `dynamodb`.
        region: of the table; the function's unless set.
        path: the file, for `sqlite`.
        keep: how long a message is recognised; longer than any redelivery. Lambda itself tries again for 6 hours at
            most, but what its failure destination parked in a queue may be sent in again after 14 days.
    """

    use: Literal["memory", "sqlite", "dynamodb"] = "memory"
    table: Annotated[str, StringConstraints(pattern=r"^(arn:[^\s/]+:table/)?[A-Za-z0-9_.-]{3,255}$")] | None = None
    region: str | None = None
    path: FilePath | None = None
    keep: Annotated[Duration, Field(ge=timedelta(hours=6))] = timedelta(days=15)

    @model_validator(mode="after")
    def _keys_of_the_chosen_one(self) -> LedgerSettings:
        required, allowed = _LEDGER_KEYS[self.use]
        # No ValueError: rebuilt without the values of its table, it could not name the ledger.
        if required and getattr(self, required) is None:
            raise ConfigurationError(f"is missing: the {self.use} ledger needs it", path=f"ledger.{required}")
        for key in sorted(self.model_fields_set - {"use", required, *allowed}):
            users = " and ".join(name for name, keys in _LEDGER_KEYS.items() if key in {keys[0], *keys[1]})
            raise ConfigurationError(f"the {self.use} ledger has no use for it, only {users}", path=f"ledger.{key}")
        return self


_LEDGER_KEYS: dict[str, tuple[str | None, tuple[str, ...]]] = {
    "memory": (None, ()),
    "sqlite": ("path", ("keep",)),
    "dynamodb": ("table", ("region", "keep")),
}
"""The key that each ledger must have, and those that it may have."""


class Observability(Section):
    """Chooses metrics and traces, beside the log lines that every outcome gets.

    `metrics` unset means CloudWatch's embedded metric format inside Lambda, and none elsewhere.
    """

    metrics: Literal["emf", "none"] | None = None
    namespace: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_./#: -]{1,255}$")] = "notifyhub"
    traces: Literal["otel", "none"] = "none"


class Hooks(Section):
    """Python objects as dotted paths, such as `myapp.events:OrderShipped`."""

    events: tuple[str, ...] = ()
    resolver: str | None = None
    on_undeliverable: str | None = None
    observers: tuple[str, ...] = ()
