import uuid

import pytest

from notifyhub.clients.aws import AwsClients
from notifyhub.testing.contracts.aws_provider import set_aws_environment
from tests.ledger.stores import LossyWire, dynalite, moto_one_at_a_time, new_table, served


@pytest.fixture(scope="session")
def moto_store():
    with moto_one_at_a_time() as url:
        yield url


@pytest.fixture(scope="session")
def dynalite_store():
    with dynalite() as url:
        yield url


@pytest.fixture(scope="session")
def moto_wire(moto_store):
    with served(LossyWire(moto_store)) as wire:
        yield wire


@pytest.fixture(scope="session")
def dynalite_wire(dynalite_store):
    with served(LossyWire(dynalite_store)) as wire:
        yield wire


@pytest.fixture(scope="session")
def client_at():
    """A boto3 client of the store at a URL, as the ledger's is but patient: moto's first answer takes its time."""
    made = {}

    def client_at(url):
        if url not in made:
            with pytest.MonkeyPatch.context() as patch:
                set_aws_environment(patch, endpoint=url)
                made[url] = AwsClients()
                made[url].get("dynamodb", attempts=2, timeout_s=30)
        return made[url].get("dynamodb")

    yield client_at
    for clients in made.values():
        clients.close()


@pytest.fixture(scope="session")
def table_at(client_at):
    """An empty table in the store at a URL: its name and a client."""

    def table_at(url):
        return new_table(client_at(url), f"notifyhub-{uuid.uuid4().hex}"), client_at(url)

    return table_at
