"""The ledger in DynamoDB, on moto and on dynalite."""

import json
from datetime import timedelta

import pytest

from notifyhub.clients.aws import AwsClients
from notifyhub.errors import LedgerError, OutcomeUnknown
from notifyhub.ledger.dynamodb import ATTEMPTS, PROBED, DynamoDbLedger
from notifyhub.testing import LedgerContract, VendorAnswer, VendorServer, assert_absent, traces_of
from notifyhub.testing.contracts.aws_provider import set_aws_environment
from notifyhub.testing.contracts.ledger import ACCEPTED, KEY, LEASE_S, UNDELIVERABLE, ManualClock
from tests.support.raw_server import free_port

KEEP = timedelta(days=15)
JSON = {"content-type": "application/x-amz-json-1.0"}


class DynamoDbContract(LedgerContract):
    """The contract over a wire that can lose replies."""

    @pytest.fixture
    def ledger(self, wire, table_at, clock):
        table, client = table_at(wire.url)
        return DynamoDbLedger(table, client, keep=KEEP, clock=clock)

    @pytest.fixture
    def lossy(self, wire):
        return wire.losing_the_next_reply


class TestDynamoDbLedgerOnMoto(DynamoDbContract):
    @pytest.fixture
    def wire(self, moto_wire):
        return moto_wire


class TestDynamoDbLedgerOnDynalite(DynamoDbContract):
    """A second opinion: it sends no item with a refusal, so that the ledger reads it."""

    @pytest.fixture
    def wire(self, dynalite_wire):
        return dynalite_wire


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def table(table_at, moto_store):
    """Its name, and a client of moto."""
    return table_at(moto_store)


@pytest.fixture
def ledger(table, clock):
    name, client = table
    return DynamoDbLedger(name, client, keep=KEEP, clock=clock)


@pytest.fixture
def aws(monkeypatch):
    """A DynamoDB that answers what it is told to."""
    with VendorServer().running() as server:
        set_aws_environment(monkeypatch, endpoint=server.url)
        yield server


@pytest.fixture
def scripted(aws):
    """The ledger at that DynamoDB."""
    clients = AwsClients()
    yield DynamoDbLedger("notifyhub", clients.get("dynamodb", attempts=ATTEMPTS, timeout_s=0.5), keep=KEEP)
    clients.close()


def claim(ledger, owner="first"):
    return ledger.claim(KEY, owner=owner, lease=LEASE_S)


def items(table):
    name, client = table
    return client.scan(TableName=name)["Items"]


def refusal(code, **fields):
    return VendorAnswer(
        status=400, headers=JSON, body={"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "m", **fields}
    )


def failed(operation):
    with pytest.raises(LedgerError) as caught:
        operation()
    return caught.value


def test_an_item_holds_hashes_states_times_and_provider_ids_alone(ledger, table, clock):
    ledger.release(claim(ledger, "worker"), unknown_at=["mail"])
    (item,) = items(table)
    seen = str(int(clock.now.timestamp() * 1000))
    assert item == {
        "id": {"S": KEY},
        "first_seen": {"N": seen},
        "attempt": {"N": "1"},
        "unknown_at": {"SS": ["mail"]},
        "expires": {"N": str(int((clock.now + KEEP).timestamp()))},
    }
    ledger.settle(claim(ledger), ACCEPTED)
    (item,) = items(table)
    assert json.loads(item.pop("receipt")["S"]) == [
        {"channel": "email", "status": "accepted", "provider": "mail", "message_id": "recorded-1"}
    ]
    assert set(item) == {"id", "first_seen", "attempt", "unknown_at", "expires"}


def test_neither_recipients_nor_details_of_attempts_are_kept(ledger, table):
    ledger.settle(claim(ledger), UNDELIVERABLE)
    assert_absent(["j***@e***.com", "a detail", "RecipientRejected"], [json.dumps(items(table))])


def test_an_entry_expires_its_time_after_it_was_last_claimed_or_settled(ledger, table, clock):
    """TTL only cleans up: what has expired and is still there counts."""
    first = claim(ledger)
    clock.advance(30)
    ledger.settle(first, ACCEPTED)
    assert items(table)[0]["expires"]["N"] == str(int((clock.now + KEEP).timestamp()))
    clock.now += 2 * KEEP
    assert claim(ledger).state == "settled"


def test_one_operation_is_one_call(aws, scripted):
    """To tell held from settled takes no second one: DynamoDB sends the item with its refusal."""
    item = {"id": {"S": KEY}, "owner": {"S": "other"}, "attempt": {"N": "3"}, "first_seen": {"N": "1500"}}
    aws.answer = refusal("ConditionalCheckFailedException", Item=item)
    held = claim(scripted)
    assert (held.state, held.owner, held.attempt, held.first_seen.timestamp()) == ("held", "other", 3, 1.5)
    scripted.settle(held, ACCEPTED)
    scripted.release(held)
    assert [request.headers["x-amz-target"].partition(".")[2] for request in aws.requests] == ["UpdateItem"] * 3


@pytest.mark.parametrize(
    "change",
    [
        {"receipt": {"S": '[{"channel":"email","status":"parked"}]'}},
        {"receipt": {"B": "AA=="}},
        {"first_seen": {"S": "yesterday"}},
        {"first_seen": {"N": "9" * 30}},
        {"attempt": {"N": "many"}},
        {"unknown_at": {"L": [{"S": "mail"}]}},
    ],
)
def test_an_item_that_cannot_be_read_is_an_error_and_never_a_duplicate(aws, scripted, change):
    item = {"id": {"S": KEY}, "attempt": {"N": "1"}, "first_seen": {"N": "1500"}, "receipt": {"S": "[]"}, **change}
    aws.answer = refusal("ConditionalCheckFailedException", Item=item)
    error = failed(lambda: claim(scripted))
    assert "a record that this version cannot read" in str(error)
    assert (error.operation, error.code) == ("claim", None)


def test_what_a_newer_version_adds_to_an_item_is_passed_over(ledger, table):
    ledger.settle(claim(ledger), ACCEPTED)
    name, client = table
    (item,) = items(table)
    record = json.loads(item["receipt"]["S"])
    item |= {"receipt": {"S": json.dumps([{**record[0], "cost": 3}])}, "shard": {"N": "7"}}
    client.put_item(TableName=name, Item=item)
    assert claim(ledger).receipt.deliveries[0].message_id == "recorded-1"


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("AccessDeniedException", "grant the function's role dynamodb:UpdateItem on the table 'notifyhub'"),
        ("ResourceNotFoundException", "there is no table 'notifyhub' in eu-west-1; see [ledger] table and region"),
        ("ProvisionedThroughputExceededException", "the table 'notifyhub' is throttled; give it on-demand capacity"),
        ("ThrottlingException", "the table 'notifyhub' is throttled"),
        ("ValidationException", "the key of the table 'notifyhub' must be `id`, a string"),
        ("ExpiredTokenException", "the credentials of this process are not valid"),
        ("InternalServerError", "see the error code in the DynamoDB API reference, UpdateItem"),
    ],
)
def test_a_refusal_names_the_remedy(aws, scripted, code, says):
    aws.answer = refusal(code)
    error = failed(lambda: claim(scripted))
    assert str(error).startswith(f"claim: DynamoDB refused UpdateItem ({code}): ")
    assert says in str(error)
    assert (error.operation, error.code) == ("claim", code)


