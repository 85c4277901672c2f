"""Errors of AWS as sentences that say what to do."""

from http import HTTPStatus
from typing import Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
    SSOError,
    UnauthorizedSSOTokenError,
)
from botocore.exceptions import ConnectionError as NoConnectionError

from export_adapter.text import shown

NO_QUEUE: Final = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"})

_SIGN_IN: Final = "Sign in again: aws sso login (with --profile NAME, if you use one)"
_NO_ANSWER: Final = "AWS does not answer. Check the network and --region, then run the command again."
_BY_KIND: Final[tuple[tuple[type[BotoCoreError], str], ...]] = (
    (ProfileNotFound, "There is no such AWS profile; `aws configure list-profiles` shows the existing ones."),
    (NoCredentialsError, f"There are no AWS credentials. Name a profile with --profile. {_SIGN_IN}"),
    (CredentialRetrievalError, f"The AWS credentials could not be fetched. {_SIGN_IN}"),
    (UnauthorizedSSOTokenError, f"The AWS sign-in has ended. {_SIGN_IN}"),
    (SSOError, f"The AWS sign-in did not work. {_SIGN_IN}"),
    (NoRegionError, "No AWS region is set. Name it with --region."),
    (NoConnectionError, _NO_ANSWER),
    (HTTPClientError, _NO_ANSWER),
)
_BY_CODE: Final = (
    (
        {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "RequestExpired"}
        | {"UnrecognizedClientException"},
        f"The AWS credentials have expired. {_SIGN_IN}",
    ),
    (
        {"AccessDenied", "AccessDeniedException", "AuthorizationError"},
        "These AWS credentials may not call {}. docs/dead-letters.md lists the permissions.",
    ),
    ({"InvalidAction", "UnknownOperationException", "NotImplemented"}, "This AWS does not offer {}."),
    (NO_QUEUE, "The stack's queue does not exist any more. `export-adapter doctor` says what to do."),
    (
        {"InvalidSignatureException", "RequestTimeTooSkewed", "SignatureDoesNotMatch"},
        "AWS rejects the request's time or signature. Set this machine's clock, then check the secret key.",
    ),
)


def plain_words(failed: ClientError | BotoCoreError) -> str:
    """Say what an error of AWS means for the person who runs the command."""
    if not isinstance(failed, ClientError):
        found = (words for kind, words in _BY_KIND if isinstance(failed, kind))
        return next(found, f"AWS could not be asked ({type(failed).__name__}): {shown(str(failed))}")
    code, text = code_of(failed), failed.response.get("Error", {}).get("Message", "")
    if failed.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == HTTPStatus.NOT_IMPLEMENTED:
        code = "NotImplemented"
    refused = f"AWS refused {failed.operation_name}: {shown(f'{code} {text}')}"
    return next((words.format(failed.operation_name) for codes, words in _BY_CODE if code in codes), refused)


def code_of(refused: ClientError) -> str:
    """Return AWS's own code of an error."""
    return refused.response.get("Error", {}).get("Code", "")
