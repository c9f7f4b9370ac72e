from datetime import timedelta
from pathlib import Path

import pytest

from notifyhub.errors import ConfigurationError
from notifyhub.provider import ProviderSettings
from notifyhub.settings import load_settings, validate
from notifyhub.settings.fields import FilePath
from notifyhub.testing import assert_absent, traces_of
from notifyhub_providers.twilio import Twilio

CANARY = "c4n4ry-value"
EXAMPLE = Path(__file__).parents[1] / "data" / "example.toml"
APP = '[app]\nname = "Acme"\n'
ROUTE = '[[routes]]\nchannel = "email"\n'


@pytest.fixture
def write(tmp_path):
    """Writes the configuration file and returns its path."""

    def write(text):
        file = tmp_path / "notifyhub.toml"
        file.write_text(text, encoding="utf-8")
        return file

    return write


def refused(file):
    """The error that loading ends in; it shows no value of the file."""
    with pytest.raises(ConfigurationError) as caught:
        load_settings(file, environ={})
    assert_absent([CANARY], traces_of(caught.value))
    return caught.value


def test_the_example_of_the_documentation_loads():
    settings = load_settings(EXAMPLE, environ={})
    assert settings.app.name == "Acme"
    assert {name: table.use for name, table in settings.providers.items()} == {
        "mail": "sendgrid",
        "mail_backup": "ses",
        "text": "twilio",
    }
    assert [(route.channel, route.providers) for route in settings.routes] == [
        ("email", ("mail", "mail_backup")),
        ("sms", ("text",)),
    ]
    assert settings.providers["mail"].own_keys() == {
        "api_key": "env:SENDGRID_API_KEY",
        "sender": "Acme <no-reply@acme.example>",
    }


def test_the_least_configuration_is_a_name(write):
    assert load_settings(write(APP), environ={}).routes == ()


@pytest.mark.parametrize(
    ("text", "path", "says"),
    [
        (APP + f'[aap]\nx = "{CANARY}"', "aap", "is not a known key; did you mean 'app'?"),
        (APP + f'supporturl = "{CANARY}"', "app.supporturl", "did you mean 'support_url'?"),
        (APP + f'zzz = "{CANARY}"', "app.zzz", "known are: name, url"),
        (APP + f'[decryption]\nlocl_key = "{CANARY}"', "decryption.locl_key", "did you mean 'local_key'?"),
        (APP + f'{ROUTE}providers = ["a"]\ntriger = ["{CANARY}"]', "routes.0.triger", "did you mean 'triggers'?"),
        (APP + f'[triggers.SignUp]\nlifetme = "{CANARY}"', "triggers.SignUp.lifetme", "did you mean 'lifetime'?"),
        (f'[app]\nurl = "{CANARY}"', "app.name", "is missing"),
        ("", "app", "is missing"),
        (APP + ROUTE, "routes.0.providers", "is missing"),
        (APP + f'[providers.mail]\napi_key = "{CANARY}"', "providers.mail.use", "is missing"),
        ("[app]\nname = 5", "app.name", "must be a text"),
        (f'app = "{CANARY}"', "app", ""),
        (APP + f'[decryption]\nkey_arns = {{a = "{CANARY}"}}', "decryption.key_arns", "must be a list"),
        (APP + f'[delivery]\nlease_s = "{CANARY}"', "delivery.lease_s", "number"),
        (APP + f'[providers]\nmail = "{CANARY}"', "providers.mail", "must be a table"),
        (APP + f'[[routes]]\nchannel = "{CANARY}"\nproviders = ["a"]', "routes.0.channel", "'email' or 'sms'"),
        (APP + f'[providers.Mail]\nuse = "{CANARY}"', "providers.Mail", "pattern"),
        (APP + f'[providers.mail]\nuse = "{CANARY}"', "providers.mail.use", "pattern"),
        (APP + f'color = "{CANARY}"', "app.color", "pattern"),
        (APP + f'[templates]\ndefault_locale = "../{CANARY}"', "templates.default_locale", "pattern"),
        (APP + f'[ledger]\nuse = "{CANARY}"', "ledger.use", "should be"),
        (APP + f'[triggers.SignUp]\nlifetime = "{CANARY}"', "triggers.SignUp.lifetime", "write 90s, 15m, 24h, 7d"),
    ],
)
def test_what_is_wrong_is_named_by_its_path_and_never_by_its_value(write, text, path, says):
    error = refused(write(text))
    assert error.path == path
    assert says in str(error)