def test_each_operation_names_itself(aws, scripted):
    item = {"id": {"S": KEY}, "attempt": {"N": "1"}, "first_seen": {"N": "1500"}}
    aws.answer = VendorAnswer(status=200, headers=JSON, body={"Attributes": item})
    won = claim(scripted)
    aws.answer = refusal("AccessDeniedException")
    operations = [lambda: scripted.settle(won, ACCEPTED), lambda: scripted.release(won), scripted.probe]
    assert [failed(operation).operation for operation in operations] == ["settle", "release", "probe"]


class InTurn(VendorServer):
    """Gives each of its answers once."""

    answers: list[VendorAnswer]

    @property
    def answer(self):
        return self.answers.pop(0)

    @answer.setter
    def answer(self, answer):
        self.answers = [answer]


def test_where_the_item_has_to_be_read_the_remedy_names_that_action(monkeypatch):
    server = InTurn()
    with server.running():
        server.answers = [refusal("ConditionalCheckFailedException"), refusal("AccessDeniedException")]
        set_aws_environment(monkeypatch, endpoint=server.url)
        clients = AwsClients()
        error = failed(lambda: claim(DynamoDbLedger("notifyhub", clients.get("dynamodb"), keep=KEEP)))
        clients.close()
    assert "grant the function's role dynamodb:GetItem on the table 'notifyhub'" in str(error)


def test_a_table_that_does_not_answer_is_an_error_in_bounded_time(aws, scripted):
    aws.answer = VendorAnswer(hang_up=True)
    error = failed(lambda: claim(scripted))
    assert str(error) == "claim: DynamoDB did not answer: dynamodb: ConnectionClosedError"
    assert (error.code, type(error.__cause__)) == (None, OutcomeUnknown)
    assert len(aws.requests) == ATTEMPTS


def test_where_nobody_listens_the_error_shows_no_address(monkeypatch):
    port = free_port()
    set_aws_environment(monkeypatch, endpoint=f"http://127.0.0.1:{port}")
    clients = AwsClients()
    ledger = DynamoDbLedger("notifyhub", clients.get("dynamodb", timeout_s=0.5), keep=KEEP)
    error = failed(lambda: claim(ledger))
    assert "EndpointConnectionError" in str(error)
    assert_absent([str(port)], traces_of(error))
    clients.close()


def test_a_table_that_is_not_there_is_named_by_moto_too(client_at, moto_store):
    ledger = DynamoDbLedger("absent", client_at(moto_store), keep=KEEP)
    assert failed(ledger.probe).code == "ResourceNotFoundException"


def test_probing_leaves_no_trace(ledger, table):
    ledger.probe()
    assert items(table) == []


def test_probing_changes_nothing_even_where_somebody_made_an_item_of_that_key(ledger, table):
    name, client = table
    client.put_item(TableName=name, Item={"id": {"S": PROBED}, "note": {"S": "mine"}})
    ledger.probe()
    assert items(table) == [{"id": {"S": PROBED}, "note": {"S": "mine"}}]


def test_probing_finds_a_table_with_another_key(client_at, dynalite_store):
    client = client_at(dynalite_store)
    key = [{"AttributeName": "pk", "KeyType": "HASH"}]
    attributes = [{"AttributeName": "pk", "AttributeType": "S"}]
    client.create_table(
        TableName="odd-key", BillingMode="PAY_PER_REQUEST", AttributeDefinitions=attributes, KeySchema=key
    )
    error = failed(DynamoDbLedger("odd-key", client, keep=KEEP).probe)
    assert "the key of the table 'odd-key' must be `id`, a string, with no sort key" in str(error)


def test_without_a_clock_it_goes_by_the_time_of_day(table):
    name, client = table
    first = claim(DynamoDbLedger(name, client, keep=KEEP))
    assert claim(DynamoDbLedger(name, client, keep=KEEP), "second").first_seen == first.first_seen
