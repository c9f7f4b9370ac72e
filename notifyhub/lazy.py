"""Names that a package exports without importing their modules."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def exporter(package: str, homes: Mapping[str, str], name: str) -> Any:
    """What a package's `__getattr__` answers: the name from its home module, remembered for the next time."""
    if name not in homes:
        raise AttributeError(f"module {package!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(homes[name]), name)
    setattr(sys.modules[package], name, value)
    return value
