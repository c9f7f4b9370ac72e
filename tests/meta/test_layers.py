"""The house's rule: imports point down only."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAYERS = {
    "edges": {"aws_lambda", "cli", "testing"},
    "orchestration": {"assembly", "dispatcher", "settlement"},
    "policy": {"claims", "conditions", "delivery", "expiry", "ledger", "routing", "sandbox"},
    "mechanisms": {
        "aws_clients", "bounded", "countries", "deadline_sockets", "decryption", "decryption_failures", "durations", "echo", "html_text",
        "http_client", "log_guard", "metrics", "observing", "recipients", "registry", "rendering", "settings",
        "template_index", "toolkit", "tracing",
    },
    "vocabulary": {
        "clock", "deadline", "distribution", "errors", "events", "lazy", "masking", "messages", "provider", "receipts", "reply",
        "secret", "section", "spellings", "validation",
    },
}  # fmt: skip
HEIGHT = {name: len(LAYERS) - height for height, names in enumerate(LAYERS.values()) for name in names}
TOOLBOX = {"deadline", "errors", "masking", "messages", "provider", "receipts", "reply", "secret", "section"}


def modules(folder):
    return sorted(path for path in (ROOT / folder).rglob("*.py"))


def imported(path):
    """Every notifyhub module that a file imports, also inside functions and for type checkers only."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "notifyhub":
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and str(node.module).startswith("notifyhub."):
            yield str(node.module).split(".")[1]
        elif isinstance(node, ast.Import):
            yield from (alias.name.split(".")[1] for alias in node.names if alias.name.startswith("notifyhub."))


def broken(name, imports):
    return sorted(other for other in imports if HEIGHT[other] > HEIGHT[name])


def top_level(path):
    return path.relative_to(ROOT / "notifyhub").parts[0].removesuffix(".py")


def test_every_module_has_a_layer():
    found = {top_level(path) for path in modules("notifyhub")} - {"__init__"}
    assert found == set(HEIGHT)


@pytest.mark.parametrize("path", modules("notifyhub"), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_imports_from_a_layer_above(path):
    name = top_level(path)
    if name != "__init__":
        assert broken(name, imported(path)) == []


@pytest.mark.parametrize("path", modules("providers"), ids=lambda path: path.name)
def test_providers_import_the_vocabulary_alone(path):
    assert set(imported(path)) <= TOOLBOX


@pytest.mark.parametrize("path", modules("notifyhub"), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_core_names_no_provider(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not [name for name in names if name and name.startswith("notifyhub_providers")]


def test_the_rule_can_fail():
    assert broken("errors", ["dispatcher", "secret"]) == ["dispatcher"]
