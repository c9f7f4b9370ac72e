"""A provider is an entry point, an extra, a file, a contract test and a row in the documentation; none is missing."""

import importlib
import re
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from notifyhub.provider import ENTRY_POINT_GROUP
from notifyhub.testing.provider_contract import LocalProviderContract

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DECLARED = PROJECT["entry-points"][ENTRY_POINT_GROUP]


def test_files_and_entry_points_match():
    files = {path.stem for path in (ROOT / "providers" / "notifyhub_providers").glob("[a-z]*.py")}
    assert files == set(DECLARED)


def test_what_is_declared_is_what_is_installed():
    installed = {entry.name: entry.value for entry in entry_points(group=ENTRY_POINT_GROUP)}
    assert {name: installed.get(name) for name in DECLARED} == DECLARED


@pytest.mark.parametrize("name", DECLARED)
def test_each_has_an_extra_and_names_itself_as_its_entry_point(name):
    module, _, kind = DECLARED[name].partition(":")
    assert name in PROJECT["optional-dependencies"]
    assert getattr(importlib.import_module(module), kind).name == name


@pytest.mark.parametrize("name", DECLARED)
def test_each_has_a_contract_test_that_overrides_nothing(name):
    path = f"tests.providers.test_{name}"
    found = [
        kind
        for kind in vars(importlib.import_module(path)).values()
        if isinstance(kind, type) and issubclass(kind, LocalProviderContract) and kind.__module__ == path
    ]
    assert found
    for kind in found:
        assert kind.provider.name == name
        inherited = {n for base in kind.__mro__[1:] for n in vars(base) if n.startswith("test_")}
        assert inherited
        assert not inherited & set(vars(kind)), "an inherited contract test is overridden"


@pytest.mark.parametrize("name", DECLARED)
def test_each_has_a_row_in_the_documentation(name):
    table = (ROOT / "docs" / "providers.md").read_text(encoding="utf-8")
    assert re.search(rf"^\| `{name}` \|", table, re.MULTILINE)
