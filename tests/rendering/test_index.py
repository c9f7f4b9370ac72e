"""Which files a message is made of, by their names alone."""

import os
from pathlib import Path

import pytest

from notifyhub.errors import ConfigurationError, TemplateNotFound
from notifyhub.rendering.index import TemplateIndex

HTML, TEXT, SUBJECT = "email.body.{}.html.j2", "email.body.{}.txt.j2", "email.subject.{}.txt.j2"


@pytest.fixture
def index_of(tmp_path):
    """An index over roots that are given as lists of files, in order of precedence."""

    def index_of(*roots, default_locale="en"):
        folders = []
        for number, files in enumerate(roots):
            folders.append(tmp_path / str(number))
            folders[-1].mkdir()
            for file in files:
                path = folders[-1] / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text("")
        return TemplateIndex(folders, default_locale=default_locale)

    return index_of


def in_folder(folder, *locales, parts=(HTML, TEXT, SUBJECT)):
    return [f"{folder}/{part.format(locale)}" for part in parts for locale in locales]


BUILT_IN = in_folder("SignUp", "en")


def chosen(index, *wanted, channel="email", folders=("SignUp",)):
    return index.choose(folders, channel, wanted)


def names(index, *wanted, **more):
    """The parts without the folder's name."""
    return {part: name.replace("SignUp/", "") for part, name in chosen(index, *wanted, **more).parts().items()}


def test_without_own_files_all_parts_are_the_built_in_ones(index_of):
    assert names(index_of([], BUILT_IN)) == {
        "html": "1!email.body.en.html.j2",
        "text": "1!email.body.en.txt.j2",
        "subject": "1!email.subject.en.txt.j2",
    }


def test_an_own_html_is_not_joined_with_the_built_in_text(index_of):
    found = chosen(index_of([f"SignUp/{HTML.format('en')}"], BUILT_IN))
    assert (found.html, found.text) == ("0!SignUp/email.body.en.html.j2", None)
    assert found.subject == "1!SignUp/email.subject.en.txt.j2"


def test_an_own_text_is_used_with_the_built_in_html(index_of):
    found = names(index_of([f"SignUp/{TEXT.format('en')}"], BUILT_IN))
    assert found["html"] == "1!email.body.en.html.j2"
    assert found["text"] == "0!email.body.en.txt.j2"


def test_an_own_subject_is_used_with_the_built_in_body(index_of):
    found = names(index_of([f"SignUp/{SUBJECT.format('en')}"], BUILT_IN))
    assert found["subject"] == "0!email.subject.en.txt.j2"
    assert found["html"] == "1!email.body.en.html.j2"


def test_a_message_may_be_plain_text_alone(index_of):
    assert list(names(index_of(in_folder("SignUp", "en", parts=[TEXT])))) == ["text"]


def test_a_subject_of_another_locale_is_not_used(index_of):
    index = index_of(in_folder("SignUp", "de", parts=[HTML]), BUILT_IN)
    assert chosen(index, "de").subject is None


def test_a_text_of_another_locale_is_not_used(index_of):
    index = index_of([*in_folder("SignUp", "de", parts=[HTML]), *in_folder("SignUp", "en", parts=[TEXT])])
    assert chosen(index, "de").text is None


def test_three_roots_are_asked_in_order(index_of):
    """A brand's folder, the user's and the built-in one."""
    index = index_of(in_folder("SignUp", "en", parts=[SUBJECT]), in_folder("SignUp", "en", parts=[HTML]), BUILT_IN)
    assert names(index) == {"html": "1!email.body.en.html.j2", "subject": "0!email.subject.en.txt.j2"}


@pytest.mark.parametrize(
    ("wanted", "locale"),
    [
        ((), "en"),
        (("de",), "de"),
        (("de_AT",), "de"),
        (("DE-at",), "de"),
        (("pt_BR",), "pt-br"),
        (("pt-br",), "pt-br"),
        (("pt",), "en"),
        (("zh-Hant-TW",), "zh-hant"),
        (("zh_CN",), "en"),
        (("fr", "de"), "de"),
        (("de", "pt_BR"), "de"),
        (("", "de"), "de"),
    ],
)
def test_the_best_of_the_locales_that_exist_is_chosen(index_of, wanted, locale):
    index = index_of(in_folder("SignUp", "en", "de", "pt_BR", "zh-Hant"))
    found = chosen(index, *wanted)
    assert found.locale == locale
    assert {name.split(".")[2].replace("_", "-").lower() for name in found.parts().values()} == {locale}


def test_the_locale_comes_before_the_default_and_english_is_the_last_resort(index_of):
    index = index_of([], in_folder("SignUp", "en", "fr", "it"), default_locale="fr")
    assert [chosen(index, *wanted).locale for wanted in (["it"], ["es"], [])] == ["it", "fr", "fr"]


