"""The reference: what a careful team writes by hand for Cognito's custom email sender, with the same libraries.

Clients live at module level, as good Lambda code has it; the key is named strictly, the pool is checked, the time-out
is bounded, and an answer that is no acceptance raises, so that Lambda tries again.
"""

from __future__ import annotations

import base64
import html
import os
from typing import Any

import aws_encryption_sdk
import httpx
from aws_encryption_sdk.identifiers import CommitmentPolicy

APP = "Acme"
SUBJECTS = {
    "SignUp": "Confirm your email address",
    "ResendCode": "Confirm your email address",
    "Authentication": "Your sign-in code",
    "ForgotPassword": "Reset your password",
    "VerifyUserAttribute": "Confirm your email address",
    "UpdateUserAttribute": "Confirm your new email address",
    "AdminCreateUser": "Your temporary password",
}

crypto = aws_encryption_sdk.EncryptionSDKClient(
    commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT, max_encrypted_data_keys=1
)
keys = aws_encryption_sdk.StrictAwsKmsMasterKeyProvider(key_ids=[os.environ["KEY_ARN"]])
http = httpx.Client(timeout=httpx.Timeout(10.0, connect=3.0))


def handler(event: dict[str, Any], _context: Any) -> None:
    """Decrypts the code and mails it."""
    trigger = event["triggerSource"].removeprefix("CustomEmailSender_")
    code = _decrypted(event)
    if trigger == "AdminCreateUser":
        code = html.unescape(code)
    response = http.post(
        f"{os.environ['SENDGRID_URL']}/v3/mail/send",
        headers={"Authorization": f"Bearer {os.environ['SENDGRID_API_KEY']}"},
        json={
            "personalizations": [{"to": [{"email": event["request"]["userAttributes"]["email"]}]}],
            "from": {"email": "no-reply@acme.example", "name": APP},
            "subject": f"{SUBJECTS[trigger]} for {APP}",
            "content": [
                {"type": "text/plain", "value": _text(SUBJECTS[trigger], code)},
                {"type": "text/html", "value": _html(SUBJECTS[trigger], code)},
            ],
        },
    )
    response.raise_for_status()


def _decrypted(event: dict[str, Any]) -> str:
    plaintext, header = crypto.decrypt(source=base64.b64decode(event["request"]["code"]), key_provider=keys)
    if header.encryption_context.get("userpool-id") != event["userPoolId"]:
        raise ValueError("the code was encrypted for another user pool")
    return str(plaintext, "utf-8")


def _text(title: str, code: str) -> str:
    return f"{title}\n\nYour code is:\n\n{code}\n\nNever share it with anyone. Not you? Ignore this mail.\n\n{APP}\n"


def _html(title: str, code: str) -> str:
    return f"""<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title></head>
<body style="margin:0;padding:24px;background:#f3f4f6;font-family:Arial,sans-serif;color:#171a1f">
<table role="presentation" width="100%" style="max-width:560px;margin:0 auto;background:#ffffff">
<tr><td style="padding:40px">
<h1 style="font-size:26px">{title}</h1>
<p>Your code is</p>
<p style="font-size:40px;letter-spacing:6px;font-weight:700">{html.escape(code)}</p>
<p style="color:#515a66">Never share it with anyone. If this was not you, you can ignore this mail.</p>
</td></tr>
</table>
<p style="text-align:center;color:#515a66">{APP}</p>
</body>
</html>
"""
