"""The house's rule: imports point to lower rows only, never sideways, and nowhere in a circle."""

import ast
import graphlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = """
cli
aws_lambda
checks
testing
dispatcher
pipeline
delivery
routing outcomes
recipients ledger decryption rendering provider observability
hooks
settings
events clients
errors messages
receipts secret
channels deadline locales workers clock lazy distribution
redaction
"""
"""From the top down; docs/architecture.md says what each is. What stands in one row knows nothing of its neighbours."""
HEIGHT = {room: height for height, row in enumerate(reversed(ROWS.split("\n"))) for room in row.split()}
OPEN_TO_PLUGINS = {"provider", "errors", "messages", "secret", "deadline", "channels"}


def modules(folder):
    return sorted(path for path in (ROOT / folder).rglob("*.py") if "__pycache__" not in path.parts)


def name_of(path, root="notifyhub"):
    parts = path.relative_to((ROOT / root).parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(source):
    """Every module that a source imports, also inside functions and for type checkers only."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
            yield str(node.module)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def rooms(names):
    """The rooms of notifyhub among dotted names; a name of the root package itself is none."""
    found = {name.split(".")[1] for name in names if name.startswith("notifyhub.")}
    return {room for room in found if (ROOT / "notifyhub" / room).is_dir() or (ROOT / f"notifyhub/{room}.py").is_file()}


def broken(room, names):
    """What a module of the room must not import: what stands beside it or above."""
    return sorted(other for other in rooms(names) - {room} if HEIGHT[other] >= HEIGHT[room])


def circle(graph):
    """The modules of a circle, or nothing."""
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return error.args[1]
    return []


def graph_of(folder, root):
    """Each module's imports among the others; packages' own lists of names are not counted."""
    sources = {name_of(path, root): path for path in modules(folder) if path.name != "__init__.py"}
    return {name: set(imported(path.read_text(encoding="utf-8"))) & set(sources) for name, path in sources.items()}


def test_every_room_has_a_row():
    found = {path.relative_to(ROOT / "notifyhub").parts[0].removesuffix(".py") for path in modules("notifyhub")}
    assert found - {"__init__"} == set(HEIGHT)


def test_imports_point_down():
    wrong = {}
    for path in modules("notifyhub"):
        room = path.relative_to(ROOT / "notifyhub").parts[0].removesuffix(".py")
        names = list(imported(path.read_text(encoding="utf-8")))
        if room != "__init__" and (found := broken(room, names)):
            wrong[str(path.relative_to(ROOT))] = found
    assert wrong == {}


@pytest.mark.parametrize(
    ("folder", "root"), [("notifyhub", "notifyhub"), ("providers", "providers/notifyhub_providers")]
)
def test_no_imports_go_in_a_circle(folder, root):
    assert circle(graph_of(folder, root)) == []


def test_providers_import_what_is_open_to_plugins_alone():
    wrong = {}
    for path in modules("providers"):
        names = list(imported(path.read_text(encoding="utf-8")))
        inside = [name for name in names if name.startswith("notifyhub.provider.") and f"notifyhub.{name}" in names]
        if found := [*(rooms(names) - OPEN_TO_PLUGINS), *inside]:
            wrong[path.name] = found
    assert wrong == {}


def test_the_core_names_no_provider():
    wrong = [
        path.name
        for path in modules("notifyhub")
        if any(name.startswith("notifyhub_providers") for name in imported(path.read_text(encoding="utf-8")))
    ]
    assert wrong == []


def test_the_rules_can_fail():
    assert broken("errors", imported("from notifyhub.dispatcher import Dispatcher")) == ["dispatcher"]
    assert broken("ledger", imported("from notifyhub.recipients.countries import country_of")) == ["recipients"]
    assert broken("ledger", imported("from notifyhub import checks, errors")) == ["checks"]
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}})
