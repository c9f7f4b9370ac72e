from datetime import UTC, datetime

import pytest

from notifyhub.ledger.dynamodb import DynamoDbLedger
from notifyhub.ledger.factory import make_ledger
from notifyhub.ledger.memory import MemoryLedger
from notifyhub.ledger.sqlite import SqliteLedger
from notifyhub.testing import VendorServer
from notifyhub.testing.contracts.aws_provider import set_aws_environment
from tests.support.configured import refused, settings

FILE = {"LEDGER__USE": "sqlite", "LEDGER__PATH": "ledger.db"}
TABLE = {"LEDGER__USE": "dynamodb", "LEDGER__TABLE": "notifyhub", "LEDGER__REGION": "eu-south-1"}


@pytest.mark.parametrize("clock", [None, lambda: datetime(2026, 1, 1, tzinfo=UTC)])
def test_the_ledger_is_in_memory_unless_another_is_asked_for(clients, clock):
    assert isinstance(make_ledger(settings().ledger, clients, clock), MemoryLedger)


def test_the_ledger_may_be_a_file(clients, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    clock = datetime(2026, 1, 1, tzinfo=UTC)
    ledger = make_ledger(settings(**FILE, LEDGER__KEEP="8h").ledger, clients, lambda: clock)
    assert isinstance(ledger, SqliteLedger)
    assert list(tmp_path.iterdir()) == [], "asking for it writes nothing"
    assert ledger.claim("a", owner="someone", lease=45).first_seen == clock
    assert (tmp_path / "ledger.db").is_file()


def test_a_file_is_no_ledger_inside_lambda(clients, monkeypatch):
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "sender")
    error = refused(make_ledger, settings(**FILE).ledger, clients)
    assert str(error).startswith("ledger.use: a file is the container's own")


def test_the_client_of_a_table_is_made_at_once_and_asks_nobody(clients, monkeypatch):
    """During INIT a Lambda function has the whole CPU; its first event should not wait for a client to be made."""
    with VendorServer().running() as aws:
        set_aws_environment(monkeypatch, endpoint=aws.url)
        ledger = make_ledger(settings(**TABLE).ledger, clients)
        assert isinstance(ledger, DynamoDbLedger)
        assert list(clients._clients) == [("dynamodb", "eu-south-1")]
        assert aws.requests == []
        (client,) = clients._clients.values()
        assert (client.meta.config.read_timeout, client.meta.config.connect_timeout) == (1.0, 1.0)
        assert client.meta.config.retries["total_max_attempts"] == 2
