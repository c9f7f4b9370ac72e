"""Settings as `NOTIFYHUB__` variables give them, and the parts that are made of them."""

import pytest

from notifyhub.errors import ConfigurationError
from notifyhub.settings import load_settings

CANARY = "c4n4ry-value"


def settings(**variables):
    """The settings of these `NOTIFYHUB__` variables."""
    named = {f"NOTIFYHUB__{name}": value for name, value in {"APP__NAME": "Acme", **variables}.items()}
    return load_settings(environ=named)


def refused(make, *arguments):
    """The ConfigurationError in which the call ends."""
    with pytest.raises(ConfigurationError) as caught:
        make(*arguments)
    return caught.value
