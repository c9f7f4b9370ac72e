"""Settings from `NOTIFYHUB__SECTION__KEY` variables, and where the file is looked for."""

import json
from datetime import timedelta

import pytest

from notifyhub.errors import ConfigurationError
from notifyhub.settings import load_settings
from notifyhub.testing import assert_absent, traces_of

CANARY = "c4n4ry-value"
FILE = """
[app]
name = "Acme"

[providers.mail]
use = "sendgrid"
api_key = "from-the-file"

[[routes]]
channel = "email"
providers = ["mail"]

[triggers.SignUp]
lifetime = "24h"
"""


@pytest.fixture
def load(tmp_path):
    """Loads the file under variables that are given without their prefix."""
    file = tmp_path / "notifyhub.toml"
    file.write_text(FILE)

    def load(**variables):
        return load_settings(file, environ={f"NOTIFYHUB__{name}": value for name, value in variables.items()})

    return load


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """A working folder without a configuration file."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(load, **variables):
    with pytest.raises(ConfigurationError) as caught:
        load(**variables)
    assert_absent([CANARY], traces_of(caught.value))
    return caught.value


def test_a_variable_takes_the_place_of_the_files_value(load):
    mail = load(PROVIDERS__MAIL__API_KEY=CANARY).providers["mail"]
    assert mail.own_keys() == {"api_key": CANARY}
    assert mail.use == "sendgrid"


def test_a_variable_adds_what_the_file_lacks(load):
    assert load(PROVIDERS__BACKUP__USE="ses").providers["backup"].use == "ses"


@pytest.mark.parametrize("text", ["a:b, c:d", "a:b,c:d,", '["a:b", "c:d"]', ' ["a:b", "c:d"]'])
def test_a_list_is_written_as_json_or_with_commas(load, text):
    assert load(HOOKS__EVENTS=text).hooks.events == ("a:b", "c:d")


def test_a_whole_section_is_written_as_json(load):
    settings = load(APP='{"name": "Other"}', TEMPLATES='{"default_locale": "de"}')
    assert (settings.app.name, settings.templates.default_locale) == ("Other", "de")


def test_a_named_table_is_written_as_json(load):
    settings = load(PROVIDERS__TEXT='{"use": "twilio", "account_sid": "AC1"}', TRIGGERS__SIGNUP='{"lifetime": "5m"}')
    assert settings.providers["text"].own_keys() == {"account_sid": "AC1"}
    assert settings.lifetimes() == {"SignUp": timedelta(minutes=5)}


def test_all_tables_of_a_section_are_written_as_json(load):
    assert load(PROVIDERS='{"mail": {"use": "ses"}}').providers["mail"].use == "ses"


def test_routes_are_set_as_a_whole(load):
    settings = load(ROUTES='[{"channel": "sms", "providers": ["mail"]}]')
    assert [(route.channel, route.providers) for route in settings.routes] == [("sms", ("mail",))]


def test_a_routes_conditions_are_read_from_json(load):
    attributes = json.dumps({"custom:tenant": ["acme"], "custom:beta": True})
    table = {"channel": "sms", "providers": ["mail", "spare"], "strategy": "weighted", "weights": "3,1"}
    table |= {"countries": "de,at", "locales": ["de"], "pools": "a_1,b_2", "attributes": attributes}
    settings = load(ROUTES=json.dumps([table]), PROVIDERS__SPARE__USE="sns")
    (route,) = settings.routes
    assert (route.weights, route.countries, route.pools) == ((3, 1), ("DE", "AT"), ("a_1", "b_2"))
    assert route.attributes == {"custom:tenant": ("acme",), "custom:beta": ("true",)}


def test_a_single_route_cannot_be_changed(load):
    error = refused(load, ROUTES__0__CHANNEL=CANARY)
    assert error.path == "NOTIFYHUB__ROUTES__0__CHANNEL"
    assert "an array of tables is only set whole" in str(error)


@pytest.mark.parametrize("text", ["env:HOME", "[Acme]", '{"a": 1}', "a,b", "$NAME ${NAME} %d \\n"])
def test_text_is_taken_literally(load, text):
    assert load(APP__NAME=text).app.name == text


def test_numbers_and_truth_values_are_read_from_text(load):
    settings = load(DELIVERY__RESERVE_MS="750", DECRYPTION__ALLOW_IN_LAMBDA="true", TRIGGERS__SIGNUP__LIFETIME="900")
    assert settings.delivery.reserve_ms == 750
    assert settings.decryption.allow_in_lambda is True
    assert settings.lifetimes() == {"SignUp": timedelta(minutes=15)}


def test_a_key_below_a_value_that_is_no_table_is_refused(load):
    error = refused(load, APP__NAME__FIRST=CANARY)
    assert (error.path, "name is no table" in str(error)) == ("NOTIFYHUB__APP__NAME__FIRST", True)


@pytest.mark.parametrize("name", ["", "APP__", "__NAME", "APP____NAME"])
def test_a_malformed_variable_says_how_to_write_it(load, name):
    error = refused(load, **{name: CANARY})
    assert error.path == f"NOTIFYHUB__{name}"
    assert "write NOTIFYHUB__SECTION__KEY" in str(error)


@pytest.mark.parametrize(
    ("name", "value", "path"),
    [
        ("HOOKS__EVENTS", f'["{CANARY}"', "hooks.events"),
        ("APP", f"{CANARY}{{", "app"),
        ("PROVIDERS__TEXT", CANARY, "providers.text"),
        ("APP__COLOUR", CANARY, "app.colour"),
        ("DELIVERY__LEASE_S", CANARY, "delivery.lease_s"),
        ("COLOUR", CANARY, "colour"),
    ],
)
def test_a_wrong_value_is_named_by_its_path_alone(load, name, value, path):
    assert refused(load, **{name: value}).path == path


@pytest.mark.parametrize("name", ["SIGNUP", "SignUp", "signup"])
def test_triggers_are_known_in_any_case(load, name):
    """Variables are lower-cased, and the file's table of the same trigger is the one that they change."""
    settings = load(**{f"TRIGGERS__{name}__LIFETIME": "5m"})
    assert settings.lifetimes() == {"SignUp": timedelta(minutes=5)}
    assert list(settings.triggers) == ["SignUp"]


