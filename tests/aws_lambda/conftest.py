"""A function as AWS runs it, KMS and Cognito as moto plays them, and a mail vendor on loopback."""

import base64

import pytest

from notifyhub.testing import VendorAnswer, VendorServer, forge_event
from notifyhub.testing.ciphertexts import Layout
from tests.aws_lambda.function import API_KEY, Function
from tests.support.hub import CODE, EMAIL, PASSWORD


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

        self.kms = kms
        self.key_arn = kms.create_key()["KeyMetadata"]["Arn"]
        self.key = KMSMasterKey(key_id=self.key_arn, client=kms)
        self.pool_id = cognito.create_user_pool(PoolName="customers")["UserPool"]["Id"]
        verified = [{"Name": "email", "Value": EMAIL}, {"Name": "email_verified", "Value": "true"}]
        cognito.admin_create_user(UserPoolId=self.pool_id, Username="jane", UserAttributes=verified)

    def data_key(self, event):
        """The key, in base64, under which the event's secret is encrypted: what KMS answers to the function."""
        layout = Layout(base64.b64decode(event["request"]["code"]))
        opened = self.kms.decrypt(CiphertextBlob=layout["data key"], EncryptionContext=layout.context())
        return base64.b64encode(opened["Plaintext"]).decode()

    def event(self, source, **changes):
        secret = PASSWORD if source.endswith("AdminCreateUser") else CODE
        return forge_event(source, self.key, **{"code": secret, "pool_id": self.pool_id, **changes})


@pytest.fixture
def start(tmp_path):
    """Starts the function with a configuration; each call is another container."""
    functions: list[Function] = []

    def started(config, *, log_format="JSON", **variables):
        (tmp_path / "notifyhub.toml").write_text(config)
        variables = {"SENDGRID_API_KEY": API_KEY, **variables}
        log_name = f"function-{len(functions)}"
        functions.append(Function(tmp_path, log_format=log_format, variables=variables, log_name=log_name))
        return functions[-1]

    yield started
    for function in functions:
        function.stop()
