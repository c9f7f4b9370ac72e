"""What all AWS services share: the error codes and what they say of a request; no provider itself.

Sources: https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html and botocore's `_retry.json` and
`retries/standard.py` for the spellings of throttling (botocore 1.44.5, read 2026-11). Codes come before statuses,
because JSON services answer 400 to throttling and to missing permissions alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifyhub.errors import NotSent, OutcomeUnknown, ProviderUnusable
from notifyhub.provider import Provider

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notifyhub.errors import ProviderError
    from notifyhub.provider import Reply

ErrorClasses = dict[str, type["ProviderError"]]

_THROTTLED = """
    Throttling ThrottlingException Throttled ThrottledException TooManyRequestsException RequestLimitExceeded
    RequestThrottled RequestThrottledException SlowDown
"""
_DENIED = """
    AccessDenied AccessDeniedException AuthorizationError NotAuthorized UnauthorizedOperation OptInRequired
    UnrecognizedClientException InvalidClientTokenId InvalidAccessKeyId ExpiredToken ExpiredTokenException
    SignatureDoesNotMatch InvalidSignatureException InvalidSecurity IncompleteSignature MissingAuthenticationToken
    MissingAuthenticationTokenException
"""

COMMON: ErrorClasses = {
    **dict.fromkeys(_THROTTLED.split(), NotSent),
    **dict.fromkeys(_DENIED.split(), ProviderUnusable),
    # The signature was too old when it arrived, as after a function was frozen in the middle; the next one is not.
    "RequestExpired": NotSent,
    # "Reading the request timed out", says the list of common errors: it was never whole.
    "RequestTimeoutException": NotSent,
    # What was aborted, or timed out in ways not told, may have been under way.
    "RequestAbortedException": OutcomeUnknown,
    "RequestTimeout": OutcomeUnknown,
    "ServiceUnavailable": NotSent,
    "ServiceUnavailableException": NotSent,
}


class AwsProvider(Provider):
    """A provider that uses the function's role."""

    def refuses_credentials(self, reply: Reply) -> bool:
        """Never: a role's credentials are no secret of the configuration, so there is nothing to fetch again."""
        return False


def judge_aws(provider: Provider, reply: Reply, own: Mapping[str, type[ProviderError]]) -> ProviderError | None:
    """What a reply stands for: by the service's own codes, then by the common ones, then by its status."""
    code = reply.code or ""
    if error_class := own.get(code) or COMMON.get(code):
        return provider.error(error_class, reply)
    if reply.successful and not reply.field("MessageId"):
        return provider.error(OutcomeUnknown, reply, message="the answer names no message")
    return provider.by_status(reply)
