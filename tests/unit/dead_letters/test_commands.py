"""What the commands say before any stack is asked. The rest is tested on a deployed stack (end_to_end)."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
    UnauthorizedSSOTokenError,
)
from click.testing import CliRunner, Result

from export_adapter.model import Json
from export_adapter_workstation.cli import stack_options
from export_adapter_workstation.cli.command_line import main
from export_adapter_workstation.cli.dead_letters import dead_letters
from export_adapter_workstation.cli.stack_options import (
    ended_as_by_ctrl_c,
    in_plain_words,
    stopped_gently,
)
from export_adapter_workstation.cli.terminal import terminal
from export_adapter_workstation.dead_letters.discard import Archive
from export_adapter_workstation.local import running_stack
from export_adapter_workstation.local.events import EVENTS
from export_adapter_workstation.local.running_stack import RunningStack
from tests.fakes.messages import message, result
from tests.unit.dead_letters.world import dead_letter

COMMANDS = [
    *(("dead-letters", name) for name in dead_letters.commands),
    ("dead-letters",),
    ("send",),
    ("doctor",),
]


@pytest.fixture(autouse=True)
def nothing_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No `make up`, and no AWS settings of whoever runs the tests."""
    monkeypatch.setattr(running_stack, "NOTE", tmp_path / "up.json")
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return iter([None])


