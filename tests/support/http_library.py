"""Which HTTP library a run of the tests uses: the one that the distribution depends on, unless a variable names another."""

import importlib.util
import os
import sys

VARIABLE = "NOTIFYHUB_TESTS_HTTP_LIBRARY"
CORES = {"httpx": "httpcore", "httpx2": "httpcore2"}
"""The two libraries, each with the package that it opens connections with."""
LIBRARY = os.environ.get(VARIABLE, "httpx")
INSTALLED = {name for name in CORES if importlib.util.find_spec(name)}


def hide(name):
    """Lets this process find neither that library nor its core, as if they were not installed."""
    sys.modules[name] = sys.modules[CORES[name]] = None  # type: ignore[assignment]


def hide_the_other():
    """Leaves `LIBRARY` alone for this process to find."""
    for name in CORES.keys() - {LIBRARY}:
        hide(name)
