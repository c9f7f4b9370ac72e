from datetime import timedelta

import pytest
from pydantic import BaseModel

from notifyhub.errors import TemplateError, TemplateNotFound
from notifyhub.events.notification import NotificationEvent
from notifyhub.events.parsing import parse_event
from notifyhub.rendering.index import find_built_in_root
from notifyhub.rendering.renderer import Renderer
from notifyhub.secret import Secret
from notifyhub.testing import assert_absent, traces_of
from notifyhub.testing.forge import forge_event

CODE = "83920174"
APP = {"name": "Acme", "support_email": "help@acme.example"}
LINK = "https://auth.acme.example/feedback?token=made-up-token"


class OrderShipped(NotificationEvent):
    channels = ("email", "sms")
    order_number: str
    note: str | None = None
    pickup_code: Secret | None = None


class Parcel(BaseModel):
    code: Secret


class Collected(NotificationEvent):
    codes: list[Secret]
    doors: dict[str, Secret]
    parcels: list[Parcel]


@pytest.fixture
def renderer(tmp_path):
    """A renderer over own files, given by name and text, before the built-in ones."""

    def renderer(files=None, **options):
        for name, text in (files or {}).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return Renderer([tmp_path, find_built_in_root()], app=APP, **options)

    return renderer


def event(trigger="SignUp", *, channel="Email", metadata=None, **attributes):
    request = {"code": "AYADe", "clientMetadata": metadata, "userAttributes": {"email": "j@example.com", **attributes}}
    source = f"Custom{channel}Sender_{trigger}"
    return parse_event(
        {"triggerSource": source, "userPoolId": "eu-west-1_A", "userName": "jane<b>", "request": request}
    )


def mail(renderer, about=None, code=CODE):
    return renderer.render(about or event(), "email", "j@example.com", Secret(code) if code else None)


def sms(renderer, about=None):
    return renderer.render(about or event(channel="SMS"), "sms", "+15005550009", Secret(CODE))


def test_the_built_in_templates_make_a_whole_mail(renderer):
    message = mail(renderer())
    assert message.subject == "Confirm your email address for Acme"
    assert all(CODE in part and "24 hours" in part for part in (message.html or "", message.text))
    assert (message.trigger, message.channel, message.to, message.locale) == ("SignUp", "email", "j@example.com", "en")
    assert message.variables == {"app_name": "Acme", "lifetime_minutes": "1440"}
    assert_absent([CODE, "j@example.com"], traces_of(message))


def test_a_second_rendering_is_byte_identical(renderer):
    own = renderer()
    first, second, elsewhere = mail(own), mail(own), mail(renderer())
    assert (first.html, first.text, first.subject) == (second.html, second.text, second.subject)
    assert (first.html, first.text, first.subject) == (elsewhere.html, elsewhere.text, elsewhere.subject)


def test_an_own_html_brings_its_own_text(renderer):
    message = mail(renderer({"SignUp/email.body.en.html.j2": "<p>Hello</p><p>Code: <b>{{ code }}</b></p>"}))
    assert message.text == f"Hello\n\nCode: {CODE}\n"
    assert message.subject == "Confirm your email address for Acme"


def test_an_own_subject_heads_the_built_in_body(renderer):
    message = mail(renderer({"SignUp/email.subject.en.txt.j2": "Welcome to {{ app.name }}"}))
    assert message.subject == "Welcome to Acme"
    assert "Enter this code to finish signing up" in message.text


def test_an_own_text_goes_with_the_built_in_html(renderer):
    message = mail(renderer({"SignUp/email.body.en.txt.j2": "Mine: {{ code }}"}))
    assert message.text == f"Mine: {CODE}"
    assert "Enter this code to finish signing up" in (message.html or "")


@pytest.mark.parametrize("subject", [{}, {"SignUp/email.subject.de.txt.j2": " \n"}])
def test_without_a_subject_the_app_s_name_heads_the_mail(renderer, subject):
    message = mail(renderer({"SignUp/email.body.de.html.j2": "{{ code }}", **subject}), event(locale="de"))
    assert message.subject == "Acme"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Your\r\nBcc: mallory@example.com", "Your Bcc: mallory@example.com"),
        ("a\x00b\x07c\x7fd\x85e\u2028f", "a b c d e f"),
        ("  two   spaces\t\n", "two spaces"),
        ("{{ client_metadata.x }}", "one two"),
        ("Käse & <b>Brot</b>", "Käse & <b>Brot</b>"),
    ],
)
def test_a_subject_is_one_line(renderer, written, read):
    own = renderer({"SignUp/email.subject.en.txt.j2": written})
    assert mail(own, event(metadata={"x": "one\r\ntwo"})).subject == read


