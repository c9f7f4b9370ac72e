import logging
import threading
import uuid
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr

from notifyhub.clients.aws import AwsClients
from notifyhub.errors import ConfigurationError
from notifyhub.provider import ProviderSettings
from notifyhub.settings import references
from notifyhub.settings.references import Reference, SecretReferences, check_references
from notifyhub.testing import VendorAnswer, VendorServer, assert_absent, traces_of
from notifyhub.testing.contracts.aws_provider import set_aws_environment

CANARY = "c4n4ry-value"


class Account(BaseModel):
    token: SecretStr


class Keyed(ProviderSettings):
    api_key: SecretStr


class Nested(ProviderSettings):
    account: Account
    by_name: dict[str, SecretStr] = {}
    listed: tuple[SecretStr, ...] = ()
    accounts: list[Account] = []
    unordered: frozenset[SecretStr] = frozenset()
    plain: str = "env:NOT_A_SECRET"
    maybe: SecretStr | None = None


@pytest.fixture
def clients(monkeypatch):
    monkeypatch.setattr(references, "TIMEOUT_S", 30.0)  # moto's first answer of a service takes its time
    clients = AwsClients(timeout_s=30)
    yield clients
    clients.close()


@pytest.fixture
def secrets(clients, tmp_path):
    return SecretReferences(clients, folder=tmp_path)


@pytest.fixture
def vendor(monkeypatch):
    """A loopback server in the place of every AWS service."""
    with VendorServer().running() as server:
        set_aws_environment(monkeypatch, endpoint=server.url)
        yield server


@contextmanager
def nothing_logged(caplog):
    """Nothing that is logged at any level shows the canary."""
    with caplog.at_level(logging.DEBUG):
        yield
    assert_absent([CANARY], [record.getMessage() for record in caplog.records])


def fetched(secrets, reference):
    return secrets.resolve(Keyed(api_key=reference), path="providers.mail").api_key.get_secret_value()


def refused(secrets, reference):
    with pytest.raises(ConfigurationError) as caught:
        fetched(secrets, reference)
    assert caught.value.path == "providers.mail.api_key"
    assert_absent([CANARY], traces_of(caught.value))
    return str(caught.value)


def unique(name):
    """moto's backends are shared by all tests of the process."""
    return f"{name}-{uuid.uuid4().hex}"


def test_a_parameter_is_decrypted(aws_env, clients, secrets, caplog):
    name = f"/prod/{unique('token')}"
    clients.get("ssm").put_parameter(Name=name, Value=CANARY, Type="SecureString")
    with nothing_logged(caplog):
        assert fetched(secrets, f"ssm:{name}") == CANARY


def test_a_secret_is_a_text_or_a_value_of_a_json_object(aws_env, clients, secrets, caplog):
    manager = clients.get("secretsmanager")
    text, table = unique("text"), unique("table")
    manager.create_secret(Name=text, SecretString=CANARY)
    arn = manager.create_secret(Name=table, SecretString=f'{{"token": "{CANARY}", "number": 7}}')["ARN"]
    with nothing_logged(caplog):
        assert fetched(secrets, f"secretsmanager:{text}") == CANARY
        assert fetched(secrets, f"secretsmanager:{table}#token") == CANARY
        assert fetched(secrets, f"secretsmanager:{arn}#number") == "7"


def test_a_variable_and_a_file_are_read(secrets, tmp_path, monkeypatch):
    monkeypatch.setenv("MADE_UP_TOKEN", CANARY)
    (tmp_path / "token").write_text(f"{CANARY}\n")
    assert fetched(secrets, "env:MADE_UP_TOKEN") == CANARY
    assert fetched(secrets, "file:token") == CANARY
    assert fetched(secrets, f"file:{tmp_path / 'token'}") == CANARY


@pytest.mark.parametrize("text", ["SG.made-up", "https://x", "vault:thing", ":", "ENV:NAME", "env"])
def test_what_names_no_known_place_is_the_secret_itself(secrets, text):
    assert fetched(secrets, text) == text


def test_a_secret_that_is_empty_is_refused(secrets):
    with pytest.raises(ConfigurationError, match="is empty"):
        fetched(secrets, "")


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        ("env:MADE_UP_TOKEN", "the environment variable MADE_UP_TOKEN is not set"),
        ("file:absent", "file:absent cannot be read (FileNotFoundError)"),
        ("file:a\0b", "cannot be read (ValueError)"),
        ("ssm:/absent", "ssm:/absent could not be fetched (ParameterNotFound)"),
        ("secretsmanager:absent#key", "secretsmanager:absent could not be fetched (ResourceNotFoundException)"),
    ],
)
def test_a_missing_secret_is_named_by_its_reference(aws_env, secrets, reference, says):
    """The first of them takes some seconds: moto loads a service when it is first asked for it."""
    assert says in refused(secrets, reference)


@pytest.mark.parametrize(
    "stored", [CANARY, f'["{CANARY}"]', f'"{CANARY}"', f'{{"other": "{CANARY}"}}', '{"key": null}']
)
def test_a_secret_without_the_key_is_refused(aws_env, clients, secrets, stored):
    name = unique("secret")
    clients.get("secretsmanager").create_secret(Name=name, SecretString=stored)
    assert "the secret is no JSON object with that key" in refused(secrets, f"secretsmanager:{name}#key")


def test_a_binary_secret_is_refused(aws_env, clients, secrets):
    name = unique("binary")
    clients.get("secretsmanager").create_secret(Name=name, SecretBinary=CANARY.encode())
    assert "no text in it" in refused(secrets, f"secretsmanager:{name}")


