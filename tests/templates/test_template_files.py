"""Which files there are, and that each renders with much and with little."""

from __future__ import annotations

import html
import re

import jinja2
import pytest
from jinja2 import meta, nodes

from tests.templates.html_page import Page
from tests.templates.rendering import ENVIRONMENT, EVERY_PART, ROOT, full, minimal, render

LAYOUTS = sorted(path.name for path in (ROOT / "_layout").iterdir())
SPOKEN_ATTRIBUTES = ("alt", "title", "aria-label", "aria-roledescription", "summary", "placeholder")


def tree_of(name: str) -> nodes.Template:
    return ENVIRONMENT.parse((ROOT / name).read_text(encoding="utf-8"))


def words_in(name: str) -> list[str]:
    """Natural language that a layout would write: its literal text, its spoken attributes, strings in expressions."""
    outputs = list(tree_of(name).find_all(nodes.Output))
    literal = "".join(each.data for output in outputs for each in output.find_all(nodes.TemplateData))
    constants = [str(each.value) for output in outputs for each in output.nodes if isinstance(each, nodes.Const)]
    if name.endswith(".html.j2"):
        page = Page(literal)
        shown = [text.data for text in page.texts if not any(a.tag == "style" for a in text.ancestors)]
        literal = " ".join(shown + [e.attributes.get(key, "") for e in page.elements for key in SPOKEN_ATTRIBUTES])
    return re.findall(r"[^\W\d_]+", " ".join([literal, *map(html.unescape, constants)]))


def test_every_trigger_has_every_part_and_nothing_else_lies_around():
    found = {str(path.relative_to(ROOT)) for path in ROOT.rglob("*.j2") if path.relative_to(ROOT).parts[0] != "_layout"}
    assert found == {f"{trigger}/{part}.j2" for trigger, part in EVERY_PART}


@pytest.mark.parametrize(("trigger", "part"), EVERY_PART)
@pytest.mark.parametrize("context", [minimal, full])
def test_every_part_renders_with_only_what_is_required_and_with_everything(trigger, part, context):
    assert render(trigger, part, context(trigger)).strip()


@pytest.mark.parametrize(("trigger", "part"), [each for each in EVERY_PART if "body" in each[1]])
def test_a_body_without_its_app_name_is_an_error_rather_than_a_gap(trigger, part):
    with pytest.raises(jinja2.UndefinedError):
        render(trigger, part, minimal(trigger, app={}))


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts_hold_no_words_so_that_translators_need_only_the_trigger_folders(name):
    assert words_in(f"_layout/{name}") == []


@pytest.mark.parametrize(("trigger", "part"), [each for each in EVERY_PART if "subject" not in each[1]])
def test_the_check_for_words_finds_the_words_of_the_trigger_folders(trigger, part):
    assert words_in(f"{trigger}/{part}.j2")


@pytest.mark.parametrize(("trigger", "part"), EVERY_PART)
def test_a_part_leans_on_layouts_only_so_that_a_copy_is_a_complete_translation(trigger, part):
    used = {str(name) for name in meta.find_referenced_templates(tree_of(f"{trigger}/{part}.j2"))}
    assert used <= {f"_layout/{name}" for name in LAYOUTS}


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts_build_on_no_further_template(name):
    assert list(meta.find_referenced_templates(tree_of(f"_layout/{name}"))) == []


@pytest.mark.parametrize("name", [name for name in LAYOUTS if not name.startswith("parts")])
def test_a_translation_that_forgets_a_block_fails_instead_of_sending_a_gap(name):
    forgetful = ENVIRONMENT.from_string(f'{{% extends "_layout/{name}" %}}')
    with pytest.raises(jinja2.TemplateRuntimeError, match="Required block"):
        forgetful.render(full("SignUp"))
