"""The options that name the stack a command works on, and how its errors and Ctrl-C end it."""

import contextlib
import functools
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType

import click
from botocore.exceptions import BotoCoreError, ClientError

from export_adapter_workstation.dead_letters.scan import RedrivingError
from export_adapter_workstation.local.running_stack import NothingRunningError, running_stack
from export_adapter_workstation.stack import access as stack_access
from export_adapter_workstation.stack.access import Stack, StackNotUsableError
from export_adapter_workstation.stack.aws_errors import plain_words


def examples(*lines: str) -> str:
    """Return examples for the end of a command's help, each on a line of its own."""
    # Click leaves a paragraph that begins so as it is.
    return "\b\n" + "\n".join(
        ["Examples:" if len(lines) > 1 else "Example:", *(f"  {each}" for each in lines)]
    )


@dataclass(frozen=True, slots=True)
class FindStack:
    """What the options say of the stack; called, it finds the stack."""

    name: str | None
    profile: str | None
    region: str | None
    is_local: bool

    def __call__(self) -> Stack:
        """Find the stack; click's UsageError says what to do where none is named and none runs."""
        if self.is_local and (self.name or self.profile or self.region):
            raise click.UsageError(
                "--local is the stack that `make up` runs. Leave out --stack-name, --profile and --region."
            )
        if self.name:
            return stack_access.in_account(self.name, self.profile, self.region)
        if self.profile or self.region:
            raise click.UsageError("Which stack? Name it with --stack-name.")
        try:
            return stack_access.local(running_stack())
        except NothingRunningError as nothing:
            # Exit status 2, with --local and without: the command cannot be run as it was given.
            which = "" if self.is_local else "Which stack? Name one with --stack-name. "
            raise click.UsageError(f"{which}{nothing}") from nothing


def on_a_stack(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that name a stack, and pass the stack as the first argument."""

    @functools.wraps(command)
    def with_stack(find_stack: FindStack, **options: object) -> None:
        command(find_stack(), **options)

    return finding_a_stack(with_stack)


def finding_a_stack(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that name a stack, and pass a FindStack as the first argument."""

    @click.option("--stack-name", metavar="NAME", help="The stack in AWS, such as export-adapter-production.")
    @click.option("--profile", metavar="NAME", help="The AWS profile. Default: the one of the environment.")
    @click.option("--region", metavar="NAME", help="The AWS region. Default: the one of the profile.")
    @click.option("--local", is_flag=True, help="The stack that `make up` runs. The default while it runs.")
    @functools.wraps(command)
    def with_options(
        *, stack_name: str | None, profile: str | None, region: str | None, local: bool, **options: object
    ) -> None:
        with in_plain_words():
            command(FindStack(stack_name, profile, region, is_local=local), **options)

    return with_options


@contextlib.contextmanager
def in_plain_words() -> Iterator[None]:
    """Turn errors of AWS into a sentence that says what to do."""
    try:
        yield
    except (StackNotUsableError, RedrivingError) as wrong:
        raise click.ClickException(str(wrong)) from wrong
    except (ClientError, BotoCoreError) as failed:
        raise click.ClickException(plain_words(failed)) from failed


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