def test_an_empty_or_unreadable_secret_is_refused(secrets, tmp_path, monkeypatch):
    monkeypatch.setenv("MADE_UP_TOKEN", "")
    (tmp_path / "latin").write_bytes(CANARY.encode() + b"\xff")
    (tmp_path / "blank").write_text(" \n")
    assert "env:MADE_UP_TOKEN is empty" in refused(secrets, "env:MADE_UP_TOKEN")
    assert "file:blank is empty" in refused(secrets, "file:blank")
    assert "cannot be read (UnicodeDecodeError)" in refused(secrets, "file:latin")


@pytest.mark.parametrize("code", ["ThrottlingException", "AccessDeniedException"])
def test_what_aws_refuses_is_named_by_its_code(vendor, secrets, code):
    vendor.answer = VendorAnswer(status=400, body={"__type": code, "message": CANARY})
    assert f"ssm:/token could not be fetched ({code})" in refused(secrets, "ssm:/token")
    assert len(vendor.requests) == (references.ATTEMPTS if code == "ThrottlingException" else 1)


@pytest.mark.parametrize("answer", [VendorAnswer(hang_up=True), VendorAnswer(body=f"{CANARY}<html>")])
def test_what_does_not_answer_is_named_too(vendor, secrets, answer):
    vendor.answer = answer
    assert "could not be fetched" in refused(secrets, "ssm:/token")


def test_without_a_region_the_key_is_named(secrets, monkeypatch):
    set_aws_environment(monkeypatch)
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert "no region is set" in refused(secrets, "ssm:/token")


def test_references_are_replaced_at_any_depth(secrets, monkeypatch):
    monkeypatch.setenv("MADE_UP_TOKEN", CANARY)
    reference = "env:MADE_UP_TOKEN"
    table = {
        "account": {"token": reference},
        "by_name": {"a": reference, "b": "literal"},
        "listed": [reference],
        "accounts": [{"token": reference}],
        "unordered": [reference],
    }
    resolved = secrets.resolve(Nested.model_validate(table), path="providers.mail")
    secret = SecretStr(CANARY)
    assert resolved.account.token == secret
    assert resolved.by_name == {"a": secret, "b": SecretStr("literal")}
    assert resolved.listed == (secret,)
    assert resolved.accounts[0].token == secret
    assert resolved.unordered == frozenset({secret})
    assert (resolved.plain, resolved.maybe) == ("env:NOT_A_SECRET", None)
    assert_absent([CANARY], traces_of(resolved))


def test_the_path_leads_into_the_depth(secrets):
    settings = Nested.model_validate({"account": {"token": "x"}, "listed": ["a", "env:MADE_UP_TOKEN"]})
    with pytest.raises(ConfigurationError) as caught:
        secrets.resolve(settings, path="providers.mail")
    assert caught.value.path == "providers.mail.listed.1"


def test_settings_keep_their_references(secrets, monkeypatch):
    monkeypatch.setenv("MADE_UP_TOKEN", CANARY)
    settings = Keyed(api_key="env:MADE_UP_TOKEN")
    assert secrets.resolve(settings, path="p") is not settings
    assert settings.api_key.get_secret_value() == "env:MADE_UP_TOKEN"


def test_a_secret_is_fetched_once_and_again_when_its_time_is_over(vendor, secrets, monkeypatch):
    vendor.answer = VendorAnswer(body={"Parameter": {"Value": "first"}})
    assert {fetched(secrets, "ssm:/token") for _ in range(3)} == {"first"}
    assert len(vendor.requests) == 1
    vendor.answer = VendorAnswer(body={"Parameter": {"Value": "second"}})
    monkeypatch.setattr(references, "TTL_S", 0.0)
    assert fetched(secrets, "ssm:/token") == "second"
    assert len(vendor.requests) == 2


def test_a_failure_is_not_kept(vendor, secrets):
    vendor.answer = VendorAnswer(status=400, body={"__type": "AccessDeniedException"})
    refused(secrets, "ssm:/token")
    vendor.answer = VendorAnswer(body={"Parameter": {"Value": CANARY}})
    assert fetched(secrets, "ssm:/token") == CANARY


def test_threads_fetch_a_secret_once(vendor, secrets):
    vendor.answer = VendorAnswer(body={"Parameter": {"Value": CANARY}}, delay_s=0.1)
    found = []
    threads = [threading.Thread(target=lambda: found.append(fetched(secrets, "ssm:/token"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [CANARY] * 8
    assert len(vendor.requests) == 1


@pytest.mark.parametrize("text", ["env:", "file: ", "ssm:", "secretsmanager:", "secretsmanager:#key"])
def test_a_reference_without_a_name_is_refused_without_asking_aws(text):
    with pytest.raises(ConfigurationError, match=r"needs a name behind it") as caught:
        check_references(Keyed(api_key=text), path="providers.mail")
    assert caught.value.path == "providers.mail.api_key"


@pytest.mark.parametrize("text", ["env:ABSENT", "ssm:/absent", "secretsmanager:absent#key", "file:absent", "literal"])
def test_a_well_formed_reference_is_not_resolved_by_the_check(vendor, text):
    check_references(Keyed(api_key=text), path="providers.mail")
    assert vendor.requests == []


def test_a_reference_reads_as_it_was_written():
    assert str(Reference.parse("secretsmanager:id#key")) == "secretsmanager:id#key"


def test_a_home_folder_is_found(clients, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "token").write_text(CANARY)
    assert fetched(SecretReferences(clients, folder=Path("/nowhere")), "file:~/token") == CANARY
