import pytest

from notifyhub.errors import ConfigurationError, ConfigurationNotFound
from notifyhub.settings import load_settings
from tests.cli.conftest import plain


@pytest.mark.parametrize("command", ["render", "forge"])
@pytest.mark.parametrize("variables", [{}, {"NOTIFYHUB_CONFIG": "notifyhub.toml"}])
def test_a_broken_configuration_is_not_taken_for_an_absent_one(notifyhub, monkeypatch, command, variables):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    notifyhub.write("notifyhub.toml", '[app]\nnmae = "Acme"\n')
    done = notifyhub(command, "SignUp")
    assert done.exit_code == 2
    assert "app.nmae: is not a known key; did you mean 'name'?" in plain(done.stderr)
    assert not done.stdout


@pytest.mark.parametrize("command", ["render", "forge"])
def test_a_named_configuration_that_is_absent_is_an_error(notifyhub, monkeypatch, command):
    monkeypatch.setenv("NOTIFYHUB_CONFIG", "absent.toml")
    done = notifyhub(command, "SignUp")
    assert done.exit_code == 2
    assert "there is no file absent.toml" in plain(done.stderr)


@pytest.mark.parametrize("command", ["render", "forge"])
def test_both_do_without_any_configuration(notifyhub, command):
    assert notifyhub(command, "SignUp").exit_code == 0


def test_only_a_search_that_finds_nothing_says_not_found(notifyhub):
    with pytest.raises(ConfigurationNotFound, match=r"no notifyhub\.toml in"):
        load_settings(environ={})
    with pytest.raises(ConfigurationError) as caught:
        load_settings("absent.toml", environ={})
    assert not isinstance(caught.value, ConfigurationNotFound)


def test_a_routes_triggers_are_known_in_any_case(notifyhub):
    file = notifyhub.write(
        "notifyhub.toml",
        '[app]\nname = "Acme"\n[providers.m]\nuse = "file"\n'
        '[[routes]]\nchannel = "email"\nproviders = ["m"]\ntriggers = ["signup", "RESENDCODE", "OrderShipped"]\n',
    )
    (route,) = load_settings(file, environ={}).routes
    assert route.triggers == ("SignUp", "ResendCode", "OrderShipped")
