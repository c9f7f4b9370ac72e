"""What a Lambda bundle holds: notifyhub, its base dependencies and theirs, and nothing else that is installed here.

A development environment would distort the comparison both ways. httpx imports rich, click and pygments where they are
installed, which both sides would pay for and no Lambda function does. pydantic and notifyhub read the metadata of every
installed distribution, of which a bundle has about two dozen and a development environment more than a hundred.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
from pathlib import Path
from typing import TYPE_CHECKING

from notifyhub.distribution import DISTRIBUTION

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST_PARTY = ("notifyhub", "notifyhub_providers", "notifyhub_templates")
_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)[^;]*(?P<marker>;.*)?")


def link_bundle(folder: Path) -> Path:
    """Fills the folder with links to what a bundle holds, and returns it; put it on `PYTHONPATH` of `python -S`."""
    for distribution in _with_dependencies(DISTRIBUTION):
        for top in {Path(file).parts[0] for file in distribution.files or ()}:
            if top not in {"..", "__pycache__", "bin"} and not top.endswith(".pth"):
                _link(folder / top, Path(str(distribution.locate_file(top))))
    for package in FIRST_PARTY:
        spec = importlib.util.find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            raise RuntimeError(f"{package} is not installed")
        _link(folder / package, Path(next(iter(spec.submodule_search_locations))))
    return folder


def _link(link: Path, target: Path) -> None:
    """Namespace packages and our own roots may be named by more than one distribution."""
    if not link.exists() and target.exists():
        link.symlink_to(target)


def _with_dependencies(root: str) -> Iterator[importlib.metadata.Distribution]:
    waiting, seen = [root], set()
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name not in seen:
            seen.add(name)
            try:
                distribution = importlib.metadata.distribution(name)
            except importlib.metadata.PackageNotFoundError:
                continue  # wanted on other platforms or Pythons only
            yield distribution
            waiting.extend(_base_requirements(distribution))


def _base_requirements(distribution: importlib.metadata.Distribution) -> Iterator[str]:
    for requirement in distribution.requires or ():
        match = _REQUIREMENT.match(requirement)
        if match and "extra" not in (match["marker"] or ""):
            yield match["name"]
