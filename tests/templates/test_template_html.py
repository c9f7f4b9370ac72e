"""HTML emails as clients see them: well formed, readable in light and dark, with images off and without <style>."""

from __future__ import annotations

import pytest

from tests.templates.html_page import Page, contrast
from tests.templates.rendering import APP, TRIGGERS, full, minimal, render

CONTEXTS = [minimal, full]
ACCENTS = ["#2f5fd0", "#fd0", "#000000", "#FFFFFF", "#777777", "#e4002b", "#00a86b", "#1db954", "#7a3ff2", "#888"]
ENOUGH = 4.5  # WCAG 2.2, level AA, for text of any size
SMTP_LINE = 998


def page_of(trigger, context):
    return Page(render(trigger, "email.body.en.html", context))


@pytest.mark.parametrize("trigger", TRIGGERS)
@pytest.mark.parametrize("context", CONTEXTS)
def test_every_element_is_closed_where_it_belongs(trigger, context):
    assert page_of(trigger, context(trigger)).faults == []


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("<p><b>x</p></b>", "</p> closes nothing"),
        ("<div><p>x</p>", "<div> stays open"),
        ("<p id=a id=b></p>", "<p> has id twice"),
    ],
)
def test_the_check_of_elements_finds_what_is_wrong(source, fault):
    assert fault in Page(source).faults


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("trigger", TRIGGERS)
def test_every_visible_text_contrasts_with_what_is_behind_it(trigger, mode):
    page = page_of(trigger, full(trigger))
    rules = page.dark_rules if mode == "dark" else {}
    pairs = {
        text.data.strip(): (text.style("color", rules), text.style("background-color", rules)) for text in page.visible
    }
    weak = {text: pair for text, pair in pairs.items() if contrast(*pair) < ENOUGH}
    assert pairs
    assert weak == {}


@pytest.mark.parametrize("accent", ACCENTS)
def test_a_button_is_readable_in_any_accent_colour(accent):
    context = full("AccountTakeOverNotification", app={**APP, "color": accent})
    (text,) = [each for each in page_of("AccountTakeOverNotification", context).visible if "was not me" in each.data]
    assert text.style("background-color", {}) == accent
    assert contrast(text.style("color", {}), accent) >= ENOUGH


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_no_visible_text_is_tiny_and_the_code_is_the_biggest(trigger):
    sizes = {
        text.data.strip(): int(text.style("font-size", {})[:-2]) for text in page_of(trigger, full(trigger)).visible
    }
    assert min(size for text, size in sizes.items() if text) >= 14
    assert "code" not in full(trigger) or max(sizes, key=lambda text: sizes[text]) == full(trigger)["code"]


@pytest.mark.parametrize("trigger", TRIGGERS)
@pytest.mark.parametrize(
    ("locale", "lang", "direction"), [("en", "en", "ltr"), ("pt_BR", "pt-BR", "ltr"), ("he", "he", "rtl")]
)
def test_language_and_direction_follow_the_locale_also_where_clients_drop_the_html_element(
    trigger, locale, lang, direction
):
    page = page_of(trigger, full(trigger, locale=locale))
    (article,) = [each for each in page.elements if each.attributes.get("role") == "article"]
    for element in (*page.all("html"), article):
        assert (element.attributes["lang"], element.attributes["dir"]) == (lang, direction)


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_clients_learn_that_dark_mode_is_catered_for(trigger):
    page = page_of(trigger, minimal(trigger))
    meta = {each.attributes.get("name"): each.attributes.get("content") for each in page.all("meta")}
    assert meta["color-scheme"] == meta["supported-color-schemes"] == "light dark"
    used = {name for element in page.elements for name in element.classes}
    assert {"page", "card", "ink", "muted"} <= used & set(page.dark_rules)


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_the_preheader_is_the_first_text_of_the_body_and_stays_out_of_sight(trigger):
    page = page_of(trigger, full(trigger))
    body = [text for text in page.texts if text.data.strip() and any(a.tag == "body" for a in text.ancestors)]
    assert body[0].data.strip() == page.text_of("preheader")
    assert body[0].hidden


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_images_are_optional_and_named_by_the_app(trigger):
    assert page_of(trigger, minimal(trigger)).all("img") == []
    (logo,) = page_of(trigger, full(trigger)).all("img")
    assert (logo.attributes["src"], logo.attributes["alt"]) == (APP["logo_url"], APP["name"])


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_there_is_one_heading_and_the_title_repeats_it(trigger):
    page = page_of(trigger, full(trigger))
    found = {
        tag: [t.data.strip() for t in page.texts if t.ancestors and t.ancestors[-1].tag == tag]
        for tag in ("title", "h1")
    }
    assert len(found["h1"]) == 1
    assert found["h1"] == found["title"]


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_tables_are_announced_only_where_they_hold_data(trigger):
    page = page_of(trigger, full(trigger))
    data_tables = [each for each in page.all("table") if each.attributes.get("role") != "presentation"]
    assert len(data_tables) == (1 if page.all("th") else 0)


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_no_line_is_longer_than_mail_servers_accept(trigger):
    lines = render(trigger, "email.body.en.html", full(trigger)).encode().split(b"\n")
    assert max(map(len, lines)) <= SMTP_LINE


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_nothing_is_loaded_or_run_but_the_logo(trigger):
    page = page_of(trigger, full(trigger))
    assert not {"script", "link", "iframe", "form", "input", "object"} & {each.tag for each in page.elements}
    assert "url(" not in render(trigger, "email.body.en.html", full(trigger))
    assert {each.attributes["href"] for each in page.all("a")} <= {
        APP["url"],
        APP["support_url"],
        f"mailto:{APP['support_email']}",
        *full(trigger).get("login", {}).values(),
    }
