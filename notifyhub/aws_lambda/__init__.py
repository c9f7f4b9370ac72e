"""The edge towards AWS Lambda: set the function's handler to `notifyhub.aws_lambda.handler`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notifyhub.errors import ConfigurationError
from notifyhub.lazy import exporter

if TYPE_CHECKING:
    from notifyhub.aws_lambda.cognito import Handler, make_handler

    handler: Handler

__all__ = ["handler", "make_handler"]

_HOMES = {"make_handler": "notifyhub.aws_lambda.cognito"}


def __getattr__(name: str) -> Any:
    """Makes `handler` when the runtime asks for it, which it does while the function starts, at full CPU speed."""
    if name != "handler":
        return exporter(__name__, _HOMES, name)
    from notifyhub.aws_lambda import cognito

    try:
        made = cognito.make_handler()
    except AttributeError as error:
        # The runtime would report a missing handler, and hide the reason.
        raise ConfigurationError(f"the handler could not be made: {error}") from error
    globals()["handler"] = made
    return made