def test_english_serves_where_the_default_does_not_exist(index_of):
    assert chosen(index_of([], BUILT_IN, default_locale="fr"), "it").locale == "en"


def test_an_own_body_in_a_locale_that_fits_comes_before_a_better_one_below(index_of):
    index = index_of(in_folder("SignUp", "en"), in_folder("SignUp", "de"))
    assert chosen(index, "de").html == "0!SignUp/email.body.en.html.j2"


def test_own_files_in_a_locale_that_nobody_wants_leave_the_message_to_the_next_root(index_of):
    assert chosen(index_of(in_folder("SignUp", "fr"), BUILT_IN), "de").html == "1!SignUp/email.body.en.html.j2"


def test_a_file_without_a_locale_is_of_the_default_one(index_of):
    index = index_of(["SignUp/email.body.html.j2"], default_locale="de")
    assert chosen(index, "de").locale == "de"


@pytest.mark.parametrize("order", [1, -1])
def test_a_file_that_names_the_default_locale_wins_over_one_that_does_not(index_of, monkeypatch, order):
    """Whatever order the file system lists them in."""
    listed = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: sorted(listed(path), key=lambda entry: entry.name)[::order])
    index = index_of(["SignUp/email.body.html.j2", "SignUp/email.body.en.html.j2"])
    assert chosen(index).html == "0!SignUp/email.body.en.html.j2"


@pytest.mark.parametrize(
    "hostile",
    [
        "../../etc/passwd",
        "x" * 100_000,
        "de\0",
        "-" * 100_000,
        "de/../../x",
        "..",
        "*",
        "\N{SNOWMAN}",
        "de.html.j2",
        "_",
    ],
)
def test_a_hostile_locale_only_fails_to_match(index_of, hostile):
    assert chosen(index_of(BUILT_IN), hostile).locale == "en"


def test_choosing_never_touches_the_file_system(index_of):
    index = index_of(BUILT_IN)
    for file in index.roots[0].rglob("*.j2"):
        file.unlink()
    assert chosen(index, "../../etc/passwd").html == "0!SignUp/email.body.en.html.j2"


def test_the_own_folder_comes_before_the_default_one(index_of):
    index = index_of(in_folder("NewOne", "en"), [*in_folder("default", "en"), "default/sms.body.en.txt.j2"])
    folders = ("NewOne", "default")
    assert chosen(index, folders=folders).html == "0!NewOne/email.body.en.html.j2"
    assert chosen(index, folders=folders, channel="sms").text == "1!default/sms.body.en.txt.j2"


def test_an_sms_has_no_subject_and_no_html(index_of):
    index = index_of(["SignUp/sms.body.en.txt.j2", "SignUp/sms.body.en.html.j2", "SignUp/sms.subject.en.txt.j2"])
    assert list(chosen(index, channel="sms").parts()) == ["text"]


def test_without_any_body_the_roots_are_named(index_of):
    index = index_of(in_folder("Other", "en"), in_folder("SignUp", "en", parts=[SUBJECT]))
    with pytest.raises(TemplateNotFound) as caught:
        chosen(index)
    assert caught.value.template == "SignUp/email.body"
    assert caught.value.roots == tuple(map(str, index.roots))


def test_what_is_no_template_is_passed_over(index_of):
    index = index_of(["README.md", "_layout/email.body.en.html.j2", ".git/email.body.en.html.j2", "SignUp/notes.txt"])
    assert index.folders() == set()


def test_folders_and_locales_are_listed(index_of):
    index = index_of(in_folder("SignUp", "de", "en"), in_folder("Other", "fr_CA"))
    assert index.folders() == {"SignUp", "Other"}
    assert index.locales("SignUp", "email") == {"de", "en"}
    assert index.locales("Other", "email") == {"fr-ca"}
    assert index.locales("Other", "sms") == set()


def test_a_root_that_is_not_there_is_a_configuration_error():
    with pytest.raises(ConfigurationError, match=r"there is no folder") as caught:
        TemplateIndex([Path("absent")], default_locale="en")
    assert caught.value.path == "templates.path"


def test_a_name_is_shown_as_the_file_behind_it(index_of):
    index = index_of(BUILT_IN)
    assert index.file(chosen(index).html or "") == str(index.roots[0] / "SignUp" / "email.body.en.html.j2")
    assert index.file("_layout/mail.html.j2") == "_layout/mail.html.j2"


def test_what_strangers_ask_for_is_not_remembered(index_of):
    """Callers of a user pool choose a locale in clientMetadata, as long as Cognito takes it."""
    index = index_of(BUILT_IN)
    for number in range(50):
        chosen(index, f"{number:08}" * 10_000)
    assert index._remembered.cache_info().currsize == 1
