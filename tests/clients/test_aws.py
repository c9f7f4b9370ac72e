import os
import ssl
import subprocess
import sys
import threading

import botocore.exceptions
import pytest

from notifyhub.clients.aws import ERRORS_BEFORE_SEND, AwsClients, AwsService
from notifyhub.errors import ConfigurationError, NotSent, OutcomeUnknown, ProviderError, ProviderUnusable, RefusedHere
from notifyhub.testing import VendorAnswer, VendorServer, assert_absent, traces_of
from notifyhub.testing.contracts.aws_provider import AWS_ENVIRONMENT, set_aws_environment

AFTER_THE_REQUEST_LEFT = """
    HTTPClientError ConnectionError ConnectionClosedError ReadTimeoutError ResponseStreamingError SSLError
    IncompleteReadError ChecksumError FlexibleChecksumError AwsChunkedWrapperError UnseekableStreamError
"""
"""Of these the request may have left before; a new subclass of theirs has to be judged like any other class."""

NOT_IN_A_CALL = """
    DataNotFoundError UnknownServiceError ApiVersionNotFoundError UnknownServiceStyle UnsupportedServiceProtocolsError
    InvalidRetryConfigurationError InvalidMaxRetryAttemptsError InvalidRetryModeError InvalidDefaultsMode
    InvalidChecksumConfigError InvalidEndpointDiscoveryConfigurationError InvalidSTSRegionalEndpointsConfigError
    MD5UnavailableError CapacityNotAvailableError UnknownClientMethodError InvalidExpressionError
    PaginationError OperationNotPageableError WaiterError WaiterConfigError
    StubResponseError StubAssertionError UnStubbedResponseError
    InvalidDNSNameError InvalidS3AddressingStyleError InvalidS3UsEast1RegionalEndpointConfigError
    UnsupportedS3ArnError UnsupportedS3ControlArnError UnsupportedS3ConfigurationError UnsupportedOutpostResourceError
    UnsupportedS3AccesspointConfigurationError UnsupportedS3ControlConfigurationError
"""
"""Raised while a client is made, by S3, waiters, paginators and stubs; or, CapacityNotAvailableError, by more attempts."""

PARAMETERS = {"PhoneNumber": "+15005550009", "Message": "Your code is 83920174"}
SECRETS = [*PARAMETERS.values(), "83920174", "15005550009", "AKIAEXAMPLE", "secret-access-key", "session-token"]


@pytest.fixture
def vendor(monkeypatch):
    with VendorServer().running() as server:
        set_aws_environment(monkeypatch, endpoint=server.url)
        yield server


@pytest.fixture
def clients():
    clients = AwsClients(timeout_s=0.5)
    yield clients
    clients.close()


def failure(clients, **parameters):
    """The error that a call ends in; it shows nothing of the message."""
    with pytest.raises(ProviderError) as caught:
        AwsService("sns", clients.get("sns")).call("publish", {**PARAMETERS, **parameters})
    assert_absent(SECRETS, traces_of(caught.value))
    return caught.value


def test_every_error_of_botocore_was_judged_on_purpose():
    """A new class is unknown at first: put it into the table, or into one of the lists above, with a reason."""
    classes = [value for value in vars(botocore.exceptions).values() if isinstance(value, type)]
    unjudged = [
        kind.__name__
        for kind in classes
        if issubclass(kind, botocore.exceptions.BotoCoreError)
        and kind is not botocore.exceptions.BotoCoreError
        and kind.__name__ not in [*AFTER_THE_REQUEST_LEFT.split(), *NOT_IN_A_CALL.split()]
        and not any(base.__name__ in ERRORS_BEFORE_SEND for base in kind.__mro__)
    ]
    assert unjudged == []


def test_no_error_is_judged_twice():
    names = [*ERRORS_BEFORE_SEND, *AFTER_THE_REQUEST_LEFT.split(), *NOT_IN_A_CALL.split()]
    assert len(names) == len(set(names))


def test_a_refused_connection_means_not_sent(vendor, clients):
    vendor.close()
    error = failure(clients)
    assert isinstance(error, NotSent)
    assert "EndpointConnectionError" in str(error)


