"""A provider has one name in many places: file, entry point, extra, contract test, page and row of the matrix."""

import importlib
import json
import re
from importlib.metadata import entry_points

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from notifyhub.cli.app import app
from notifyhub.provider import ENTRY_POINT_GROUP, Reply
from notifyhub.testing.contracts.provider import LocalProviderContract
from tests.meta import provider_matrix
from tests.meta.provider_matrix import DECLARED, PROJECT, ROOT, matrix, provider_class, with_matrix

PAGES = ROOT / "docs" / "providers"
PARTS = ["Setting up", "Settings", "What its answers mean", "Repeats, expiry and time", "Sources", "Left out"]


def page(name):
    return (PAGES / f"{name}.md").read_text(encoding="utf-8")


def part(name, title):
    """What stands under a heading of a provider's page."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", page(name), re.MULTILINE | re.DOTALL)
    assert found, f"docs/providers/{name}.md has no part {title!r}"
    return found[1]


def settings_of(name):
    """The rows of a page's table of settings: the key, and the cells behind it."""
    rows = re.findall(r"^\| `(\w+)` \| (.*) \| (.*) \|$", part(name, "Settings"), re.MULTILINE)
    return {key: (meaning, default) for key, meaning, default in rows}


def may_be_secret(field):
    return SecretStr in (field.annotation, *getattr(field.annotation, "__args__", ()))


def test_files_entry_points_and_pages_match():
    files = {path.stem for path in (ROOT / "providers" / "notifyhub_providers").glob("[a-z]*.py")}
    assert files == set(DECLARED)
    assert {path.stem for path in PAGES.glob("[a-z]*.md")} == set(DECLARED)


def test_what_is_declared_is_what_is_installed():
    installed = {entry.name: entry.value for entry in entry_points(group=ENTRY_POINT_GROUP)}
    assert {name: installed.get(name) for name in DECLARED} == DECLARED


@pytest.mark.parametrize("name", DECLARED)
def test_each_has_an_extra_and_names_itself_as_its_entry_point(name):
    assert name in PROJECT["optional-dependencies"]
    assert provider_class(name).name == name


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


def test_the_matrix_is_what_the_classes_say():
    """Where this fails, `make docs` writes the matrix again."""
    shown = provider_matrix.PAGE.read_text(encoding="utf-8")
    assert shown == with_matrix(shown, matrix())


def test_the_matrix_cannot_vanish_from_its_page():
    with pytest.raises(ValueError, match="markers"):
        with_matrix("a page without them", matrix())


def test_the_statuses_of_the_common_table_are_classed_as_it_says():
    shown = provider_matrix.PAGE.read_text(encoding="utf-8")
    (table,) = re.findall(r"^### Common to those over HTTP\n(.*?)^### ", shown, re.MULTILINE | re.DOTALL)
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", table, re.MULTILINE)
    told = {int(status): error for error, cell in rows for status in re.findall(r"\b\d{3}\b", cell)}
    judge = provider_class("console")(None, None)
    assert len(told) > 10
    assert {status: type(judge.by_status(Reply(status, {}))).__name__ for status in told} == told


@pytest.mark.parametrize("name", DECLARED)
def test_each_page_is_called_by_its_name_and_has_all_parts(name):
    assert page(name).startswith(f"# `{name}`\n\n")
    titles = re.findall(r"^## (.*)", page(name), re.MULTILINE)
    assert titles == PARTS
    assert all(part(name, title).strip() for title in titles)


@pytest.mark.parametrize("name", DECLARED)
def test_every_setting_is_on_the_page_and_no_other(name):
    fields = provider_class(name).Settings.model_fields
    shown = settings_of(name)
    assert set(shown) == set(fields)
    for key, field in fields.items():
        meaning, default = shown[key]
        assert meaning.strip()
        assert (default == "required") == field.is_required(), key
        assert field.is_required() or field.default is None or default == f"`{field.default}`", key
        assert ("reference" in meaning) == may_be_secret(field), key


@pytest.mark.parametrize("name", DECLARED)
def test_the_configurations_of_each_page_pass_the_check(name, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    examples = re.findall(r"^```toml\n(.*?)^```", page(name), re.MULTILINE | re.DOTALL)
    assert examples
    for example in examples:
        (tmp_path / "notifyhub.toml").write_text(example, encoding="utf-8")
        done = CliRunner().invoke(app, ["check", "--config", str(tmp_path / "notifyhub.toml")])
        assert done.exit_code == 0, done.output
        assert re.search(rf"^ok +providers\.\w+ \({name}\)$", done.output, re.MULTILINE)


@pytest.mark.parametrize("name", DECLARED)
def test_each_page_says_what_answers_mean_and_names_every_outcome_that_they_have(name):
    """Of those with documented answers the table has a row for every class among them, and for no other."""
    rows = re.findall(r"^\| (?:`(\w+)`|(accepted)) \|", part(name, "What its answers mean"), re.MULTILINE)
    found = {error or accepted for error, accepted in rows}
    assert "accepted" in found
    answers = ROOT / "tests" / "providers" / name / "answers.json"
    if answers.exists():
        cases = json.loads(answers.read_text(encoding="utf-8"))["answers"]
        assert found == {case["expect"].get("error", "accepted") for case in cases}


@pytest.mark.parametrize("name", DECLARED)
def test_every_code_that_a_page_names_for_an_answer_is_among_the_documented_answers(name):
    answers = ROOT / "tests" / "providers" / name / "answers.json"
    if answers.exists():
        text = answers.read_text(encoding="utf-8")
        shown = part(name, "What its answers mean")
        named = re.findall(r"\b\d{5}\b|\b\w+Exception\b|\b[45]\d\d\b|\b5\.\d\.\d+\b", shown)
        assert not [code for code in set(named) if code not in text]


@pytest.mark.parametrize("name", DECLARED)
def test_each_page_says_of_repeats_expiry_and_time_what_the_class_says(name):
    can = provider_class(name).capabilities
    text = part(name, "Repeats, expiry and time")
    assert re.findall(r"^- \*\*(\w+)\*\*: ", text, re.MULTILINE) == ["Repeats", "Expiry", "Time"]
    assert ("ends with its deadline by itself" in text) == can.keeps_deadline
    assert ("has a thread of its own" in text) != can.keeps_deadline
    assert ("cannot be told" in text or "there is none" in text) != can.expiry
    assert can.idempotency is not None or "recognises none" in text or can.development_only
