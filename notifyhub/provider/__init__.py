"""Exports all that a provider plugin needs beside `notifyhub.errors` and `notifyhub.messages`.

```python
from notifyhub.errors import RecipientRejected
from notifyhub.provider import BaseUrl, Capabilities, HttpSettings, Provider, ProviderReceipt
```
"""

from __future__ import annotations

from notifyhub.clients.reply import Reply, seconds, seconds_until
from notifyhub.provider.contract import (
    ENTRY_POINT_GROUP,
    Aws,
    Capabilities,
    Http,
    HttpSettings,
    Provider,
    ProviderReceipt,
    ProviderSettings,
    SendContext,
    Toolkit,
)
from notifyhub.redaction.tracebacks import rebuilt
from notifyhub.settings.fields import BaseUrl, CallbackUrl, FilePath, MailSender, is_loopback

__all__ = [
    "ENTRY_POINT_GROUP",
    "Aws",
    "BaseUrl",
    "CallbackUrl",
    "Capabilities",
    "FilePath",
    "Http",
    "HttpSettings",
    "MailSender",
    "Provider",
    "ProviderReceipt",
    "ProviderSettings",
    "Reply",
    "SendContext",
    "Toolkit",
    "is_loopback",
    "rebuilt",
    "seconds",
    "seconds_until",
]
