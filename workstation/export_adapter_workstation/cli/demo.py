"""`export-adapter demo` and `export-adapter up`: the main job on this machine."""

import shlex
import signal
import sys
import time
from collections import Counter

import click
from rich.console import Console

from export_adapter_workstation.cli.tables import job_table, parked_table
from export_adapter_workstation.cli.terminal import Progress, terminal
from export_adapter_workstation.local import running_stack
from export_adapter_workstation.local.adapter import LocalAdapter, local_adapter
from export_adapter_workstation.local.aws import EmbeddedAwsError
from export_adapter_workstation.local.events import EVENTS, message_files, not_in_pleo
from export_adapter_workstation.project import ROOT


@click.command(short_help="Run all of it once on this machine, no AWS account needed.")
def demo() -> None:
    """Run the main job for real: embedded AWS, local Pleo, sam deploy, the messages of events/."""
    console = terminal()
    progress = Progress(console)
    try:
        with local_adapter(progress) as adapter:
            _run_the_messages(adapter, console, progress)
    except EmbeddedAwsError as problem:
        console.print(f"[red]{problem}[/red]")
        sys.exit(1)


@click.command(short_help="As demo, and keep it running to play with.")
def up() -> None:
    """As demo, and keep everything running to play with until Ctrl-C."""
    console = terminal()
    progress = Progress(console)
    # `kill` ends it as Ctrl-C does, so that nothing is left behind. A shell lets what a script starts in the
    # background ignore Ctrl-C: not this.
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, signal.default_int_handler)
    try:
        with local_adapter(progress) as adapter:
            _run_the_messages(adapter, console, progress)
            with running_stack.noted(adapter):
                _say_how_to_play(adapter, console)
                _wait_for_ctrl_c(console)
    except KeyboardInterrupt:
        console.print("Stopped. Nothing is left running.")
    except EmbeddedAwsError as problem:
        console.print(f"[red]{problem}[/red]")
        sys.exit(1)


def _wait_for_ctrl_c(console: Console) -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        console.print("Stopping: ending the processes and removing their files")
        raise


def _run_the_messages(adapter: LocalAdapter, console: Console, progress: Progress) -> None:
    bodies = [message.body for message in message_files()]
    adapter.hold_jobs_of(bodies, not_in_pleo())
    progress(f"Sending the {len(bodies)} messages of {EVENTS.relative_to(ROOT)}/messages")
    adapter.send(bodies)
    progress("Waiting until the queue is empty")
    adapter.wait_until_drained()
    parked = adapter.parked()
    console.print()
    for job in adapter.pleo.jobs():
        console.print(job_table(job))
    console.print(parked_table(parked))
    statuses = Counter(item.status for job in adapter.pleo.jobs() for item in job.items.values())
    counted = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
    console.print(f"Pleo holds {sum(statuses.values())} items: {counted}. Parked: {len(parked)} messages.")


def _say_how_to_play(adapter: LocalAdapter, console: Console) -> None:
    aws = adapter.stack.aws
    console.rule("Running until Ctrl-C")
    console.print("Local Pleo:", adapter.pleo.url, soft_wrap=True)
    console.print("Embedded AWS:", aws.endpoint_url, soft_wrap=True)
    console.print("In another terminal, send a message, see what Pleo holds then, and what was parked:")
    for command in (
        ".venv/bin/export-adapter send events/messages/02-xero-mixed.json",
        f"curl -s {adapter.pleo.url}/_local/state | python3 -m json.tool",
        ".venv/bin/export-adapter dead-letters list",
    ):
        console.print(f"  {command}", soft_wrap=True, highlight=False)
    console.print("For other AWS tools, such as the AWS CLI, set:", soft_wrap=True)
    for name, value in aws.settings.items():
        console.print(f"  export {name}={shlex.quote(value)}", soft_wrap=True, highlight=False)