@pytest.mark.parametrize(
    ("metadata", "attributes", "default", "locale"),
    [
        ({"locale": "de_AT"}, {"locale": "fr"}, "en", "de"),
        ({}, {"locale": "fr-CA"}, "en", "fr"),
        (None, {}, "fr", "fr"),
        ({"locale": "es"}, {"locale": "it"}, "de", "de"),
        ({"locale": "es"}, {"locale": "fr"}, "de", "fr"),
        ({"locale": "../../etc/passwd"}, {"locale": "x" * 9999}, "en", "en"),
        ({"locale": "de\0"}, {}, "en", "en"),
    ],
)
def test_the_locale_is_asked_of_the_caller_then_the_user_then_the_default(
    renderer, metadata, attributes, default, locale
):
    files = {f"SignUp/email.body.{name}.html.j2": f"{{{{ locale }}}} {name}" for name in ("en", "de", "fr")}
    message = mail(renderer(files, default_locale=default), event(metadata=metadata, **attributes))
    assert (message.html, message.locale) == (f"{locale} {locale}", locale)


def test_an_unknown_source_has_its_own_folder_or_the_default_one(renderer):
    assert CODE in mail(renderer(), event("BrandNew")).text
    own = renderer({"BrandNew/email.body.en.html.j2": "mine {{ code }}"})
    assert mail(own, event("BrandNew")).html == f"mine {CODE}"


def test_a_known_trigger_never_falls_back_to_the_default_folder(renderer, tmp_path):
    (tmp_path / "default").mkdir()
    (tmp_path / "default" / "email.body.en.html.j2").write_text("x")
    with pytest.raises(TemplateNotFound):
        mail(Renderer([tmp_path], app=APP))


def test_an_own_event_without_templates_names_the_roots(renderer, tmp_path):
    with pytest.raises(TemplateNotFound) as caught:
        mail(renderer(), OrderShipped(id="1", recipient={}, order_number="7"), code=None)
    assert caught.value.template == "OrderShipped/email.body"
    assert caught.value.roots == (str(tmp_path), str(find_built_in_root()))


def test_html_escapes_and_text_does_not(renderer):
    """Jinja's own `select_autoescape()` looks at the last suffix, and would not escape `.html.j2`."""
    import jinja2

    text = "{{ user_name }} {{ client_metadata.x }}"
    own = renderer({"SignUp/email.body.en.html.j2": text, "SignUp/email.body.en.txt.j2": text})
    message = mail(own, event(metadata={"x": "<script>&'\""}))
    assert message.html == "jane&lt;b&gt; &lt;script&gt;&amp;&#39;&#34;"
    assert message.text == "jane<b> <script>&'\""
    assert jinja2.select_autoescape()("email.body.en.html.j2") is False


def test_a_temporary_password_is_escaped_in_html_alone(renderer):
    own = renderer({f"AdminCreateUser/email.body.en.{kind}.j2": "{{ password }}" for kind in ("html", "txt")})
    message = mail(own, event("AdminCreateUser"), code="Xy7<Qm&2pL")
    assert (message.html, message.text) == ("Xy7&lt;Qm&amp;2pL", "Xy7<Qm&2pL")


def test_absent_values_are_left_out_and_never_none(renderer):
    names = ["code", "password", "lifetime", "login", "event", "user.name", "app.url", "client_metadata.x"]
    text = "\n".join(f"{name}:{{{{ {name} is defined }}}}" for name in names)
    message = mail(renderer({"SignUp/email.body.en.txt.j2": text}))
    assert [line.split(":")[0] for line in message.text.split("\n") if line.endswith("True")] == ["code", "lifetime"]
    assert "None" not in message.text


def test_a_login_shows_what_is_known_and_its_links(renderer):
    raw = forge_event(
        "CustomEmailSender_AccountTakeOverNotification", b"", attributes={"CITY": None, "ONE_CLICK_LINK_VALID": LINK}
    )
    own = renderer(
        {
            "AccountTakeOverNotification/email.body.en.txt.j2": "{{ login.keys() | sort | join(' ') }} {{ login.link_valid }}",
            "AccountTakeOverNotification/email.body.en.html.j2": "{{ login.country }} {{ user_name }}",
        }
    )
    message = mail(own, parse_event(raw), code=None)
    assert message.text == f"action country ip_address link_invalid link_valid time {LINK}"
    assert (message.html, "lifetime_minutes" in message.variables) == ("Ireland jane", False)
    assert_absent([LINK], traces_of(message))