def test_every_wrong_key_is_named_at_once(write):
    error = refused(write(f'[app]\nnme = "{CANARY}"\n[ledger]\nusee = "{CANARY}"'))
    assert all(part in str(error) for part in ("app.name: is missing", "app.nme", "ledger.usee"))


def test_a_misspelt_key_of_a_provider_is_named_with_a_suggestion(tmp_path):
    class Settings(ProviderSettings):
        api_key: str

    with pytest.raises(ConfigurationError, match=r"'api_key'") as caught:
        validate(Settings, {"api_kye": CANARY, "api_key": CANARY}, folder=tmp_path, prefix="providers.mail")
    assert caught.value.path == "providers.mail.api_kye"
    assert_absent([CANARY], traces_of(caught.value))


def test_a_route_that_names_an_absent_provider_says_which_and_what_there_is(write):
    error = refused(
        write(APP + f'{ROUTE}providers = ["mail", "backup"]\n[providers.mail]\nuse = "ses"\nk = "{CANARY}"')
    )
    assert str(error) == "routes.0.providers: there is no [providers.backup]; there are: mail"
    assert error.path == "routes.0.providers"


def test_two_ways_to_decrypt_are_one_too_many(write):
    error = refused(write(APP + f'[decryption]\nkey_arns = ["{CANARY}"]\nlocal_key = "{CANARY}"'))
    assert str(error) == "decryption: set key_arns or local_key, not both"


@pytest.mark.parametrize(
    "text",
    [
        f'{APP}key = "{CANARY}',
        f"{APP}key = {CANARY}",
        f"{APP}{CANARY}",
        f"{APP}# {CANARY}\nnumber = {'9' * 5000}",
        f"{APP}# {CANARY}\ndeep = {'[' * 5000}",
    ],
)
def test_what_is_no_toml_is_refused_with_the_files_name(write, text):
    file = write(text)
    error = refused(file)
    assert error.path == str(file)
    assert "not valid TOML" in str(error)


def test_what_is_no_utf8_is_refused_with_the_files_name(tmp_path):
    file = tmp_path / "notifyhub.toml"
    file.write_bytes(f'{APP}key = "{CANARY}\xff"'.encode("latin-1"))
    error = refused(file)
    assert str(error) == f"{file}: this is not UTF-8 text"


def test_the_mark_that_editors_of_windows_write_is_skipped(write):
    assert load_settings(write("\ufeff" + APP), environ={}).app.name == "Acme"


@pytest.mark.skipif(not Path("/proc/self/mem").is_file(), reason="needs a file that even root cannot read")
def test_a_file_that_cannot_be_read_is_refused_with_its_name():
    assert str(refused(Path("/proc/self/mem"))) == "/proc/self/mem: this cannot be read (OSError)"


@pytest.mark.parametrize("name", ["absent.toml", "."])
def test_a_path_that_is_no_file_is_named(tmp_path, name):
    with pytest.raises(ConfigurationError, match=r"there is no file"):
        load_settings(tmp_path / name, environ={})


@pytest.mark.parametrize(
    ("written", "seconds"),
    [('"90s"', 90), ('"15m"', 900), ('"24h"', 86400), ('"7d"', 604800), ("90", 90), ("1.5", 1.5), ('"90"', 90)],
)
def test_lifetimes_are_written_with_a_unit_or_as_seconds(write, written, seconds):
    settings = load_settings(write(f"{APP}[triggers.SignUp]\nlifetime = {written}"), environ={})
    assert settings.lifetimes() == {"SignUp": timedelta(seconds=seconds)}


@pytest.mark.parametrize("written", ["0", "-5", '"0s"', "true", "nan", "inf", '"99999999999999d"', '"15 weeks"', "[]"])
def test_a_lifetime_of_another_form_is_refused(write, written):
    assert refused(write(f"{APP}[triggers.SignUp]\nlifetime = {written}")).path == "triggers.SignUp.lifetime"


def test_relative_paths_start_at_the_file(write, tmp_path, monkeypatch):
    file = write(APP + '[templates]\npath = "mine"')
    monkeypatch.chdir("/")
    settings = load_settings(file, environ={})
    assert settings.templates.path == tmp_path / "mine"
    assert settings.folder == tmp_path


def test_an_absolute_path_stays(write, tmp_path):
    settings = load_settings(write(f"{APP}[templates]\npath = '{tmp_path / 'there'}'"), environ={})
    assert settings.templates.path == tmp_path / "there"


