"""The function as AWS runs it: the real runtime client, in a process of its own, asks a runtime API on loopback.

KMS and Cognito are moto's, the mail vendor is a loopback server; every library logs at DEBUG.
"""

import json
import os

import pytest

from notifyhub.events.triggers import source_names
from notifyhub.testing import VendorAnswer, VendorServer, assert_absent, forge_event
from tests.debug_witness import LINE
from tests.dispatching import CODE, EMAIL
from tests.lambda_runtime_api import PATIENCE_S, PREFIX, Function

pytest.importorskip("awslambdaric", reason="the runtime client exists for Linux alone")

API_KEY = "SG.canary-key-of-the-test"
EMAIL_SOURCES = [source for source in source_names() if source.startswith("CustomEmailSender_")]
TAKE_OVER = "CustomEmailSender_AccountTakeOverNotification"
PASSWORD = "Canary<9&qT"
CONFIG = """
[app]
name = "Acme"

[decryption]
key_arns = ["{key_arn}"]

[providers.mail]
use = "sendgrid"
api_key = "env:SENDGRID_API_KEY"
sender = "Acme <no-reply@acme.example>"
base_url = "{vendor}"

[[routes]]
channel = "email"
providers = ["mail"]
"""


@pytest.fixture
def vendor():
    with VendorServer().running() as server:
        server.answer = VendorAnswer(status=202, headers={"x-message-id": "m-1"})
        yield server


@pytest.fixture
def aws(aws_env):
    """A KMS key and a user pool with one verified user, at moto."""
    import boto3

    clients = [boto3.client("kms"), boto3.client("cognito-idp")]
    yield Aws(*clients)
    for client in clients:
        client.close()


class Aws:
    def __init__(self, kms, cognito):
        from aws_encryption_sdk.key_providers.kms import KMSMasterKey

        self.key_arn = kms.create_key()["KeyMetadata"]["Arn"]
        self.key = KMSMasterKey(key_id=self.key_arn, client=kms)
        self.pool_id = cognito.create_user_pool(PoolName="customers")["UserPool"]["Id"]
        verified = [{"Name": "email", "Value": EMAIL}, {"Name": "email_verified", "Value": "true"}]
        cognito.admin_create_user(UserPoolId=self.pool_id, Username="jane", UserAttributes=verified)

    def event(self, source, **changes):
        secret = PASSWORD if source.endswith("AdminCreateUser") else CODE
        return forge_event(source, self.key, **{"code": secret, "pool_id": self.pool_id, **changes})


@pytest.fixture
def start(tmp_path):
    """Starts the function with a configuration."""
    functions = []

    def started(config, *, log_format="JSON"):
        (tmp_path / "notifyhub.toml").write_text(config)
        functions.append(Function(tmp_path, log_format=log_format, variables={"SENDGRID_API_KEY": API_KEY}))
        return functions[-1]

    yield started
    for function in functions:
        function.stop()


def body_of(request):
    return "".join(part["value"] for part in request.json()["content"])


def test_every_email_source_is_delivered_and_no_log_line_shows_a_secret(start, aws, vendor):
    witness = '\n[hooks]\nobservers = ["tests.debug_witness:Witness"]\n'
    function = start(CONFIG.format(key_arn=aws.key_arn, vendor=vendor.url) + witness)
    for number, source in enumerate(EMAIL_SOURCES):
        assert function.api.invoke(aws.event(source)) == ("response", None), source
        request = vendor.requests[number]
        assert request.json()["personalizations"] == [{"to": [{"email": EMAIL}]}]
        assert request.headers["authorization"] == f"Bearer {API_KEY}"
        expected = {TAKE_OVER: "made-up&v=invalid", "CustomEmailSender_AdminCreateUser": PASSWORD}.get(source, CODE)
        assert expected in body_of(request)
    assert len(vendor.requests) == len(EMAIL_SOURCES) == 8
    log = function.log()
    assert log.count('"outcome": "accepted"') == 8
    assert log.count(LINE) == 8, "the process does not log at DEBUG, so that nothing would show"
    secrets = [CODE, PASSWORD, "Canary&lt;", "token=made-up", "made-up-feedback-token", API_KEY, EMAIL]
    assert_absent([*secrets, os.environ["AWS_SECRET_ACCESS_KEY"]], [log])


@pytest.mark.parametrize("log_format", ["JSON", "TEXT"])
def test_failures_are_posted_as_errors_and_verdicts_are_not(start, aws, vendor, log_format):
    function = start(CONFIG.format(key_arn=aws.key_arn, vendor=vendor.url), log_format=log_format)
    sign_up = aws.event("CustomEmailSender_SignUp")

    vendor.answer = VendorAnswer(status=500, body={"errors": [{"message": f"{EMAIL} {CODE}"}]})
    kind, error = function.api.invoke(sign_up)
    assert (kind, error["errorType"]) == ("error", "DeliveryFailed")
    assert "OutcomeUnknown" in error["errorMessage"]

    vendor.answer = VendorAnswer(status=202, headers={"x-message-id": "m-1"})
    assert function.api.invoke(sign_up) == ("response", None), "Lambda tries again, and now it goes well"
    assert function.api.invoke(sign_up) == ("response", None), "a duplicate is no error"
    assert len(vendor.requests) == 2

    for event, name in (
        ({**sign_up, "userPoolId": "eu-west-1_another"}, "DecryptionError"),
        ({**sign_up, "triggerSource": "PreSignUp_SignUp"}, "EventError"),
        (aws.event("CustomSMSSender_SignUp"), "NoRoute"),
        ({**aws.event(TAKE_OVER), "userPoolId": "eu-west-1_another"}, "RecipientLookupError"),
    ):
        kind, error = function.api.invoke(event)
        assert (kind, error["errorType"]) == ("error", name)

    without_code = {**sign_up, "request": {**sign_up["request"], "code": None}}
    assert function.api.invoke(without_code) == ("response", None)
    log = function.log()
    assert "the event carries no code" in log
    assert_absent([CODE, EMAIL, API_KEY, os.environ["AWS_SECRET_ACCESS_KEY"]], [log])


def test_a_wrong_configuration_is_posted_as_an_error_of_the_start(start, aws, vendor):
    config = CONFIG.format(key_arn="alias/customers", vendor=vendor.url)
    function = start(config, log_format="TEXT")
    path, body = function.api.outcomes.get(timeout=PATIENCE_S)
    assert path == f"{PREFIX}/init/error"
    error = json.loads(body)
    assert error["errorType"] == "ConfigurationError"
    assert "decryption.key_arns: write the key's ARN" in error["errorMessage"]
    assert function.process.wait(timeout=PATIENCE_S) == 1
