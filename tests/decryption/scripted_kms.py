"""A KMS that answers what a test tells it to, for what moto cannot do."""

import base64
import os
from typing import Any

import boto3

from notifyhub.clients.aws import AwsClients
from notifyhub.decryption.encryption_sdk import EncryptionSdkDecryptor
from notifyhub.events import CodeEvent
from notifyhub.testing import VendorAnswer, VendorServer
from notifyhub.testing.ciphertexts import CODE, encode, encrypt, event_with

ARN = "arn:aws:kms:eu-west-1:111122223333:key/0d8a8b3e-5f7e-4c0c-9a1b-6f1f5e3f9c21"


class ScriptedKms:
    """A KMS that knows one data key, and answers `answer` once it is set."""

    def __init__(self, server: VendorServer) -> None:
        self.server = server
        data_key = base64.b64encode(os.urandom(32)).decode()
        blob = base64.b64encode(os.urandom(184)).decode()
        self.opened = VendorAnswer(body={"KeyId": ARN, "Plaintext": data_key, "CiphertextBlob": blob})
        server.answer = self.opened
        self.event = self._event()
        server.requests.clear()

    def refuse(self, code: str, *, status: int = 400) -> None:
        """From now on KMS answers with this error."""
        self.server.answer = VendorAnswer(status=status, body={"__type": code, "message": f"about {CODE}"})

    def decryptor(self, clients: AwsClients, arns: tuple[str, ...] = (ARN,)) -> EncryptionSdkDecryptor:
        """The decryptor over this KMS."""
        return EncryptionSdkDecryptor(arns, clients)

    def _event(self) -> CodeEvent:
        from aws_encryption_sdk.key_providers.kms import KMSMasterKey

        client: Any = boto3.client("kms")
        try:
            return event_with(encode(encrypt(CODE.encode(), KMSMasterKey(key_id=ARN, client=client))))
        finally:
            client.close()