def test_an_own_event_shows_its_fields_and_templates_alone_its_secrets(renderer):
    shipped = OrderShipped(id="1", recipient={"locale": "en"}, order_number="<7>", pickup_code=Secret(CODE))
    text = "{{ event.id }} {{ event.order_number }} {{ event.pickup_code }} {{ event.note is defined }}"
    message = mail(renderer({"OrderShipped/email.body.en.html.j2": text}), shipped, code=None)
    assert message.html == f"1 &lt;7&gt; {CODE} False"
    assert_absent([CODE], [*traces_of(message), *traces_of(shipped), *message.variables.values()])


@pytest.mark.parametrize(
    ("lifetimes", "words", "minutes"),
    [
        ({}, "24 hours", "1440"),
        ({"SignUp": timedelta(minutes=15)}, "15 minutes", "15"),
        ({"Authentication": timedelta(minutes=15)}, "24 hours", "1440"),
    ],
)
def test_the_configured_lifetime_is_told_else_cognito_s(renderer, lifetimes, words, minutes):
    own = renderer({"SignUp/email.body.en.html.j2": "{{ lifetime | duration }}"}, lifetimes=lifetimes)
    message = mail(own)
    assert (message.html, message.variables["lifetime_minutes"]) == (words, minutes)


@pytest.mark.parametrize("text", ["Code {{ code }}\n\n", "{# why #}\n\nCode {{ code }}", "\ufeffCode {{ code }}\n"])
def test_an_sms_has_neither_blank_lines_around_it_nor_an_editor_s_mark(renderer, text):
    message = sms(renderer({"SignUp/sms.body.en.txt.j2": text}))
    assert (message.text, message.html, message.subject) == (f"Code {CODE}", None, "")


def test_built_in_sms_end_with_their_last_word(renderer):
    assert sms(renderer()).text == sms(renderer()).text.strip()


def test_the_user_s_layout_takes_the_built_in_one_s_place(renderer):
    own = renderer({"_layout/email.html.j2": "mine: {% block label %}{% endblock %} {{ code }}"})
    message = mail(own)
    assert (message.html or "").split() == ["mine:", "Your", "verification", "code", "is", CODE]


def test_an_own_template_extends_the_built_in_layout(renderer):
    own = renderer(
        {"SignUp/sms.body.en.txt.j2": '{% extends "_layout/sms.txt.j2" %}{% block text %}Hi {{ code }}{% endblock %}'}
    )
    assert sms(own).text == f"Hi {CODE}"


def test_warming_up_leaves_no_layout_to_compile(renderer):
    own = renderer(
        {"SignUp/email.body.en.html.j2": '{% include "_layout/mine.html.j2" %}', "_layout/mine.html.j2": "x"}
    )
    own.warm_up(["email", "sms"])
    compiled = {name for _, name in own._environment.cache}
    assert compiled >= {"_layout/mine.html.j2", "_layout/email.html.j2", "_layout/email.txt.j2", "_layout/sms.txt.j2"}
    for trigger in ("SignUp", "ForgotPassword", "AdminCreateUser"):
        assert mail(own, event(trigger)).html
        assert sms(own, event(trigger, channel="SMS")).text
    assert {name for _, name in own._environment.cache if name.startswith("_layout/")} == {
        name for name in compiled if name.startswith("_layout/")
    }


def test_warming_up_compiles_the_channels_in_use_alone(renderer):
    own = renderer()
    own.warm_up(["sms"])
    names = [name for _, name in own._environment.cache]
    assert names
    assert not [name for name in names if "email" in name]


@pytest.mark.parametrize(
    "broken",
    [
        {"SignUp/email.body.en.html.j2": "{% if %}"},
        {"SignUp/email.body.en.html.j2": '{% include "absent" %}'},
        {"Own/email.body.fr.html.j2": "only in a locale that is not the default"},
    ],
)
def test_one_template_that_does_not_compile_does_not_keep_the_others_from_starting(renderer, broken):
    own = renderer(broken)
    own.warm_up(["email", "sms"])
    with pytest.raises(TemplateError):
        own.compile([next(iter(broken)).split("/")[0]], "email")
    assert CODE in mail(own, event("ForgotPassword")).text


def test_secrets_inside_of_lists_tables_and_models_are_shown_by_templates(renderer):
    collected = Collected(id="1", recipient={}, codes=["12"], doors={"front": "34"}, parcels=[{"code": "56"}])
    text = "{{ event.codes | join }} {{ event.doors.front }} {{ event.parcels[0].code }}"
    message = mail(renderer({"Collected/email.body.en.txt.j2": text}), collected, code=None)
    assert message.text == "12 34 56"
