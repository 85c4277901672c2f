"""`export-adapter send`: put messages on the main queue."""

from collections.abc import Callable, Iterable
from pathlib import Path

import click

from export_adapter.text import shown
from export_adapter_workstation.cli.put_back import check_kept, put_back
from export_adapter_workstation.cli.stack_options import examples, finding_a_stack
from export_adapter_workstation.dead_letters.plan import WhenInDoubt
from export_adapter_workstation.dead_letters.sending import Letter, Problem, SendReport, checked, send_all
from export_adapter_workstation.dead_letters.sqs import SqsMainQueue
from export_adapter_workstation.stack.access import Stack


@click.command(
    short_help="Check messages and put them on the queue.",
    epilog=examples(
        "export-adapter send events/messages/02-xero-mixed.json",
        "export-adapter send --stack-name export-adapter-staging message.json",
    ),
)
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
)
@click.option("--check", is_flag=True, help="Only check the messages; send nothing.")
@click.option("--force", is_flag=True, help="Send also what breaks the contract: the adapter will park it.")
@click.option(
    "--discarded",
    is_flag=True,
    help="FILES were written by `dead-letters discard`: put back what it removed, each message once.",
)
@click.option(
    "--in-doubt",
    default=WhenInDoubt.LEAVE.value,
    show_default=True,
    type=click.Choice([WhenInDoubt.LEAVE.value, WhenInDoubt.SEND.value]),
    help="With --discarded: what to do with messages of which nothing tells what became of them.",
)
@finding_a_stack
def send(
    find_stack: Callable[[], Stack],
    /,
    *,
    files: tuple[Path, ...],
    check: bool,
    force: bool,
    discarded: bool,
    in_doubt: str,
) -> None:
    """Check messages against the contract and put them on the queue.

    Each of FILES holds one message, bare or wrapped (EventBridge, SNS, CloudEvent); - reads one from
    standard input. Where one of them is wrong, none is sent. The message's companyId becomes its message
    group, so that a company with much work does not hold up the others.

    With --discarded only what was removed goes back, and nothing twice: the file notes what became of each
    message. Whatever interrupted discard or send, run it again on the same machine.
    """
    if discarded and check:
        check_kept(files)
        return
    if discarded:
        put_back(find_stack, files, send_in_doubt=in_doubt == WhenInDoubt.SEND)
        return
    letters = _checked(files, against_contract=not force)
    if check:
        held = "Not held against the contract (--force)" if force else "All fit the contract"
        click.echo(f"Checked: {len(letters)}. {held}; nothing was sent.")
        return
    stack = find_stack()
    clients = stack.clients
    queue = SqsMainQueue(clients.sqs(), clients.sqs_that_asks_once(), stack.outputs.export_results_queue_url)
    report = SendReport()
    try:
        send_all(letters, queue, report)
    finally:
        click.echo(f"Sent: {report.sent} of {len(letters)}, to {stack.title}.")
    _fail_with(report.problems, "Not all was sent.")
    if stack.pleo_url:
        click.echo(f"What Pleo holds: {stack.pleo_url}/_local/state")


def _checked(files: Iterable[Path], *, against_contract: bool) -> list[Letter]:
    letters: list[Letter] = []
    problems: list[Problem] = []
    for file in files:
        found = checked(str(file), _text(file), against_contract=against_contract)
        if isinstance(found, Letter):
            letters.append(found)
        else:
            problems += found
    _fail_with(problems, "Nothing was sent.")
    return letters


def _text(file: Path) -> str:
    try:
        with click.open_file(str(file), encoding="utf-8") as opened:
            return str(opened.read())
    except UnicodeDecodeError as wrong:
        raise click.ClickException(f"{file}: is no UTF-8 text. Nothing was sent.") from wrong


def _fail_with(problems: Iterable[Problem], summing_up: str) -> None:
    lines = [f"{problem.name}: {shown(problem.reason)}" for problem in problems]
    if lines:
        raise click.ClickException("\n".join([*lines, summing_up]))