def test_a_relative_path_of_a_provider_starts_at_the_folder(tmp_path):
    class Settings(ProviderSettings):
        path: FilePath

    assert validate(Settings, {"path": "out"}, folder=tmp_path).path == tmp_path / "out"


def test_a_dump_leaves_out_a_provider_s_own_keys(write):
    settings = load_settings(write(f'{APP}[providers.mail]\nuse = "sendgrid"\napi_key = "{CANARY}"\n'), environ={})
    assert_absent([CANARY], [settings.model_dump_json(), str(settings.model_dump()), repr(settings)])
    assert settings.model_dump()["providers"] == {"mail": {"use": "sendgrid", "allow_in_lambda": False}}
    assert settings.providers["mail"].own_keys() == {"api_key": CANARY}


def test_twilio_s_callback_holds_no_credentials(tmp_path):
    table = {"account_sid": f"AC{'0' * 32}", "auth_token": "t", "sender": "ACME"}
    kept = "https://acme.example/twilio/?to=a@b"
    assert validate(Twilio.Settings, {**table, "status_callback": kept}, folder=tmp_path).status_callback == kept
    with pytest.raises(ConfigurationError, match="before the @: it must hold no credentials") as caught:
        validate(Twilio.Settings, {**table, "status_callback": f"https://u:{CANARY}@acme.example"}, folder=tmp_path)
    assert caught.value.path == "status_callback"
    assert_absent([CANARY], traces_of(caught.value))


ROUTES = """
[[routes]]
channel = "sms"
providers = ["text", "spare"]
strategy = "weighted"
weights = [80, 20]
pools = ["eu-west-1_AbCdEfGhI"]
clients = ["4abc0example1client2id3"]
countries = ["gb", "IE"]
locales = ["de", "fr_CA"]
attributes = { "custom:tenant" = "acme", "custom:plan" = ["gold", 5], "custom:beta" = true }

[providers.text]
use = "sns"
[providers.spare]
use = "sns"
"""
ROUTED = {
    "channel": "sms",
    "providers": ("text", "spare"),
    "strategy": "weighted",
    "weights": (80, 20),
    "triggers": (),
    "pools": ("eu-west-1_AbCdEfGhI",),
    "clients": ("4abc0example1client2id3",),
    "countries": ("GB", "IE"),
    "locales": ("de", "fr_CA"),
    "attributes": {"custom:tenant": ("acme",), "custom:plan": ("gold", "5"), "custom:beta": ("true",)},
}


def test_a_route_takes_conditions_and_weights(write):
    (route,) = load_settings(write(APP + ROUTES), environ={}).routes
    assert route.model_dump() == ROUTED


def test_a_route_asks_for_nothing_unless_told_to(write):
    (route,) = load_settings(write(f'{APP}{ROUTE}providers = ["a"]\n[providers.a]\nuse = "ses"\n'), environ={}).routes
    assert (route.strategy, route.weights) == ("failover", ())
    assert not any((route.triggers, route.pools, route.clients, route.countries, route.locales, route.attributes))


@pytest.mark.parametrize(
    ("lines", "path", "says"),
    [
        ("weights = [1, 2]", "weights", 'is for strategy = "weighted" only'),
        ('strategy = "weighted"', "weights", "wants one whole number for each of `providers`, in the same order"),
        ('strategy = "weighted"\nweights = [1]', "weights", "wants one whole number for each of `providers`"),
        ('strategy = "weighted"\nweights = [80, 20, 5]', "weights", "wants one whole number for each of `providers`"),
        ('strategy = "weighted"\nweights = [0, 0]', "weights", "one at least must be above zero"),
        ('strategy = "weighted"\nweights = [-1, 2]', "weights.0", "greater than or equal to 0"),
        ('strategy = "weighted"\nweights = [0.5, 2]', "weights.0", "valid integer"),
        (f'strategy = "{CANARY}"\nweights = [1, 2]', "strategy", "should be 'failover' or 'weighted'"),
        ('countries = ["DE", "IT", "NO"]', "countries", 'is for channel = "sms" only: a country is told by a phone'),
        (f'countries = ["{CANARY}"]', "countries.0", "pattern"),
        (f'pools = ["arn:aws:cognito-idp:eu-west-1:1:userpool/{CANARY}_1"]', "pools.0", "pattern"),
        (f'clients = ["{CANARY} app"]', "clients.0", "pattern"),
        (f'locales = ["../{CANARY}"]', "locales.0", "pattern"),
        ("attributes = { tenant = [] }", "attributes.tenant", "at least 1"),
        (f'attributes = {{ tenant = {{ x = "{CANARY}" }} }}', "attributes.tenant.0", "must be a text"),
        (f'attributes = ["{CANARY}"]', "attributes", "must be a table"),
    ],
)
def test_what_is_wrong_with_a_route_is_named_by_its_path(write, lines, path, says):
    error = refused(write(f'{APP}{ROUTE}providers = ["a", "b"]\n{lines}\n'))
    assert error.path == f"routes.0.{path}"
    assert says in str(error)


