"""The application's own objects: named in the configuration by dotted path, or given in code."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, TypeVar

from notifyhub.errors import ConfigurationError
from notifyhub.events.notification import NotificationEvent
from notifyhub.events.triggers import TRIGGERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from notifyhub.settings.tables import Hooks

P = TypeVar("P")


def load(dotted: str, path: str) -> Any:
    """The object behind `package.module:name`; raises ConfigurationError, with the key's path, where there is none."""
    module, colon, name = dotted.partition(":")
    if not (module and colon and name):
        raise ConfigurationError("write package.module:name", path=path)
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(f"{dotted} cannot be imported: {error}", path=path) from error
    except Exception as error:
        raise ConfigurationError(f"{dotted} cannot be imported ({type(error).__name__})", path=path) from error


def instantiate(hook: Any, path: str) -> Any:
    """The hook, or an instance of it where it is a class; raises ConfigurationError where that takes arguments."""
    try:
        return hook() if isinstance(hook, type) else hook
    except Exception as error:
        detail = f": {error}" if isinstance(error, AttributeError | TypeError) else ""  # these quote code alone
        problem = f"making it without arguments raised {type(error).__name__}{detail}"
        raise ConfigurationError(problem, path=path) from error


def require(part: P, base: type) -> P:
    """A part that was given in code, or None; raises ConfigurationError where it is no instance of the base."""
    if part is not None and not isinstance(part, base):
        raise ConfigurationError(f"a {base.__name__} is needed, not {_describe(part)}")
    return part


def load_events(hooks: Hooks, given: Iterable[type[NotificationEvent]]) -> Mapping[str, type[NotificationEvent]]:
    """The application's events by name, given in code or named in `[hooks] events`."""
    classes = [*given, *(load(path, f"hooks.events.{n}") for n, path in enumerate(hooks.events))]
    for event in classes:
        if not (isinstance(event, type) and issubclass(event, NotificationEvent)):
            raise ConfigurationError(f"{type(event).__name__} is no NotificationEvent class", path="hooks.events")
        if event.name in TRIGGERS or event.name == "default":
            raise ConfigurationError(
                f"{event.name!r} is a name of Cognito's; give the class another", path="hooks.events"
            )
    by_name = {event.name: event for event in classes}
    if clashing := [event.name for event in classes if by_name[event.name] is not event]:
        raise ConfigurationError(
            f"two classes are called {clashing[0]!r}; give one another `name`", path="hooks.events"
        )
    return by_name


def load_on_undeliverable(hooks: Hooks) -> Callable[..., object] | None:
    """The function that `[hooks] on_undeliverable` names, to be called with event and error; None without that key."""
    path = hooks.on_undeliverable
    hook = load(path, "hooks.on_undeliverable") if path else None
    if hook is not None and not callable(hook):
        raise ConfigurationError("this cannot be called", path="hooks.on_undeliverable")
    return hook


def _describe(part: object) -> str:
    return f"the class {part.__name__}: give an instance" if isinstance(part, type) else type(part).__name__
