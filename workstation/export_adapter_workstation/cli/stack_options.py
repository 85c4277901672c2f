"""The options that name the stack a command works on, AWS's errors in plain words, and Ctrl-C."""

import contextlib
import functools
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Final

import click
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
from export_adapter_workstation.dead_letters.scan import RedrivingError
from export_adapter_workstation.local.running_stack import NothingRunningError, running_stack
from export_adapter_workstation.stack import access as stack_access
from export_adapter_workstation.stack.access import Stack, StackNotUsableError

_EXPIRED: Final = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "RequestExpired",
        "UnrecognizedClientException",
    }
)
_DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError"})
_NO_QUEUE: Final = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"})
_SKEWED: Final = frozenset({"InvalidSignatureException", "RequestTimeTooSkewed", "SignatureDoesNotMatch"})
_SIGN_IN: Final = "Sign in again: aws sso login (with --profile NAME, if you use one)"
_WORDS: Final[tuple[tuple[type[BotoCoreError], str], ...]] = (
    (ProfileNotFound, "There is no such AWS profile; `aws configure list-profiles` shows the existing ones."),
    (NoCredentialsError, f"There are no AWS credentials. Name a profile with --profile. {_SIGN_IN}"),
    (CredentialRetrievalError, f"The AWS credentials could not be fetched. {_SIGN_IN}"),
    (UnauthorizedSSOTokenError, f"The AWS sign-in has ended. {_SIGN_IN}"),
    (SSOError, f"The AWS sign-in did not work. {_SIGN_IN}"),
    (NoRegionError, "No AWS region is set. Name it with --region."),
    (NoConnectionError, "AWS does not answer. Check the network and --region, then run the command again."),
    (HTTPClientError, "AWS does not answer. Check the network and --region, then run the command again."),
)


def examples(*lines: str) -> str:
    """Return examples for the end of a command's help, each on a line of its own."""
    # Click leaves a paragraph that begins so as it is.
    return "\b\n" + "\n".join(
        ["Examples:" if len(lines) > 1 else "Example:", *(f"  {each}" for each in lines)]
    )


def on_a_stack(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that name a stack, and pass the stack as the first argument."""

    @functools.wraps(command)
    def with_stack(find_stack: Callable[[], Stack], **options: object) -> None:
        command(find_stack(), **options)

    return finding_a_stack(with_stack)


def finding_a_stack(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that name a stack, and pass a function that finds it as the first argument."""

    @click.option("--stack-name", metavar="NAME", help="The stack in AWS, such as export-adapter-production.")
    @click.option("--profile", metavar="NAME", help="The AWS profile; without it, what the environment says.")
    @click.option("--region", metavar="NAME", help="The AWS region; without it, what the profile says.")
    @click.option(
        "--local", is_flag=True, help="The stack that `make up` runs. It is the default while it runs."
    )
    @functools.wraps(command)
    def with_options(
        *, stack_name: str | None, profile: str | None, region: str | None, local: bool, **options: object
    ) -> None:
        with in_plain_words():
            command(lambda: _stack(stack_name, profile, region, local=local), **options)

    return with_options


def _stack(name: str | None, profile: str | None, region: str | None, *, local: bool) -> Stack:
    if local and (name or profile or region):
        raise click.UsageError(
            "--local is the stack that `make up` runs. Leave out --stack-name, --profile and --region."
        )
    if name:
        return stack_access.in_account(name, profile, region)
    if profile or region:
        raise click.UsageError("Which stack? Name it with --stack-name.")
    try:
        return stack_access.local(running_stack())
    except NothingRunningError as nothing:
        # Exit status 2, with --local and without: the command cannot be run as it was given.
        which = "" if local else "Which stack? Name one with --stack-name. "
        raise click.UsageError(f"{which}{nothing}") from nothing


@contextlib.contextmanager
def in_plain_words() -> Iterator[None]:
    """Turn errors of AWS into a sentence that says what to do."""
    try:
        yield
    except (StackNotUsableError, RedrivingError) as wrong:
        raise click.ClickException(str(wrong)) from wrong
    except (ClientError, BotoCoreError) as failed:
        raise click.ClickException(plain_words(failed)) from failed


def plain_words(failed: ClientError | BotoCoreError) -> str:
    """Say what an error of AWS means for whoever runs the command."""
    if isinstance(failed, ClientError):
        return _refused(failed)
    found = (words for kind, words in _WORDS if isinstance(failed, kind))
    return next(found, f"AWS could not be asked ({type(failed).__name__}): {shown(str(failed))}")


def _refused(failed: ClientError) -> str:
    code = failed.response.get("Error", {}).get("Code", "")
    if code in _EXPIRED:
        return f"The AWS credentials have expired. {_SIGN_IN}"
    if code in _DENIED:
        return (
            f"These AWS credentials may not call {failed.operation_name}. "
            "docs/dead-letters.md lists the permissions."
        )
    if code in _NO_QUEUE:
        return "The stack's queue does not exist any more. `export-adapter doctor` says what to do."
    if code in _SKEWED:
        return (
            "AWS rejects the request's time or signature. Set this machine's clock "
            "(sudo timedatectl set-ntp true), then check the secret access key."
        )
    text = failed.response.get("Error", {}).get("Message", "")
    return f"AWS refused {failed.operation_name}: {shown(f'{code} {text}')}"


@contextlib.contextmanager
def stopped_gently(asked: threading.Event) -> Iterator[None]:
    """Let the first Ctrl-C (or `kill`) only set an event, so that the request under way is finished.

    The second one ends the command at once.
    """

    def ask(number: int, frame: FrameType | None) -> None:
        if asked.is_set():
            signal.default_int_handler(number, frame)
        asked.set()
        click.echo("Stopping after this request. Press Ctrl-C again to stop at once.", err=True)

    before = {each: signal.signal(each, ask) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextlib.contextmanager
def ended_as_by_ctrl_c() -> Iterator[None]:
    """Let `kill` end the block as Ctrl-C does, so that messages are made visible again first."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
