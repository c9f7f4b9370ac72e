"""A provider is an entry point, an extra, a file, a contract test and a row in the documentation; none is missing."""

import importlib
import json
import re
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from notifyhub.provider import ENTRY_POINT_GROUP
from notifyhub.testing.contracts.provider import LocalProviderContract

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


@pytest.mark.parametrize("name", DECLARED)
def test_each_has_a_table_of_what_its_answers_mean_and_it_names_every_outcome_that_they_have(name):
    """Of those with documented answers the table has a row for every class among them, and for no other."""
    rows = re.findall(r"^\| (?:`(\w+)`|(accepted)) \|", section(name), re.MULTILINE)
    found = {error or accepted for error, accepted in rows}
    assert "accepted" in found
    answers = ROOT / "tests" / "providers" / name / "answers.json"
    if answers.exists():
        cases = json.loads(answers.read_text(encoding="utf-8"))["answers"]
        assert found == {case["expect"].get("error", "accepted") for case in cases}


@pytest.mark.parametrize("name", DECLARED)
def test_every_code_that_a_table_names_is_among_the_documented_answers(name):
    answers = ROOT / "tests" / "providers" / name / "answers.json"
    if answers.exists():
        text = answers.read_text(encoding="utf-8")
        named = re.findall(r"\b\d{5}\b|\b\w+Exception\b|\b[45]\d\d\b|\b5\.\d\.\d+\b", section(name))
        assert not [code for code in set(named) if code not in text]


def section(name):
    text = (ROOT / "docs" / "providers.md").read_text(encoding="utf-8")
    found = re.search(rf"^### `{name}`\n(.*?)(?=^### |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"docs/providers.md has no section on what the answers of {name} mean"
    return found[1]
