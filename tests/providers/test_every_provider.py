"""The Lambda handler over KMS on the network, with each provider, for every source of its channels.

KMS, Cognito, SES and SNS are moto's, SMTP is aiosmtpd's, the other vendors are loopback servers.
"""

import email
import email.policy
import json

import boto3
import pytest
from aws_encryption_sdk.key_providers.kms import KMSMasterKey

from notifyhub import Dispatcher
from notifyhub.aws_lambda import make_handler
from notifyhub.events.triggers import TAKE_OVER, TEMPORARY_PASSWORD, source_names
from notifyhub.testing import VendorAnswer, VendorServer, forge_event
from tests.providers.smtp.mail_host import mail_host

CODE = "83920174"
ACCOUNT = "123456789012"
REGION = "eu-west-1"
CONFIG = """
[app]
name = "Acme"
[decryption]
key_arns = ["{arn}"]
[providers.it]
{provider}
[[routes]]
channel = "{channel}"
providers = ["it"]
"""


class Context:
    aws_request_id = "11111111-2222-3333-4444-555555555555"

    def get_remaining_time_in_millis(self):
        return 30_000


@pytest.fixture
def aws(aws_env):
    """The key's ARN, its master key, and a user pool with one verified user."""
    kms, cognito = boto3.client("kms"), boto3.client("cognito-idp")
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    pool = cognito.create_user_pool(PoolName="users")["UserPool"]["Id"]
    verified = [{"Name": "email", "Value": "jane.roe@example.com"}, {"Name": "email_verified", "Value": "true"}]
    cognito.admin_create_user(UserPoolId=pool, Username="jane", UserAttributes=verified)
    yield arn, KMSMasterKey(key_id=arn, client=kms), pool
    kms.close()
    cognito.close()


@pytest.fixture
def vendor():
    with VendorServer().running() as server:
        yield server


@pytest.fixture
def deliver(aws, tmp_path):
    """Sends every source of a channel through one provider; how many there were."""
    arn, master_key, pool = aws
    opened = []

    def run(channel, provider):
        config = tmp_path / "notifyhub.toml"
        config.write_text(CONFIG.format(arn=arn, channel=channel, provider=provider))
        opened.append(Dispatcher.from_config(config))
        handler = make_handler(dispatcher=opened[0])
        sources = [s for s in source_names() if s.startswith({"email": "CustomEmail", "sms": "CustomSMS"}[channel])]
        for source in sources:
            assert handler(forge_event(source, master_key, code=CODE, pool_id=pool), Context()) is None
        return len(sources)

    yield run
    for dispatcher in opened:
        dispatcher.close()


def assert_all_arrived(texts, count):
    """One message per source, each with its code but the one that has none."""
    assert len(texts) == count
    without = [text for text in texts if CODE not in text]
    assert len(without) == (1 if count == 8 else 0)
    assert all("sign-in" in text.lower() for text in without)


def letters(contents):
    parsed = [email.message_from_bytes(content, policy=email.policy.default) for content in contents]
    return [body.get_content() for letter in parsed if (body := letter.get_body(("plain",)))]


def test_the_sources_are_what_the_expectations_above_suppose():
    assert len(source_names()) == 15
    assert {name.partition("_")[2] for name in source_names()} >= {TAKE_OVER, TEMPORARY_PASSWORD}


def test_sendgrid(deliver, vendor):
    vendor.answer = VendorAnswer(status=202, headers={"X-Message-Id": "1"})
    count = deliver("email", f'use = "sendgrid"\napi_key = "k"\nsender = "a@acme.example"\nbase_url = "{vendor.url}"')
    assert_all_arrived([request.body.decode() for request in vendor.requests], count)


def test_ses(deliver):
    from moto.ses.models import ses_backends

    with_client = boto3.client("sesv2")
    with_client.create_email_identity(EmailIdentity="acme.example")
    with_client.close()
    before = len(ses_backends[ACCOUNT][REGION].sent_messages)
    count = deliver("email", 'use = "ses"\nsender = "Acme <a@acme.example>"')
    assert_all_arrived([m.body for m in ses_backends[ACCOUNT][REGION].sent_messages[before:]], count)


def test_smtp(deliver):
    """Some two seconds long: each message is a dialogue of its own with a real server."""
    with mail_host() as inbox:
        count = deliver(
            "email", f'use = "smtp"\nhost = "127.0.0.1"\nport = {inbox.port}\nsecurity = "none"\nsender = "a@b.co"'
        )
        assert_all_arrived(letters(envelope.content for envelope in inbox.envelopes), count)


def test_twilio(deliver, vendor):
    vendor.answer = VendorAnswer(status=201, body={"sid": f"SM{'0' * 32}", "status": "queued"})
    account = f"AC{'0' * 32}"
    count = deliver(
        "sms",
        f'use = "twilio"\naccount_sid = "{account}"\nauth_token = "t"\nsender = "+15005550006"\nbase_url = "{vendor.url}"',
    )
    assert_all_arrived([request.form()["Body"] for request in vendor.requests], count)


def test_sns(deliver):
    from moto.sns.models import sns_backends

    before = set(sns_backends[ACCOUNT][REGION].sms_messages)
    count = deliver("sms", 'use = "sns"')
    kept = sns_backends[ACCOUNT][REGION].sms_messages
    assert_all_arrived([text for key, (_, text) in kept.items() if key not in before], count)


def test_aws_sms(deliver, vendor, monkeypatch):
    """moto does not play this service, so the wire is a loopback server's."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2", vendor.url)
    vendor.answer = VendorAnswer(body={"MessageId": "1"}, headers={"content-type": "application/x-amz-json-1.0"})
    count = deliver("sms", 'use = "aws_sms"\nsender = "+15005550006"')
    assert_all_arrived([json.loads(request.body)["MessageBody"] for request in vendor.requests], count)


@pytest.mark.parametrize(("channel", "pattern"), [("email", "*.eml"), ("sms", "*.txt")])
def test_file(deliver, tmp_path, channel, pattern):
    count = deliver(channel, 'use = "file"\npath = "out"')
    contents = [path.read_bytes() for path in (tmp_path / "out").glob(pattern)]
    assert_all_arrived(letters(contents) if channel == "email" else [content.decode() for content in contents], count)


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_console(deliver, capsys, channel):
    count = deliver(channel, 'use = "console"')
    assert capsys.readouterr().out.count(CODE) >= count - 1
