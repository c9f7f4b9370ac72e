"""What docs/ledger.md shows is what happens."""

import json
import re
import shlex
from datetime import timedelta
from pathlib import Path

import pytest

from notifyhub.ledger.dynamodb import DynamoDbLedger
from notifyhub.settings import load_settings
from notifyhub.testing.contracts.ledger import ACCEPTED, KEY, ManualClock

PAGE = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def options(command):
    """The options of a line of the AWS command line."""
    words = shlex.split(command.removeprefix("$ aws dynamodb "))[1:]
    return {name.removeprefix("--"): value for name, value in zip(words[::2], words[1::2], strict=True)}


def pairs(text):
    return dict(pair.split("=") for pair in text.split(","))


@pytest.fixture
def table(client_at, moto_store):
    """The table that the page's commands make."""
    client = client_at(moto_store)
    create, expire = (options(line) for line in blocks("console")[0].replace("\\\n", "").splitlines())
    client.create_table(
        TableName=create["table-name"],
        BillingMode=create["billing-mode"],
        AttributeDefinitions=[pairs(create["attribute-definitions"])],
        KeySchema=[pairs(create["key-schema"])],
    )
    specification = pairs(expire["time-to-live-specification"])
    client.update_time_to_live(
        TableName=expire["table-name"], TimeToLiveSpecification={**specification, "Enabled": True}
    )
    yield client
    client.delete_table(TableName=create["table-name"])


def test_the_item_of_the_page_is_what_a_delivery_leaves_in_the_page_s_table(table):
    ledger = DynamoDbLedger("notifyhub", table, keep=timedelta(days=15), clock=ManualClock())
    ledger.settle(ledger.claim(KEY, owner="someone", lease=45), ACCEPTED)
    (item,) = table.scan(TableName="notifyhub")["Items"]
    (shown,) = [json.loads(block) for block in blocks("json") if '"first_seen"' in block]
    assert item == shown


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (
            "yaml",
            [
                "BillingMode: PAY_PER_REQUEST",
                "{AttributeName: id, AttributeType: S}",
                "{AttributeName: id, KeyType: HASH}",
                "TimeToLiveSpecification: {AttributeName: expires, Enabled: true}",
            ],
        ),
        (
            "hcl",
            ['billing_mode = "PAY_PER_REQUEST"', 'hash_key = "id"', 'type = "S"', 'attribute_name = "expires"'],
        ),
    ],
)
def test_the_other_definitions_are_of_the_same_table(language, lines):
    (definition,) = blocks(language)
    assert [line for line in lines if line not in re.sub(r" +", " ", definition)] == []


def test_the_policy_is_one_action():
    (policy,) = [json.loads(block) for block in blocks("json") if "Statement" in block]
    assert [statement["Action"] for statement in policy["Statement"]] == ["dynamodb:UpdateItem"]


@pytest.mark.parametrize("section", blocks("toml"))
def test_the_settings_of_the_page_load(section, tmp_path):
    file = tmp_path / "notifyhub.toml"
    for text in (section, re.sub(r"^# (?=[a-z]+ =)", "", section, flags=re.MULTILINE)):
        file.write_text(f'[app]\nname = "Acme"\n{text}')
        assert load_settings(file, environ={}).ledger.keep == timedelta(days=15)