def run(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_commands_help_says_what_it_does_with_an_example(words: tuple[str, ...]) -> None:
    shown = run(*words, "--help")
    assert shown.exit_code == 0
    assert "Example" in shown.output
    assert "  export-adapter " in shown.output


@pytest.mark.parametrize("name", dead_letters.commands)
def test_every_option_is_described(name: str) -> None:
    options = (each for each in dead_letters.commands[name].params if isinstance(each, click.Option))
    assert [option.name for option in options if not option.help] == []


@pytest.mark.parametrize("words", [("dead-letters", "list"), ("doctor",)], ids=" ".join)
def test_without_a_stack_it_says_how_to_name_or_start_one(words: tuple[str, ...]) -> None:
    shown = run(*words)
    assert shown.exit_code == 2
    assert "--stack-name" in shown.output
    assert "make up" in shown.output


@pytest.mark.parametrize(
    "words",
    [("dead-letters", "list"), ("doctor",), ("suggest",), ("dead-letters", "show", "x")],
    ids=" ".join,
)
@pytest.mark.parametrize("local", [(), ("--local",)], ids=["", "--local"])
def test_where_nothing_is_running_every_command_ends_with_2(
    words: tuple[str, ...], local: tuple[str, ...]
) -> None:
    shown = run(*words, *local)
    assert shown.exit_code == 2
    assert "make up" in shown.output


@pytest.mark.parametrize("option", ["--stack-name", "--profile", "--region"])
def test_local_goes_with_no_account(option: str) -> None:
    assert "--local is the stack that `make up` runs" in run("doctor", "--local", option, "x").output


@pytest.mark.parametrize("option", ["--profile", "--region"])
def test_an_account_alone_names_no_stack(option: str) -> None:
    assert "Which stack? Name it with --stack-name" in run("doctor", option, "x").output


def test_a_profile_that_is_not_there_is_told_in_plain_words() -> None:
    shown = run("doctor", "--stack-name", "x", "--profile", "nobody", "--region", "eu-west-1")
    assert shown.exit_code == 1
    assert "There is no such AWS profile" in shown.output


def test_missing_credentials_are_told_in_plain_words() -> None:
    assert (
        "There are no AWS credentials" in run("doctor", "--stack-name", "x", "--region", "eu-west-1").output
    )


def test_a_missing_region_is_told_in_plain_words() -> None:
    assert "Name it with --region" in run("doctor", "--stack-name", "x").output


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (NoCredentialsError(), "aws sso login"),
        (UnauthorizedSSOTokenError(), "The AWS sign-in has ended"),
        (NoRegionError(), "--region"),
        (ProfileNotFound(profile="x"), "list-profiles"),
        (ConnectTimeoutError(endpoint_url="x"), "AWS does not answer"),
        (EndpointConnectionError(endpoint_url="x"), "AWS does not answer"),
        (ClientError({"Error": {"Code": "ExpiredToken"}}, "ReceiveMessage"), "have expired"),
        (ClientError({"Error": {"Code": "AccessDenied"}}, "ReceiveMessage"), "may not call ReceiveMessage"),
        (
            ClientError({"Error": {"Code": "QueueDoesNotExist"}}, "ReceiveMessage"),
            "doctor` says what to do",
        ),
        (ClientError({"Error": {"Code": "SignatureDoesNotMatch"}}, "ReceiveMessage"), "clock"),
        (
            ClientError({"Error": {"Code": "X", "Message": "no\x1b[2J way"}}, "ReceiveMessage"),
            "AWS refused ReceiveMessage: X no [2J way",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_what_aws_raises_is_said_in_plain_words(problem: Exception, words: str) -> None:
    with pytest.raises(click.ClickException) as told, in_plain_words():
        raise problem
    assert words in told.value.message


@pytest.mark.parametrize("command", ["summary", "list", "replay", "discard"])
@pytest.mark.parametrize("value", ["", " "])
@pytest.mark.parametrize("option", ["--id", "--job", "--company", "--system", "--error-type", "--older-than"])
def test_an_empty_filter_is_refused_for_it_would_select_everything(
    command: str, option: str, value: str
) -> None:
    shown = run("dead-letters", command, option, value)
    assert shown.exit_code == 2
    assert option in shown.output


@pytest.mark.parametrize(("option", "value"), [("--older-than", "soon"), ("--younger-than", "1w")])
def test_an_age_that_cannot_be_read_is_refused(option: str, value: str) -> None:
    shown = run("dead-letters", "list", option, value)
    assert shown.exit_code == 2
    assert option in shown.output


@pytest.mark.parametrize(
    ("mistyped", "meant"), [("job_finishd", "job_finished"), ("RETRY-EXHAUSTED", "retries_exhausted")]
)
def test_a_mistyped_error_type_is_refused_and_told_what_was_probably_meant(mistyped: str, meant: str) -> None:
    shown = run("dead-letters", "list", "--error-type", mistyped)
    assert shown.exit_code == 2
    assert f"{mistyped} is not an error type. Did you mean {meant}?" in " ".join(shown.output.split())


def test_an_error_type_of_another_program_is_taken_and_told() -> None:
    shown = run("dead-letters", "list", "--error-type", "tollgate-shut")
    assert "--error-type tollgate-shut is not one of invalid_message" in shown.output
    assert "Which stack?" in shown.output
    assert "is not one of" not in run("dead-letters", "list", "--error-type", "JOB-FINISHED").output


def test_a_blank_id_is_told_in_plain_words() -> None:
    shown = run("dead-letters", "show", "")
    assert shown.exit_code == 2
    assert "Which message? Give its id" in shown.output


def test_ctrl_c_ends_a_command_with_130_and_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> RunningStack:
        raise KeyboardInterrupt

    monkeypatch.setattr(stack_options, "running_stack", interrupted)
    shown = run("doctor")
    assert (shown.exit_code, shown.output) == (130, "Interrupted.\n")


def test_ctrl_c_while_the_command_line_is_loaded_ends_it_the_same_way(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("raise KeyboardInterrupt")
    ours = [str(tmp_path), *(path for path in sys.path if path)]
    ended = subprocess.run(
        [sys.executable, "-m", "export_adapter_workstation", "doctor"],
        env={"PYTHONPATH": os.pathsep.join(ours)},
        capture_output=True,
        check=False,
        text=True,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "Interrupted.\n")


def test_only_the_command_that_is_run_is_loaded() -> None:
    code = (
        "import sys; from export_adapter_workstation.cli.command_line import main; "
        "print('boto3' in sys.modules)"
    )
    ended = subprocess.run(  # noqa: S603 -- this project's own code
        [sys.executable, "-c", code],
        env={"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        capture_output=True,
        check=True,
        text=True,
    )
    assert ended.stdout == "False\n"


def test_no_color_means_neither_colours_nor_bold_nor_dim(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    for wish, codes in (("", True), ("1", False)):
        monkeypatch.setenv("NO_COLOR", wish)
        console = terminal()
        with console.capture() as captured:
            console.print("words", style="bold dim red")
        assert ("\x1b[" in captured.get()) is codes


@pytest.mark.parametrize(("columns", "width"), [("", 140), ("77", 77), ("many", 140)])
def test_piped_output_is_as_wide_as_columns_says(
    monkeypatch: pytest.MonkeyPatch, columns: str, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert terminal().width == width


def test_messages_can_be_checked_without_a_stack() -> None:
    files = [str(path) for path in sorted((EVENTS / "messages").iterdir())[:8]]
    shown = run("send", "--check", *files)
    assert (shown.exit_code, shown.output) == (
        0,
        "Checked: 8. All fit the contract.\nNothing was sent.\n",
    )


def test_what_is_not_checked_against_the_contract_is_not_said_to_fit_it(tmp_path: Path) -> None:
    (tmp_path / "bad").write_text("{}")
    shown = run("send", "--check", "--force", str(tmp_path / "bad"))
    assert "Not checked against the contract" in shown.output
    assert "fit the contract" not in shown.output


def test_a_discard_file_is_recognised_and_not_checked_against_the_contract(tmp_path: Path) -> None:
    with Archive(tmp_path / "archive") as archive:
        archive.write([dead_letter("no JSON", "m-1"), dead_letter("{}", "m-2")])
    shown = run("send", "--check", str(tmp_path / "archive"))
    assert shown.exit_code == 0
    assert "2 discarded messages, not checked." in shown.output
    assert "fit the contract" not in shown.output


def test_a_discard_file_with_a_line_that_cannot_be_read_is_not_sent(tmp_path: Path) -> None:
    with Archive(tmp_path / "archive") as archive:
        archive.write([dead_letter("{}")])
    with (tmp_path / "archive").open("a") as file:
        file.write("no JSON\n")
    shown = run("send", str(tmp_path / "archive"))
    assert shown.exit_code == 1
    assert "archive: line 2 is not a message that" in shown.output
    assert "Nothing was sent." in shown.output


def test_every_violation_is_named_and_doubtful_names_are_warned_of(tmp_path: Path) -> None:
    failure: Json = {"httpstatus": 400}
    bad = message(result(1, "done", externalID="x", failure=failure), exportJobId="x")
    (tmp_path / "bad").write_text(json.dumps(bad))
    shown = run("send", "--check", str(tmp_path / "bad"))
    assert shown.exit_code == 1
    for words in (
        "exportJobId: must be a UUID",
        "results[0].status: must be one of",
        "warning: results[].externalID: not a field of the contract, so it is ignored.",
        "Did you mean externalId?",
        "Did you mean httpStatus?",
    ):
        assert words in shown.output


def test_a_warning_alone_is_not_an_error(tmp_path: Path) -> None:
    (tmp_path / "odd").write_text(json.dumps(message(result(1, externalID="x"))))
    assert run("send", "--check", str(tmp_path / "odd")).exit_code == 0


def test_one_wrong_message_among_good_ones_is_named_and_nothing_is_sent() -> None:
    good, wrong = (
        str(EVENTS / "messages" / name) for name in ("02-xero-mixed.json", "09-one-bad-result.json")
    )
    shown = run("send", good, wrong)
    assert shown.exit_code == 1
    assert f"{wrong}: results[1].status: must be one of" in shown.output
    assert "02-xero-mixed" not in shown.output
    assert "Nothing was sent." in shown.output


def test_a_message_may_come_from_standard_input() -> None:
    body = (EVENTS / "messages" / "02-xero-mixed.json").read_text(encoding="utf-8")
    shown = CliRunner().invoke(main, ["send", "--check", "-"], input=body)
    assert "Checked: 1" in shown.output


def test_a_file_that_is_not_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    assert "is not valid UTF-8" in run("send", str(tmp_path / "binary")).output


def test_the_first_ctrl_c_only_asks_and_the_second_ends() -> None:
    asked = threading.Event()
    before = signal.getsignal(signal.SIGINT)
    with stopped_gently(asked):
        signal.raise_signal(signal.SIGINT)
        assert asked.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_kill_ends_a_look_as_ctrl_c_does() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), ended_as_by_ctrl_c():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before
