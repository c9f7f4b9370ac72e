"""Finds the installed providers, and loads their classes by name."""

from __future__ import annotations

import importlib
import importlib.util
import re
from typing import TYPE_CHECKING

from notifyhub.distribution import DISTRIBUTION
from notifyhub.errors import ConfigurationError, MissingExtra, ProviderConflict, ProviderNotFound
from notifyhub.provider.contract import ENTRY_POINT_GROUP, Provider

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.metadata import EntryPoint

FALLBACK_PACKAGE = "notifyhub_providers"


class Registry:
    """Knows the providers of installed packages; scans their metadata once, imports only what is asked for."""

    def __init__(self) -> None:
        self._offers: Mapping[str, list[EntryPoint]] | None = None

    def names(self) -> list[str]:
        """Returns the names of all installed providers, sorted."""
        return sorted({*self._scan(), *_names_without_metadata()})

    def origin(self, name: str) -> str:
        """Returns the distribution that offers the name."""
        offers = self._scan().get(name)
        return _name_origin(offers[0]) if offers else DISTRIBUTION

    def load(self, name: str) -> type[Provider]:
        """Returns the provider's class; raises ProviderNotFound, ProviderConflict or MissingExtra."""
        offers = self._scan().get(name, [])
        if len(offers) > 1:
            raise ProviderConflict(name, offered_by=[_name_origin(offer) for offer in offers])
        found = _import(name, offers[0]) if offers else _find_without_metadata(name)
        if found is None:
            raise ProviderNotFound(name, found=self.names())
        if not (isinstance(found, type) and issubclass(found, Provider)):
            raise ConfigurationError(f"the entry point {name!r} of {ENTRY_POINT_GROUP} is no Provider subclass")
        return found

    def _scan(self) -> Mapping[str, list[EntryPoint]]:
        if self._offers is None:
            from importlib.metadata import entry_points

            offers: dict[str, list[EntryPoint]] = {}
            for offer in dict.fromkeys(entry_points(group=ENTRY_POINT_GROUP)):
                offers.setdefault(offer.name, []).append(offer)
            self._offers = offers
        return self._offers


def _name_origin(offer: EntryPoint) -> str:
    return offer.dist.name if offer.dist else offer.value


def _import(name: str, offer: EntryPoint) -> object:
    try:
        return offer.load()
    except Exception as error:
        raise _explain(name, offer.module, error, origin=_name_origin(offer)) from error


def _find_without_metadata(name: str) -> object | None:
    """Finds a first-party provider in a bundle that was stripped of its metadata, and so of its entry points."""
    module_name = f"{FALLBACK_PACKAGE}.{name}"
    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and error.name in {module_name, FALLBACK_PACKAGE}:
            return None
        raise _explain(name, module_name, error, origin=DISTRIBUTION) from error
    classes = (item for item in vars(module).values() if isinstance(item, type) and issubclass(item, Provider))
    return next((provider for provider in classes if provider.__module__ == module_name), None)


def _names_without_metadata() -> list[str]:
    import pkgutil

    spec = importlib.util.find_spec(FALLBACK_PACKAGE)
    folders = spec.submodule_search_locations if spec else None
    return [module.name for module in pkgutil.iter_modules(folders or []) if not module.name.startswith("_")]


def _explain(name: str, module: str, error: Exception, *, origin: str) -> ConfigurationError:
    """Makes the error for a provider that cannot be imported; only this distribution's own have extras to name."""
    if isinstance(error, ModuleNotFoundError) and re.sub(r"[-_.]+", "-", origin).lower() == DISTRIBUTION:
        return MissingExtra(name, module=error.name or "a module")
    shown = isinstance(error, ImportError | SyntaxError | AttributeError)  # these quote code alone
    problem = f"{type(error).__name__}: {error}" if shown else type(error).__name__
    return ConfigurationError(f"provider {name!r} of {origin}: {module} cannot be imported ({problem})")
