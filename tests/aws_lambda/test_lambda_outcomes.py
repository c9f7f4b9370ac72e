"""What Lambda is told, through the real runtime client: faults of the operator raise, verdicts do not.

What raises, Lambda brings again and then parks in the failure destination; so each fault is mended here, and the same
event is delivered by the next invocation, once.
"""

import json
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest

from notifyhub.testing import VendorAnswer, VendorServer, assert_absent
from tests.aws_lambda.function import API_KEY, CONFIG
from tests.ledger.stores import moto_one_at_a_time, new_table
from tests.support.hub import CODE, EMAIL, PHONE

pytest.importorskip("awslambdaric", reason="the runtime client exists for Linux alone")

ACCEPTED = VendorAnswer(status=202, headers={"x-message-id": "m-1"})
SIGN_UP = "CustomEmailSender_SignUp"
TABLE = '\n[ledger]\nuse = "dynamodb"\ntable = "notifyhub"\n'
TWILIO = """
[providers.text]
use = "twilio"
account_sid = "AC00000000000000000000000000000000"
auth_token = "token-of-the-test"
sender = "+15005550006"
base_url = "{vendor}"
[[routes]]
channel = "sms"
providers = ["text"]
"""
HOOK = """
import json
from pathlib import Path
def parked(event, verdict):
    Path("parked.json").write_text(json.dumps([event["triggerSource"], verdict.reason]))
"""


@pytest.fixture
def table(monkeypatch, aws_env):
    """The ledger's table, where functions find it."""
    with moto_one_at_a_time() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", url)
        client = boto3.client("dynamodb")
        new_table(client)
        yield client
        client.delete_table(TableName="notifyhub")  # moto's backends belong to the process
        client.close()


def refused(function, event, kind):
    """The text of the error that Lambda is told; it shows nothing of the message."""
    what, error = function.api.invoke(event)
    assert (what, error["errorType"]) == ("error", kind)
    assert_absent([CODE, EMAIL, API_KEY], [json.dumps(error), function.log()])
    return error["errorMessage"]


def returned(function, event):
    assert function.api.invoke(event) == ("response", None)


def metrics(function, name):
    """How often the metric was counted."""
    lines = [json.loads(line) for line in function.log().splitlines() if line.startswith('{"_aws"')]
    return sum(line.get(name, 0) for line in lines)


def test_a_missing_permission_raises_and_the_event_is_delivered_once_it_is_granted(start, aws, vendor):
    """moto denies nothing, so KMS is a server that does."""
    event = aws.event(SIGN_UP)
    with VendorServer().running() as kms:
        kms.answer = VendorAnswer(status=400, body={"__type": "AccessDeniedException", "message": f"{CODE}"})
        denied = start(CONFIG.format(key_arn=aws.key_arn, vendor=vendor.url), AWS_ENDPOINT_URL_KMS=kms.url)
        assert "grant the function's role kms:Decrypt" in refused(denied, event, "DecryptionError")
    assert vendor.requests == []
    assert (metrics(denied, "Failed"), metrics(denied, "Undeliverable")) == (1, 0)
    granted = start(CONFIG.format(key_arn=aws.key_arn, vendor=vendor.url))
    returned(granted, event)
    assert len(vendor.requests) == 1


def test_a_broken_template_raises_and_the_event_is_delivered_once_it_is_mended(start, aws, vendor, table, tmp_path):
    (tmp_path / "templates" / "SignUp").mkdir(parents=True)
    body = tmp_path / "templates" / "SignUp" / "email.body.html.j2"
    body.write_text("<p>{{ cod }}</p>")
    config = CONFIG.format(key_arn=aws.key_arn, vendor=vendor.url) + f'[templates]\npath = "templates"\n{TABLE}'
    event = aws.event(SIGN_UP)
    assert "email.body.html.j2:1: 'cod' has no value here" in refused(start(config), event, "UndefinedVariable")
    body.write_text("<p>{{ code }}</p>")
    returned(start(config), event)
    assert len(vendor.requests) == 1
    assert CODE in vendor.requests[0].body.decode()


