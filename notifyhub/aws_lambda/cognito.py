"""The handler of a Lambda function that a Cognito user pool calls as its custom sender."""

from __future__ import annotations

import contextlib
import gc
from typing import TYPE_CHECKING, Any

from notifyhub.errors import Undeliverable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from notifyhub.deadline import LambdaContext
    from notifyhub.dispatcher import Dispatcher

    Handler = Callable[[Any, LambdaContext], None]


def make_handler(config: str | Path | None = None, *, dispatcher: Dispatcher | None = None) -> Handler:
    """A Lambda handler; builds, imports and compiles now what the configuration uses, so that messages need not wait.

    The handler returns None when the event is dealt with, an Undeliverable included, which is logged as an error and
    handed to `[hooks] on_undeliverable`. Everything else it raises, so that Lambda retries and then parks the event.
    """
    with _collector_paused():
        handler = _handler(dispatcher or _dispatcher(config))
    from notifyhub.settings.runtime import in_lambda

    if in_lambda():
        gc.freeze()  # it all lives as long as the process: later collections need not look at it
    return handler


def _dispatcher(config: str | Path | None) -> Dispatcher:
    from notifyhub.dispatcher import Dispatcher

    return Dispatcher.from_config(config)


def _handler(dispatcher: Dispatcher) -> Handler:
    from notifyhub.deadline import Deadline
    from notifyhub.hooks import load_on_undeliverable

    dispatcher.warm_up()
    on_undeliverable = load_on_undeliverable(dispatcher.settings.hooks)
    reserve_s = dispatcher.settings.delivery.reserve_ms / 1000

    def handler(event: Any, context: LambdaContext) -> None:
        deadline = Deadline.of_lambda(context, reserve_s=reserve_s)
        try:
            dispatcher.dispatch(event, deadline=deadline, correlation=context.aws_request_id)
        except Undeliverable as verdict:
            if on_undeliverable:
                _call(on_undeliverable, event, verdict)

    return handler


@contextlib.contextmanager
def _collector_paused() -> Iterator[None]:
    """Pauses the garbage collector: what a start makes stays, and looking for garbage takes a tenth of its time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _call(hook: Callable[..., object], event: Any, verdict: Undeliverable) -> None:
    from notifyhub.observability.reporter import logger

    try:
        hook(event, verdict)
    except Exception as error:  # noqa: BLE001 - the verdict stands, whatever the hook does
        logger.error("on_undeliverable raised %s", type(error).__name__)