def test_a_closed_connection_leaves_the_outcome_unknown(vendor, clients):
    vendor.answer = VendorAnswer(hang_up=True)
    error = failure(clients)
    assert isinstance(error, OutcomeUnknown)
    assert "ConnectionClosedError" in str(error)
    assert len(vendor.requests) == 1


def test_silence_leaves_the_outcome_unknown(vendor, clients):
    vendor.answer = VendorAnswer(delay_s=30)
    error = failure(clients)
    assert isinstance(error, OutcomeUnknown)
    assert "ReadTimeoutError" in str(error)
    assert len(vendor.requests) == 1


def test_a_certificate_that_nobody_signed_means_not_sent(vendor, clients, monkeypatch):
    import trustme

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    vendor._server.socket = context.wrap_socket(vendor._server.socket, server_side=True)
    vendor._server.handle_error = lambda *_: None
    monkeypatch.setenv("AWS_ENDPOINT_URL", vendor.url.replace("http:", "https:"))
    error = failure(clients)
    assert isinstance(error, NotSent)
    assert "SSLError" in str(error)
    assert vendor.requests == []


def test_another_tls_error_leaves_the_outcome_unknown(vendor, clients, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", vendor.url.replace("http:", "https:"))
    assert isinstance(failure(clients), OutcomeUnknown)


def test_without_credentials_the_provider_is_unusable(vendor, clients, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    error = failure(clients)
    assert isinstance(error, ProviderUnusable)
    assert "NoCredentialsError" in str(error)
    assert vendor.requests == []


def test_parameters_that_break_the_model_are_refused_before_sending(vendor, clients):
    error = failure(clients, Message=83920174)
    assert isinstance(error, RefusedHere)
    assert "ParamValidationError" in str(error)
    assert vendor.requests == []


def test_without_a_region_the_message_names_the_remedy(clients, monkeypatch):
    set_aws_environment(monkeypatch)
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(ConfigurationError, match=r"sns: no region is set; set `region` or .* AWS_REGION"):
        clients.get("sns")


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_the_region_comes_from_either_variable(clients, monkeypatch, variable):
    set_aws_environment(monkeypatch)
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv(variable, "eu-north-1")
    assert clients.get("sns").meta.region_name == "eu-north-1"
    assert clients.get("sns", "eu-south-1").meta.region_name == "eu-south-1"


def test_a_profile_that_does_not_exist_is_a_configuration_error(clients, monkeypatch):
    set_aws_environment(monkeypatch)
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(ConfigurationError, match=r"sns: .* ProfileNotFound") as caught:
        clients.get("sns")
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("service", "operation", "answer"),
    [
        ("sns", "publish", VendorAnswer(status=400, body="<html>83920174")),
        ("sns", "publish", VendorAnswer(status=200, body="<PublishResponse>83920174</PublishResponse>")),
        ("sesv2", "send_email", VendorAnswer(status=200, body=["83920174"])),
        ("sesv2", "send_email", VendorAnswer(status=400, body=["83920174"])),
    ],
)
def test_an_answer_that_botocore_cannot_read_leaves_the_outcome_unknown(vendor, clients, service, operation, answer):
    """Its parsers raise ResponseParserError, KeyError or AttributeError, none of which is a BotoCoreError."""
    vendor.answer = answer
    with pytest.raises(OutcomeUnknown) as caught:
        AwsService("aws", clients.get(service)).call(operation, PARAMETERS if service == "sns" else {"Content": {}})
    assert_absent(SECRETS, traces_of(caught.value))


@pytest.mark.parametrize(("status", "code"), [(500, "InternalError"), (503, "ServiceUnavailable"), (400, "Throttling")])
def test_one_call_is_one_attempt_whatever_the_answer(vendor, clients, status, code):
    body = f"<ErrorResponse><Error><Code>{code}</Code></Error><RequestId>r-1</RequestId></ErrorResponse>"
    vendor.answer = VendorAnswer(status=status, body=body)
    reply = AwsService("sns", clients.get("sns")).call("publish", PARAMETERS)
    assert (reply.status, reply.code, reply.headers["x-amzn-requestid"]) == (status, code, "r-1")
    assert len(vendor.requests) == 1


def test_threads_share_one_client_per_service_and_region(clients, monkeypatch):
    set_aws_environment(monkeypatch)
    found = []
    threads = [threading.Thread(target=lambda: found.append(clients.get("sns"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, found))) == 1
    assert clients.get("sns", "eu-south-1") is not found[0]


NOISY = """
import logging
logging.basicConfig(level=logging.DEBUG)
for name in ("boto3", "botocore", "urllib3"):
    logging.getLogger(name).setLevel(logging.DEBUG)

from notifyhub.clients.aws import AwsClients, AwsService
from notifyhub.errors import ProviderError

text, number = "Your code is 83920174", "+15005550009"
mail = {"Subject": {"Data": text}, "Body": {"Text": {"Data": text}}}
calls = [
    ("sns", "publish", {"PhoneNumber": number, "Message": text}),
    ("sesv2", "send_email", {"Destination": {"ToAddresses": [number]}, "Content": {"Simple": mail}}),
    ("pinpoint-sms-voice-v2", "send_text_message", {"DestinationPhoneNumber": number, "MessageBody": text}),
    ("pinpoint-sms-voice-v2", "send_text_message", {"DestinationPhoneNumber": number, "MessageBody": {"no": text}}),
]
clients = AwsClients(timeout_s=5)
for service, operation, parameters in calls:
    try:
        print(AwsService("aws", clients.get(service)).call(operation, parameters))
    except ProviderError as error:
        print(repr(error))
print("done")
"""


@pytest.mark.parametrize(
    "answer", [VendorAnswer(), VendorAnswer(status=500, body="83920174"), VendorAnswer(hang_up=True)]
)
def test_a_whole_process_at_debug_shows_neither_code_nor_recipient_nor_credentials(vendor, answer):
    """botocore would log bodies, signatures and keys; the application asked for its loggers by name here."""
    vendor.answer = answer
    done = subprocess.run([sys.executable, "-c", NOISY], capture_output=True, text=True, check=True, timeout=60)
    assert "done" in done.stdout
    assert len(vendor.requests) == 3
    assert_absent([*SECRETS, "AWS4-HMAC"], [done.stdout, done.stderr])


def test_without_the_guard_the_same_process_would_show_them(vendor):
    """The proof that the search above can fail."""
    vendor.answer = VendorAnswer()
    unguarded = "import notifyhub.redaction.library_logs as guard\nguard._quiet = lambda *_: None\n"
    done = subprocess.run(
        [sys.executable, "-c", unguarded + NOISY], capture_output=True, text=True, check=True, timeout=60
    )
    assert "DEBUG:botocore" in done.stderr
    assert "83920174" in done.stderr


@pytest.mark.parametrize(
    "answer", [VendorAnswer(body="{broken SECRETCRED-123"), VendorAnswer(status=500, body="SECRETCRED-123")]
)
def test_what_botocore_fetches_while_it_makes_a_client_is_not_logged(vendor, answer):
    """Credentials of a container: botocore logs an answer that it cannot use, and asks again after a second and more."""
    vendor.answer = answer
    code = (
        "import logging, sys\nlogging.basicConfig(level=logging.DEBUG)\n"
        "from notifyhub.clients.aws import AwsClients, AwsService\n"
        "from notifyhub.errors import NotifyHubError\n"
        "try:\n    AwsService('aws', AwsClients(timeout_s=2).get('sns')).call('publish', {'PhoneNumber': '+1', 'Message': 'x'})\n"
        "except NotifyHubError as error:\n    print(repr(error))\n"
    )
    environ = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environ |= {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{vendor.url}/creds", "AWS_DEFAULT_REGION": "eu-west-1"}
    environ |= {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environ, check=True, timeout=60
    )
    assert vendor.requests, "no credentials were fetched, so nothing was tried"
    assert_absent(["SECRETCRED-123"], [done.stdout, done.stderr])


def test_the_made_up_credentials_would_be_found():
    assert all(any(secret in value for value in AWS_ENVIRONMENT.values()) for secret in SECRETS[-3:])
