"""The function as AWS runs it: the real runtime client, in a process of its own, asks a runtime API on loopback.

KMS and Cognito are moto's, the mail vendor is a loopback server; every library logs at DEBUG.
"""

import json
import os

import pytest

from notifyhub.events.triggers import source_names
from notifyhub.testing import VendorAnswer, assert_absent
from tests.aws_lambda.debug_witness import LINE
from tests.aws_lambda.function import API_KEY, CONFIG, PATIENCE_S, PREFIX
from tests.support.hub import CODE, EMAIL, PASSWORD

pytest.importorskip("awslambdaric", reason="the runtime client exists for Linux alone")

EMAIL_SOURCES = [source for source in source_names() if source.startswith("CustomEmailSender_")]
TAKE_OVER = "CustomEmailSender_AccountTakeOverNotification"


def body_of(request):
    return "".join(part["value"] for part in request.json()["content"])


def test_every_email_source_is_delivered_and_no_log_line_shows_a_secret(start, aws, vendor):
    witness = '\n[hooks]\nobservers = ["tests.aws_lambda.debug_witness:Witness"]\n'
    function = start(CONFIG.format(key_arn=aws.key_arn, vendor=vendor.url) + witness)
    data_keys = []
    for number, source in enumerate(EMAIL_SOURCES):
        event = aws.event(source)
        data_keys += [aws.data_key(event)] if event["request"]["code"] else []
        assert function.api.invoke(event) == ("response", None), source
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
    assert len(data_keys) == 7
    assert_absent([*secrets, *data_keys, os.environ["AWS_SECRET_ACCESS_KEY"]], [log])


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
