"""The parts of a dispatcher, made from settings."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from notifyhub.clock import now
from notifyhub.decryption.encryption_sdk import Decryptor, EncryptionSdkDecryptor, LocalKeyDecryptor, local_key
from notifyhub.delivery import Courier
from notifyhub.delivery.attempts import Sender
from notifyhub.delivery.cooldown import Cooldown
from notifyhub.delivery.expiry import Expiry
from notifyhub.errors import ConfigurationError, MissingExtra
from notifyhub.events.notification import NotificationEvent
from notifyhub.events.triggers import TRIGGERS
from notifyhub.ledger.memory import MemoryLedger
from notifyhub.observability.observer import UNTRACED, Observer
from notifyhub.provider.registry import in_lambda
from notifyhub.recipients.resolver import EventRecipients, RecipientResolver
from notifyhub.rendering.renderer import Renderer, built_in_root
from notifyhub.settings.policy import Sandbox
from notifyhub.settings.references import SecretReferences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from notifyhub.clients.aws import AwsClients
    from notifyhub.deadline import Deadline
    from notifyhub.delivery.sandbox import SandboxedCourier
    from notifyhub.events.base import Event
    from notifyhub.ledger.base import Ledger
    from notifyhub.observability.observer import Tracer
    from notifyhub.provider.registry import ConfiguredProviders
    from notifyhub.settings.model import Settings

    AnyCourier = Courier | SandboxedCourier

P = TypeVar("P")


def given(part: P, kind: type) -> P:
    """A part that was given in code, or None; raises ConfigurationError where it is not what it is given for."""
    if part is not None and not isinstance(part, kind):
        raise ConfigurationError(f"a {kind.__name__} is needed, not {_described(part)}")
    return part


def decryptor_of(settings: Settings, clients: AwsClients) -> Decryptor:
    """What `[decryption]` asks for; without the table, one that says so when a secret comes."""
    wanted = settings.decryption
    if wanted.key_arns:
        return EncryptionSdkDecryptor(wanted.key_arns, clients, allow_missing_pool_id=wanted.allow_missing_pool_id)
    if wanted.local_key is None:
        return _NoDecryptor()
    if in_lambda() and not wanted.allow_in_lambda:
        raise ConfigurationError(
            "a local key is for development; inside Lambda set key_arns, or allow_in_lambda = true",
            path="decryption.local_key",
        )
    resolved = SecretReferences(clients, folder=settings.folder).resolved(wanted, path="decryption")
    key = local_key(resolved.local_key.get_secret_value() if resolved.local_key else "")
    return LocalKeyDecryptor(key, allow_missing_pool_id=wanted.allow_missing_pool_id)


def renderer_of(settings: Settings) -> Renderer:
    """The user's folder of templates before the built-in one."""
    own = settings.templates.path
    return Renderer(
        [own, built_in_root()] if own else [built_in_root()],
        app=settings.app.model_dump(exclude_none=True),
        default_locale=settings.templates.default_locale,
        lifetimes=settings.lifetimes(),
    )


def courier_of(
    settings: Settings,
    providers: ConfiguredProviders,
    clock: Callable[[], datetime],
    *,
    tracer: Tracer = UNTRACED,
) -> AnyCourier:
    """The courier, behind the sandbox where one is configured."""
    cooldown = Cooldown(settings.delivery.cooldown_s, clock=clock)
    courier = Courier(providers=providers, sender=Sender(providers, tracer), cooldown=cooldown)
    if settings.sandbox == Sandbox():
        return courier
    from notifyhub.delivery.sandbox import SandboxedCourier

    return SandboxedCourier(courier, settings.sandbox)


def expiry_of(settings: Settings, clock: Callable[[], datetime]) -> Expiry:
    """The configured ends of life."""
    tables = settings.triggers.items()
    return Expiry({name: table.dead_after for name, table in tables if table.dead_after}, clock)


def ledger_of(settings: Settings, clients: AwsClients, clock: Callable[[], datetime] = now) -> Ledger:
    """The ledger that `[ledger]` asks for, not yet connected; the others are not even imported."""
    wanted = settings.ledger  # its validator sees to it that the keys tell what `use` asks for
    if wanted.table is not None:
        from notifyhub.ledger import dynamodb

        # Made now and not at the first claim: during INIT a function has the whole CPU, and a client takes a while.
        client = clients.get("dynamodb", wanted.region, attempts=dynamodb.ATTEMPTS, timeout_s=dynamodb.TIMEOUT_S)
        return dynamodb.DynamoDbLedger(wanted.table, client, keep=wanted.keep, clock=clock)
    if wanted.path is not None:
        if in_lambda():
            raise ConfigurationError(
                "a file is the container's own, and no other sees it; inside Lambda use dynamodb", path="ledger.use"
            )
        from notifyhub.ledger.sqlite import SqliteLedger

        return SqliteLedger(wanted.path, keep=wanted.keep, clock=clock)
    return MemoryLedger(clock=clock)


