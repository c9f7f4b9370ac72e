import sys

import boto3
import pytest

from notifyhub.checks.configuration import (
    find_decryption_problems,
    find_hook_problems,
    find_ledger_problems,
    find_observability_problems,
    find_problems,
    find_provider_problems,
)
from notifyhub.ledger import dynamodb
from notifyhub.provider.toolkit import Clients
from notifyhub.testing import VendorServer
from notifyhub.testing.contracts.aws_provider import set_aws_environment
from tests.checks.conftest import ARNS, GOOD, errors, first, lines
from tests.ledger.stores import moto_one_at_a_time, new_table


def test_a_good_configuration_has_no_errors_without_any_aws_account(load):
    found = list(find_problems(load(GOOD), resolve=False))
    assert errors(found) == []
    assert "ok providers.mail (sendgrid)" in lines(found)
    assert "ok template CustomSMSSender_AdminCreateUser" in lines(found)


def test_broken_parts_do_not_hide_the_others(load, monkeypatch):
    """Countries without their library, an event that cannot be imported and a ledger without its folder."""
    monkeypatch.setitem(sys.modules, "phonenumbers", None)
    route = 'channel = "sms"\nproviders = ["text"]\ncountries = ["GB"]\n'
    tables = '[hooks]\nevents = ["nope:nothing"]\n[ledger]\nuse = "sqlite"\npath = "absent/ledger.db"\n'
    found = list(find_problems(load(first(route) + tables), resolve=False))
    assert [line.partition(": ")[0] for line in errors(found)] == [
        "error hooks.events",
        "error routes.0.countries",
        "error ledger (sqlite)",
    ]
    assert "nope:nothing cannot be imported" in errors(found)[0]
    assert "ok template CustomSMSSender_AdminCreateUser" in lines(found)


def providers(settings, *, resolve=False):
    return list(find_provider_problems(settings, Clients(), resolve=resolve))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("api_key =", "api_kye =", "providers.mail.api_kye: is not a known key; did you mean 'api_key'?"),
        ('use = "sendgrid"', 'use = "sendgird"', "no provider is called 'sendgird'; found: aws_sms"),
        ('use = "sns"', 'use = "sendgrid"', "error providers.text (sendgrid): providers.text"),
        ('providers = ["text"]', 'providers = ["mail"]', "routes.1: mail (sendgrid) does not send sms, only email"),
        ('"ssm:/prod/sendgrid"', '"ssm:"', "providers.mail.api_key: ssm: needs a name behind it"),
        ('"ssm:/prod/sendgrid"', '""', "providers.mail.api_key: is empty"),
        ('region = "eu-west-1"', 'region = "narnia 1"', "error providers.text (sns)"),
    ],
)
def test_a_mistake_of_a_provider_is_named_with_its_place(load, old, new, message):
    assert old in GOOD
    found = errors(providers(load(GOOD.replace(old, new))))
    assert any(message in line for line in found), found


def test_a_provider_that_no_route_names_is_a_warning(load):
    spare = '[providers.spare]\nuse = "ses"\nsender = "a@acme.example"\n'
    assert "warning providers.spare: no route names it" in lines(providers(load(GOOD + spare)))


def test_secrets_are_fetched_only_when_asked(load, monkeypatch):
    settings = load(GOOD.replace("ssm:/prod/sendgrid", "env:NO_SUCH_VARIABLE"))
    assert errors(providers(settings)) == []
    (line,) = errors(providers(settings, resolve=True))
    assert "providers.mail.api_key: the environment variable NO_SUCH_VARIABLE is not set" in line
    monkeypatch.setenv("NO_SUCH_VARIABLE", "SG.canary-credential")
    found = lines(providers(settings, resolve=True))
    assert not [line for line in found if line.startswith("error ") or "canary" in line]


def decryption(settings, *, resolve=False):
    return list(find_decryption_problems(settings, Clients(), resolve=resolve))


@pytest.mark.parametrize("resolve", [False, True])
def test_a_local_key_that_is_written_out_is_checked(load, resolve):
    found = decryption(load(GOOD.replace(ARNS, 'local_key = "c4n4ry-key"')), resolve=resolve)
    (line,) = errors(found)
    assert "decryption.local_key: write 32 bytes in base64" in line
    assert not [line for line in lines(found) if "c4n4ry" in line]


def test_a_local_key_that_is_referred_to_is_not_fetched_unless_asked(load):
    settings = load(GOOD.replace(ARNS, 'local_key = "file:absent.key"'))
    assert lines(decryption(settings)) == [
        "ok decryption",
        "warning decryption.local_key: a local key is for development; inside Lambda it is refused",
    ]
    assert errors(decryption(settings, resolve=True))


