"""What templates do wrong: an error names file and line, and holds nothing of the message."""

import traceback

import pytest

from notifyhub.errors import TemplateError, TemplateNotFound, UndefinedVariable
from notifyhub.events.parsing import parse_event
from notifyhub.rendering.index import find_built_in_root
from notifyhub.rendering.renderer import Renderer
from notifyhub.secret import Secret
from notifyhub.testing import assert_absent, traces_of

CODE = "c4n4ryC0de"
EMAIL = "jane.roe@example.com"
BODY = "SignUp/email.body.en.html.j2"
EVENT = {
    "triggerSource": "CustomEmailSender_SignUp",
    "userPoolId": "eu-west-1_A",
    "userName": "jane",
    "request": {"code": "AYADe", "userAttributes": {"email": EMAIL}},
}


@pytest.fixture
def failure(tmp_path):
    """The error that rendering ends in with these own files; its texts and its frames hold no value."""

    def failure(files):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        renderer = Renderer([tmp_path, find_built_in_root()], app={"name": "Acme"})
        with pytest.raises(TemplateError) as caught:
            renderer.render(parse_event(EVENT), "email", EMAIL, Secret(CODE))
        assert_absent([CODE, EMAIL], traces_of(caught.value))
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None
        assert_absent([CODE], locals_of(caught.value))
        return caught.value

    return failure


def locals_of(error):
    """The values in the frames that the error keeps alive, less those of these tests."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename != __file__]
    assert frames
    return [repr(value) for frame in frames for value in frame.f_locals.values()]


def test_the_search_of_frames_would_find_a_plaintext():
    def raising(html):
        raise LookupError

    with pytest.raises(LookupError) as caught:
        raising(CODE)
    frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    assert any(CODE in map(str, frame.f_locals.values()) for frame in frames)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{{ code }}\n\n{{ 1 / 0 }}", "ZeroDivisionError while rendering"),
        ("{{ code }}\n\n{{ code + 1 }}", "TypeError while rendering"),
        ("{{ code }}\n\n{{ code.index('zzz') }}", "ValueError while rendering"),
        ("{{ code }}\n\n{{ lifetime | duration | duration }}", "AttributeError while rendering"),
        ("{{ code }}\n\n{% include 'absent.html.j2' %}", "TemplateNotFound (absent.html.j2) while rendering"),
        ("{{ code }}\n\n{% include code %}", "TemplateNotFound while rendering"),
        ("{{ code }}\n\n{% include [code, code] %}", "TemplatesNotFound while rendering"),
        ("{{ code }}\n\n{{ [1] | map(code) | list }}", "TemplateRuntimeError while rendering"),
        ("{{ code }}\n\n{{ {}[code] }}", "a value is missing here"),
        ("{{ code }}\n\n{{ user[code] }}", "a value is missing here"),
        ("{{ code }}\n\n{{ user[user.email] }}", "a value is missing here"),
        ("{{ code }}\n\n{{ code.nothing }}", "'nothing' has no value here"),
        ("{{ code }}\n\n{{ nothing }}", "'nothing' has no value here"),
        ("{{ code }}\n\n{% if nothing %}{% endif %}", "'nothing' has no value here"),
        ("{{ code }}\n\n{% if %}", "Expected an expression"),
        ("{{ code }}\n\n{{ code | nothing }}", "No filter named 'nothing'"),
        ("{{ code }}\n\n{% for %}", "Expected"),
    ],
)
def test_the_error_names_file_and_line_and_no_value(failure, tmp_path, text, says):
    error = failure({BODY: text})
    assert (error.template, error.line) == (str(tmp_path / BODY), 3)
    assert str(error).startswith(f"{tmp_path / BODY}:3: {says}")


def test_an_undefined_variable_is_named_with_those_that_are_known(failure):
    error = failure({BODY: "{{ codee }}"})
    assert isinstance(error, UndefinedVariable)
    assert error.variable == "codee"
    assert error.known == (
        "app",
        "channel",
        "client_metadata",
        "code",
        "lifetime",
        "locale",
        "trigger",
        "user",
        "user_name",
    )
    assert "use one of: app, channel, client_metadata, code" in str(error)


def test_a_recursion_without_end_is_an_error(failure):
    error = failure({BODY: "{{ code }}{% include '" + BODY + "' %}"})
    assert "RecursionError while rendering" in str(error)


@pytest.mark.parametrize("part", ["email.body.en.txt.j2", "email.subject.en.txt.j2"])
@pytest.mark.parametrize("text", ["{{ 1 / 0 }}", "{{ nothing }}", "{% if %}", "{% include 'absent' %}"])
def test_a_part_that_fails_behind_one_that_was_rendered_keeps_nothing_of_it(failure, part, text):
    error = failure({BODY: "{{ code }} {{ user.email }}", f"SignUp/{part}": text})
    assert part in error.template


@pytest.mark.parametrize(
    ("used", "says"),
    [
        ("{{ code }}\n{{ 1 / 0 }}", "ZeroDivisionError while rendering"),
        ("{{ code }}\n{% if %}", "Expected an expression"),
        ("{{ code }}\n{{ nothing }}", "'nothing' has no value here"),
    ],
)
@pytest.mark.parametrize("use", ["{% include '_layout/own.html.j2' %}", "{% extends '_layout/own.html.j2' %}"])
def test_an_error_in_a_template_that_is_used_is_placed_there(failure, tmp_path, used, says, use):
    error = failure({BODY: f"{use}", "_layout/own.html.j2": used})
    assert str(error).startswith(f"{tmp_path / '_layout/own.html.j2'}:2: {says}")


def test_a_block_that_the_layout_requires_is_named(failure):
    error = failure(
        {BODY: "{% extends '_layout/own.html.j2' %}", "_layout/own.html.j2": "{% block text required %}{% endblock %}"}
    )
    assert "TemplateRuntimeError (text) while rendering" in str(error)


@pytest.mark.parametrize("name", ["../outside.html.j2", "_layout/../../outside.html.j2", "{outside}"])
def test_nothing_outside_the_roots_is_included(failure, tmp_path_factory, name):
    outside = tmp_path_factory.getbasetemp() / "outside.html.j2"
    outside.write_text("from outside")
    error = failure({BODY: "{% include '" + name.format(outside=outside) + "' %}"})
    assert "TemplateNotFound" in str(error)


def test_a_file_that_is_no_utf8_is_named(failure, tmp_path):
    error = failure({BODY: b"caf\xe9 {{ code }}"})
    assert str(error) == f"{tmp_path / BODY}: it does not load (UnicodeDecodeError)"
    assert error.line is None


def test_a_file_that_is_gone_is_named(tmp_path):
    (tmp_path / "SignUp").mkdir()
    (tmp_path / BODY).write_text("x")
    renderer = Renderer([tmp_path], app={})
    (tmp_path / BODY).unlink()
    with pytest.raises(TemplateError) as caught:
        renderer.render(parse_event(EVENT), "email", EMAIL, Secret(CODE))
    assert caught.value.template == str(tmp_path / BODY)
    assert not isinstance(caught.value, TemplateNotFound)
