"""`export-adapter demo` and `export-adapter up`: the main job on this machine."""

import contextlib
import shlex
import signal
import time
from collections import Counter
from collections.abc import Iterator

import click
from rich.console import Console

from export_adapter_workstation.cli.demo_tables import job_table, parked_table
from export_adapter_workstation.cli.terminal import Progress, terminal
from export_adapter_workstation.local import running_stack
from export_adapter_workstation.local.adapter import LocalAdapter, local_adapter
from export_adapter_workstation.local.aws import EmbeddedAwsError
from export_adapter_workstation.local.events import EVENTS, message_files, not_in_pleo
from export_adapter_workstation.project import ROOT


@click.command(short_help="Run the adapter once on this machine. Needs no AWS account.")
def demo() -> None:
    """Deploy to an embedded AWS, start a local Pleo, send the messages in events/ and show the results."""
    with _after_the_messages(terminal()):
        pass


@click.command(short_help="As demo, and keep it running to play with.")
def up() -> None:
    """Like demo, but keep everything running until Ctrl-C. Only one runs at a time."""
    console = terminal()
    try:
        with running_stack.only_one():
            # `kill` ends it as Ctrl-C does, so that nothing is left behind. A shell makes what a script
            # starts in the background ignore Ctrl-C; this undoes it.
            for ending in (signal.SIGTERM, signal.SIGINT):
                signal.signal(ending, signal.default_int_handler)
            with _after_the_messages(console) as adapter, running_stack.noted(adapter):
                _say_how_to_play(adapter, console)
                _wait_for_ctrl_c(console)
    except KeyboardInterrupt:
        console.print("Stopped. Nothing is left running.")
    except running_stack.AlreadyRunningError as other:
        raise click.ClickException(str(other)) from other


@contextlib.contextmanager
def _after_the_messages(console: Console) -> Iterator[LocalAdapter]:
    """Run the stack for as long as the block, which begins when the messages of events/ are through."""
    progress = Progress(console)
    try:
        with local_adapter(progress) as adapter:
            _run_the_messages(adapter, console, progress)
            yield adapter
    except EmbeddedAwsError as problem:
        raise click.ClickException(str(problem)) from problem


def _wait_for_ctrl_c(console: Console) -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        console.print("Stopping: ending the processes and removing their files")
        raise


def _run_the_messages(adapter: LocalAdapter, console: Console, progress: Progress) -> None:
    bodies = [message.body for message in message_files()]
    adapter.create_missing_jobs(bodies, not_in_pleo())
    progress(f"Sending the {len(bodies)} messages of {EVENTS.relative_to(ROOT)}/messages")
    adapter.send(bodies)
    progress("Waiting until the queue is empty")
    adapter.wait_until_drained()
    parked, jobs = adapter.parked(), adapter.pleo.jobs()
    console.print()
    for job in jobs:
        console.print(job_table(job))
    console.print(parked_table(parked))
    statuses = Counter(item.status for job in jobs for item in job.items.values())
    counted = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
    console.print(f"Pleo has {sum(statuses.values())} items: {counted}. Parked: {len(parked)} messages.")


def _say_how_to_play(adapter: LocalAdapter, console: Console) -> None:
    aws = adapter.stack.aws
    console.rule("Running until Ctrl-C")
    console.print("Local Pleo:", adapter.pleo.url, soft_wrap=True)
    console.print("Embedded AWS:", aws.endpoint_url, soft_wrap=True)
    console.print("In another terminal, send a message, look at Pleo and at what was parked, let Pleo fail:")
    for command in (
        "send events/messages/02-xero-mixed.json",
        "pleo show",
        "dead-letters list",
        "pleo fail --status 503 --for 60",
    ):
        console.print(f"  .venv/bin/export-adapter {command}", soft_wrap=True, highlight=False)
    console.print("For other AWS tools, such as the AWS CLI, set:", soft_wrap=True)
    for name, value in aws.settings.items():
        console.print(f"  export {name}={shlex.quote(value)}", soft_wrap=True, highlight=False)