def test_an_alias_in_the_place_of_a_key_is_an_error(load):
    alias = GOOD.replace(":key/0b6f2a3c-0000-4000-8000-000000000000", ":alias/mine")
    assert any("decryption.key_arns: write the key's ARN" in line for line in errors(decryption(load(alias))))


def test_no_key_is_a_warning(load):
    found = lines(decryption(load(GOOD.replace(ARNS, ""))))
    assert found == ["ok decryption", "warning decryption: no key: events of Cognito cannot be decrypted"]


@pytest.mark.parametrize("hook", ["resolver", "observers", "on_undeliverable"])
def test_a_hook_that_would_stop_the_start_is_an_error(load, hook):
    value = '["nope:nothing"]' if hook == "observers" else '"nope:nothing"'
    (line,) = errors(find_hook_problems(load(f"{GOOD}[hooks]\n{hook} = {value}\n"), Clients()))
    assert line.startswith(f"error hooks.{hook}: hooks.{hook}")
    assert "nope:nothing cannot be imported" in line


@pytest.mark.parametrize(
    ("table", "metrics", "traces"),
    [
        ("", "emf inside Lambda, none elsewhere, namespace notifyhub", "none"),
        ('metrics = "emf"\nnamespace = "acme"\ntraces = "otel"', "emf, namespace acme", "otel"),
        ('metrics = "none"', "none", "none"),
    ],
)
def test_what_is_observed_is_shown(load, table, metrics, traces):
    assert lines(find_observability_problems(load(f"{GOOD}[observability]\n{table}\n"))) == [
        f"ok observability.metrics: {metrics}",
        f"ok observability.traces: {traces}",
    ]


def test_a_missing_library_for_traces_is_an_error(load, monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    monkeypatch.delitem(sys.modules, "notifyhub.observability.otel", raising=False)
    (line,) = errors(find_observability_problems(load(f'{GOOD}[observability]\ntraces = "otel"\n')))
    assert line.startswith("error observability.traces: opentelemetry is not installed; run: pip install")


def ledger(settings, *, resolve=False):
    return lines(find_ledger_problems(settings, Clients(), resolve=resolve))


def test_a_ledger_in_memory_is_a_warning(load):
    again = "an event that comes again is recognised by the same container only"
    assert ledger(load(GOOD)) == [f"warning ledger: memory: {again}"]


def test_a_ledger_in_a_file_is_a_warning_and_made_only_when_it_is_tried(load, folder):
    settings = load(GOOD + '[ledger]\nuse = "sqlite"\npath = "ledger.db"\n')
    expected = [
        "ok ledger (sqlite)",
        "warning ledger: sqlite: a file is for development; inside Lambda it is refused",
    ]
    assert ledger(settings) == expected
    assert not (folder / "ledger.db").exists()
    assert ledger(settings, resolve=True) == expected
    assert (folder / "ledger.db").exists()


def test_a_file_whose_folder_is_missing_is_an_error(load):
    found = ledger(load(GOOD + '[ledger]\nuse = "sqlite"\npath = "absent/ledger.db"\n'))
    assert found[0].startswith("error ledger (sqlite): ledger.path: there is no folder")


TABLE = GOOD + '[ledger]\nuse = "dynamodb"\ntable = "notifyhub"\n'


def test_a_ledger_in_a_table_is_tried_only_when_asked(load, monkeypatch):
    with VendorServer().running() as aws:
        set_aws_environment(monkeypatch, endpoint=aws.url)
        assert ledger(load(TABLE)) == ["ok ledger (dynamodb)"]
        assert aws.requests == []


def test_a_table_is_tried_with_the_ledger_s_own_permission(load, monkeypatch):
    monkeypatch.setattr(dynamodb, "TIMEOUT_S", 30.0)  # moto may take its time
    with moto_one_at_a_time() as url:
        set_aws_environment(monkeypatch, endpoint=url)
        client = boto3.client("dynamodb")
        new_table(client, "notifyhub")
        assert ledger(load(TABLE), resolve=True) == ["ok ledger (dynamodb)"]
        assert client.scan(TableName="notifyhub")["Count"] == 0
        client.delete_table(TableName="notifyhub")
        client.close()
        (line,) = ledger(load(TABLE), resolve=True)
    assert line.startswith("error ledger (dynamodb): probe: DynamoDB refused UpdateItem (ResourceNotFoundException)")
    assert "there is no table 'notifyhub' in eu-west-1" in line