def test_a_trigger_that_the_file_lacks_is_known_in_any_case(load):
    assert load(TRIGGERS__FORGOTPASSWORD__LIFETIME="5m").lifetimes()["ForgotPassword"] == timedelta(minutes=5)


def test_variables_alone_will_do(nowhere):
    settings = load_settings(environ={"NOTIFYHUB__APP__NAME": "Acme", "NOTIFYHUB__TEMPLATES__PATH": "mine"})
    assert settings.templates.path == nowhere / "mine"


def test_other_variables_are_no_settings(nowhere):
    (nowhere / "notifyhub.toml").write_text(FILE)
    assert load_settings(environ={"NOTIFYHUB_LOCAL_KEY": "x", "NOTIFYHUB": "x"}).app.name == "Acme"


def test_without_a_file_the_error_says_where_it_was_looked_for(nowhere):
    with pytest.raises(ConfigurationError) as caught:
        load_settings(environ={"LAMBDA_TASK_ROOT": "/var/task"})
    assert f"no notifyhub.toml in /var/task and {nowhere};" in str(caught.value)
    assert "NOTIFYHUB_CONFIG" in str(caught.value)


def test_a_folder_is_named_once_where_both_are_the_same(nowhere):
    with pytest.raises(ConfigurationError, match=rf"no notifyhub\.toml in {nowhere};"):
        load_settings(environ={"LAMBDA_TASK_ROOT": str(nowhere)})


def test_the_function_s_code_comes_before_the_working_folder(nowhere):
    (nowhere / "notifyhub.toml").write_text(FILE.replace("Acme", "Here"))
    task = nowhere / "task"
    task.mkdir()
    (task / "notifyhub.toml").write_text(FILE)
    assert load_settings(environ={}).app.name == "Here"
    assert load_settings(environ={"LAMBDA_TASK_ROOT": str(task)}).app.name == "Acme"


def test_the_variable_names_the_file(nowhere):
    (nowhere / "other.toml").write_text(FILE)
    settings = load_settings(environ={"NOTIFYHUB_CONFIG": "other.toml"})
    assert settings.folder == nowhere


def test_a_variable_that_names_nothing_is_named_itself(nowhere):
    with pytest.raises(ConfigurationError, match=r"there is no file absent\.toml") as caught:
        load_settings(environ={"NOTIFYHUB_CONFIG": "absent.toml", "NOTIFYHUB__APP__NAME": "Acme"})
    assert caught.value.path == "NOTIFYHUB_CONFIG"