def test_a_weighted_route_names_each_provider_once(write):
    error = refused(write(f'{APP}{ROUTE}providers = ["a", "a"]\nstrategy = "weighted"\nweights = [1, 1]'))
    assert (error.path, "name each of `providers` once" in str(error)) == ("routes.0.weights", True)


LEDGER = {
    "memory": "",
    "sqlite": 'path = "ledger.db"\n',
    "dynamodb": 'table = "notifyhub"\n',
}


@pytest.mark.parametrize("use", LEDGER)
def test_each_ledger_needs_no_more_than_its_own_key(write, use):
    settings = load_settings(write(APP + f'[ledger]\nuse = "{use}"\n{LEDGER[use]}'), environ={})
    assert (settings.ledger.use, settings.ledger.keep) == (use, timedelta(days=15))


def test_the_file_of_a_ledger_starts_at_the_configuration_s_folder(write, tmp_path):
    file = write(APP + '[ledger]\nuse = "sqlite"\npath = "data/ledger.db"\nkeep = "7d"')
    ledger = load_settings(file, environ={}).ledger
    assert (ledger.path, ledger.keep) == (tmp_path / "data" / "ledger.db", timedelta(days=7))


@pytest.mark.parametrize(
    "table", ["notifyhub", "Prod_notify.hub-1", "arn:aws:dynamodb:eu-west-1:111122223333:table/hub"]
)
def test_a_table_is_named_or_given_as_its_arn(write, table):
    file = write(APP + f'[ledger]\nuse = "dynamodb"\ntable = "{table}"\nregion = "eu-west-1"')
    ledger = load_settings(file, environ={}).ledger
    assert (ledger.table, ledger.region) == (table, "eu-west-1")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('use = "sqlite"', "ledger.path: is missing: the sqlite ledger needs it"),
        ('use = "dynamodb"', "ledger.table: is missing: the dynamodb ledger needs it"),
        ('use = "dynamodb"\nregion = "eu-west-1"', "ledger.table: is missing: the dynamodb ledger needs it"),
        (f'table = "{CANARY}"', "ledger.table: the memory ledger has no use for it, only dynamodb"),
        (f'path = "{CANARY}"', "ledger.path: the memory ledger has no use for it, only sqlite"),
        ('keep = "7d"', "ledger.keep: the memory ledger has no use for it, only sqlite and dynamodb"),
        (
            f'use = "sqlite"\npath = "a"\ntable = "{CANARY}"',
            "ledger.table: the sqlite ledger has no use for it, only dynamodb",
        ),
        (
            'use = "sqlite"\npath = "a"\nregion = "x"',
            "ledger.region: the sqlite ledger has no use for it, only dynamodb",
        ),
        (
            f'use = "dynamodb"\ntable = "abc"\npath = "{CANARY}"',
            "ledger.path: the dynamodb ledger has no use for it, only sqlite",
        ),
    ],
)
def test_a_ledger_s_keys_are_all_there_and_all_of_use(write, text, says):
    assert str(refused(write(APP + f"[ledger]\n{text}"))) == says


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (f'use = "dynamodb"\ntable = "{CANARY} {CANARY}"', "ledger.table"),
        ('use = "dynamodb"\ntable = "ab"', "ledger.table"),
        ('use = "sqlite"\npath = "a"\nkeep = "5h"', "ledger.keep"),
        (f'use = "sqlite"\npath = "a"\nkeep = "{CANARY}"', "ledger.keep"),
    ],
)
def test_a_ledger_s_value_that_cannot_work_is_named(write, text, path):
    """Lambda itself tries again for up to six hours, so nothing shorter is worth keeping."""
    assert refused(write(APP + f"[ledger]\n{text}")).path == path


def test_a_trigger_s_table_has_its_short_name(write):
    error = refused(write(f'{APP}[triggers.CustomEmailSender_SignUp]\nlifetime = "2h"\n'))
    assert error.path == "triggers.CustomEmailSender_SignUp"
    assert "write the trigger's name alone" in str(error)