def test_keys_that_all_expired_raise_and_the_event_is_delivered_with_new_ones(start, aws, vendor, table):
    vendor.answer = VendorAnswer(status=401, body={"errors": [{"message": f"no {API_KEY}"}]})
    config, event = CONFIG.format(key_arn=aws.key_arn, vendor=vendor.url) + TABLE, aws.event(SIGN_UP)
    function = start(config)
    assert "mail ProviderUnusable (sendgrid: status 401)" in refused(function, event, "DeliveryFailed")
    vendor.answer = ACCEPTED
    returned(function, event)
    returned(function, event)
    assert len(vendor.requests) == 2
    assert (metrics(function, "Failed"), metrics(function, "Accepted"), metrics(function, "Duplicate")) == (1, 1, 1)


def test_a_verdict_does_not_raise_but_is_an_error_line_a_metric_and_the_hooks(start, aws, vendor, tmp_path):
    (tmp_path / "acme_parking.py").write_text(HOOK)
    hook = '[hooks]\non_undeliverable = "acme_parking:parked"\n'
    config = CONFIG.format(key_arn=aws.key_arn, vendor=vendor.url) + TWILIO.format(vendor=vendor.url) + hook
    function = start(config)
    vendor.answer = VendorAnswer(status=400, body={"code": 21610, "message": f"{PHONE} {CODE}"})
    event = aws.event("CustomSMSSender_SignUp")
    returned(function, event)
    returned(function, event)
    assert len(vendor.requests) == 1, "the verdict is settled"
    log = function.log()
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{") and '"level": "ERROR"' in line]
    assert [line["outcome"] for line in lines] == ["undeliverable"] * 2
    assert metrics(function, "Undeliverable") == 2
    assert json.loads((tmp_path / "parked.json").read_text()) == ["CustomSMSSender_SignUp", "recipient_rejected"]
    assert_absent([CODE, PHONE], [log])


def test_three_containers_at_once_send_one_message(start, aws, vendor, table):
    """As when Lambda brings an event more than once; the others wait, and return the first one's receipt.

    Some seconds long: three processes start as containers do.
    """
    vendor.answer = VendorAnswer(status=202, headers={"x-message-id": "m-1"}, delay_s=0.5)
    config = CONFIG.format(key_arn=aws.key_arn, vendor=vendor.url) + TABLE
    functions = [start(config) for _ in range(3)]
    for function in functions:  # each has started, and has nothing left to do but this
        returned(function, aws.event(SIGN_UP))
    vendor.requests.clear()
    event = aws.event(SIGN_UP)
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda function: function.api.invoke(event), functions))
    assert len(vendor.requests) == 1
    assert answers == [("response", None)] * 3
    assert sum(metrics(function, "Duplicate") for function in functions) == 2


def test_no_line_shows_a_secret_that_came_through_aws(start, aws, vendor, table):
    """The credential from the parameter store, the data key from KMS, the ledger: all through botocore, at DEBUG."""
    ssm = boto3.client("ssm")
    ssm.put_parameter(Name="/prod/key", Value=API_KEY, Type="SecureString", Overwrite=True)
    ssm.close()
    config = CONFIG.format(key_arn=aws.key_arn, vendor=vendor.url).replace("env:SENDGRID_API_KEY", "ssm:/prod/key")
    function, event = start(config + TABLE), aws.event(SIGN_UP)
    data_key = aws.data_key(event)
    returned(function, event)
    vendor.answer = VendorAnswer(status=401)
    refused(function, aws.event(SIGN_UP), "DeliveryFailed")
    assert vendor.requests[0].headers["authorization"] == f"Bearer {API_KEY}"
    assert_absent([CODE, EMAIL, API_KEY, data_key, data_key[:20]], [function.log()])
