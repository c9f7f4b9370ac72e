"""The one place that chooses the HTTP library: httpx2 where it is installed, else httpx, which has the same interface.

Import `httpx` and `httpcore` from here, and inside functions: both take time to load, and not every start needs them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpcore
    import httpx
else:
    try:
        import httpx2 as httpx
    except ModuleNotFoundError as error:
        if error.name != "httpx2":  # it is installed, and one of its own dependencies is not
            raise
        import httpcore
        import httpx
    else:
        import httpcore2 as httpcore

__all__ = ["httpcore", "httpx"]
