"""KMS in two forms: moto's, and one that answers what a test tells it to."""

import boto3
import pytest

from notifyhub.testing import VendorServer
from notifyhub.testing.contracts.aws_provider import set_aws_environment
from tests.decryption.scripted_kms import ScriptedKms


@pytest.fixture
def kms(aws_env):
    """A client of moto's KMS."""
    client = boto3.client("kms")
    yield client
    client.close()


@pytest.fixture
def new_key(kms):
    """Makes a KMS key at moto and gives the Encryption SDK's master key over it."""
    from aws_encryption_sdk.key_providers.kms import KMSMasterKey

    return lambda: KMSMasterKey(key_id=kms.create_key()["KeyMetadata"]["Arn"], client=kms)


@pytest.fixture
def scripted(monkeypatch):
    with VendorServer().running() as server:
        set_aws_environment(monkeypatch, endpoint=server.url, service="KMS")
        yield ScriptedKms(server)