def events_of(settings: Settings, given: Iterable[type[NotificationEvent]]) -> Mapping[str, type[NotificationEvent]]:
    """The application's events by name, given in code or named in `[hooks] events`."""
    kinds = [*given, *(_hook(path, f"hooks.events.{n}") for n, path in enumerate(settings.hooks.events))]
    for kind in kinds:
        if not (isinstance(kind, type) and issubclass(kind, NotificationEvent)):
            raise ConfigurationError(f"{type(kind).__name__} is no NotificationEvent class", path="hooks.events")
        if kind.name in TRIGGERS or kind.name == "default":
            raise ConfigurationError(
                f"{kind.name!r} is a name of Cognito's; give the class another", path="hooks.events"
            )
    by_name = {kind.name: kind for kind in kinds}
    if clashing := [kind.name for kind in kinds if by_name[kind.name] is not kind]:
        raise ConfigurationError(
            f"two classes are called {clashing[0]!r}; give one another `name`", path="hooks.events"
        )
    return by_name


def resolver_of(settings: Settings, clients: AwsClients) -> RecipientResolver:
    """The hook's resolver, else the default one."""
    if settings.hooks.resolver is None:
        return EventRecipients(clients)
    hook = _hook(settings.hooks.resolver, "hooks.resolver")
    wants_clients = isinstance(hook, type) and issubclass(hook, EventRecipients)
    resolver = hook(clients) if wants_clients else _made(hook, "hooks.resolver")
    if not isinstance(resolver, RecipientResolver):
        raise ConfigurationError("this is no RecipientResolver", path="hooks.resolver")
    return resolver


def observers_of(settings: Settings, given: Iterable[Observer]) -> list[Observer]:
    """The observers given in code, the one that writes metrics, and those of `[hooks] observers`."""
    hooks = (_observer(path, f"hooks.observers.{n}") for n, path in enumerate(settings.hooks.observers))
    return [*given, *_metrics(settings), *hooks]


def tracer_of(settings: Settings) -> Tracer:
    """What `[observability] traces` asks for; raises MissingExtra where its library is not installed."""
    if settings.observability.traces == "none":
        return UNTRACED
    try:
        from notifyhub.observability.otel import OtelTracer
    except ModuleNotFoundError as error:
        raise MissingExtra("otel", module=error.name or "opentelemetry") from error
    return OtelTracer()


def undeliverable_hook_of(settings: Settings) -> Callable[..., object] | None:
    """`[hooks] on_undeliverable`, called with the event and the error."""
    path = settings.hooks.on_undeliverable
    hook = _hook(path, "hooks.on_undeliverable") if path else None
    if hook is not None and not callable(hook):
        raise ConfigurationError("this cannot be called", path="hooks.on_undeliverable")
    return hook


def _metrics(settings: Settings) -> list[Observer]:
    """Inside Lambda whatever is written to standard output reaches CloudWatch; elsewhere it would be noise."""
    wanted = settings.observability.metrics or ("emf" if in_lambda() else "none")
    if wanted == "none":
        return []
    from notifyhub.observability.emf import EmfMetrics

    return [EmfMetrics(settings.observability.namespace)]


def _observer(dotted: str, path: str) -> Observer:
    observer = _made(_hook(dotted, path), path)
    if not isinstance(observer, Observer):
        raise ConfigurationError("this is no Observer class or instance", path=path)
    return observer


def _hook(dotted: str, path: str) -> Any:
    """The object behind `package.module:name`."""
    module, colon, name = dotted.partition(":")
    if not (module and colon and name):
        raise ConfigurationError("write package.module:name", path=path)
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(f"{dotted} cannot be imported: {error}", path=path) from error
    except Exception as error:
        raise ConfigurationError(f"{dotted} cannot be imported ({type(error).__name__})", path=path) from error


def _described(part: object) -> str:
    return f"the class {part.__name__}: give an instance" if isinstance(part, type) else type(part).__name__


def _made(hook: Any, path: str) -> Any:
    """The hook, or an instance of it where it is a class."""
    try:
        return hook() if isinstance(hook, type) else hook
    except Exception as error:
        detail = f": {error}" if isinstance(error, AttributeError | TypeError) else ""  # these quote code alone
        problem = f"making it without arguments raised {type(error).__name__}{detail}"
        raise ConfigurationError(problem, path=path) from error


class _NoDecryptor(Decryptor):
    """In the place of a decryptor where none is configured, as applications without Cognito need none."""

    def decrypt(self, event: Event, deadline: Deadline) -> NoReturn:
        """Says what to configure."""
        raise ConfigurationError("set key_arns to the ARN of the user pool's KMS key", path="decryption")
